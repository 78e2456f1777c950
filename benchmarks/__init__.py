"""Figures of this machine: each module measures one thing with servers of its own.

`python -m benchmarks.NAME` prints one markdown table. Compare rows of one run; figures of two
machines, or of a machine that does other work, compare nothing.
"""
