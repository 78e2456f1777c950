"""Benchmark programs: what the ledger and the services on top of it reach on this machine."""
