"""Benchmark programs: what the ledger and the services on top of it reach on this machine.

Each starts servers of its own. Compare rows of one run; figures of two machines, or of a machine
that does other work, compare nothing.
"""
