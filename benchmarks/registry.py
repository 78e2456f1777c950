"""All benchmarks by name: those of the ledger, and programs of their own."""

import importlib.util
import subprocess
import sys

from benchmarks.server import ROOT

# `python -m benchmarks.NAME` prints a Markdown table and exits with 0 if all went well.
PROGRAMS = {
    "clearing": "Clearing between banks",
    "settlement": "Settlement",
    "merchants": "Payments at merchants",
    "transit": "A metro's day",
    "verify": "Verifying a registry",
    "gate": "Transit gate",
    "rest": "REST: payments, charges, balances, histories",
    "rest_growth": "REST: ten million wallets",
    "consoles": "Staff pages",
}


def programs() -> dict[str, str]:
    """The programs that are there, with their titles."""
    return {
        name: title
        for name, title in PROGRAMS.items()
        if importlib.util.find_spec(f"benchmarks.{name}") is not None
    }


def run_program(name: str) -> str:
    """Run a program; returns the table that it printed.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"benchmarks.{name} failed:\n{done.stdout}")
    return done.stdout.strip()
