"""The audit that ends every run: `python -m loadtests.audit FOLDER --host URL [--state FOLDER]`.

Every payment, order and tap that a bank acknowledged is in its books; nothing waits; the central
bank's figures agree; the nets of every cycle are zero; all audits of all institutions hold. Exit 1
if anything does not. FOLDER holds what the generator's processes wrote, of all machines.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from cbdc.client.central_bank import CentralBankClient
from cbdc.devnet import closing
from cbdc.devnet.stack import ROOT
from loadtests import stack as stacks
from loadtests.measured import acknowledged
from loadtests.stack import Stack

QUIET_TIMEOUT_S = 180.0
POLL_S = 1.0
CYCLES_MAX = 10_000
DETAIL_MAX = 2_000
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold, and what was found."""

    name: str
    held: bool
    detail: str = ""


def wait_for_quiet(stack: Stack, *, progress: Progress = lambda step: None) -> Check:
    """Wait until no payment waits for its end and no message for its delivery."""
    begun = time.monotonic()
    while any((left := stacks.waiting(stack)).values()):
        if time.monotonic() - begun > QUIET_TIMEOUT_S:
            words = ", ".join(f"{code} {number}" for code, number in left.items())
            return Check("no payment is stuck", False, f"still under way: {words}")
        progress(f"waiting for quiet: {sum(left.values())} under way")
        time.sleep(POLL_S)
    return Check("no payment is stuck", True, f"quiet after {time.monotonic() - begun:.0f} s")


def audit(stack: Stack, folder: Path) -> list[Check]:
    """All checks; those of the books only where the books can be reached."""
    checks = [*_public(stack.central_bank)]
    if stack.network is not None:
        checks += acknowledged_checks(stack, acknowledged(folder))
        console = Console(file=sys.stderr, quiet=True)
        checks += [
            Check(f"{one.command} of {one.institution}", one.held, _end(one.output))
            for one in closing.audit(stack.network, console)
        ]
    return checks


def _public(central_bank: str) -> Iterator[Check]:
    client = CentralBankClient(central_bank)
    supply = client.supply()
    held = sum(supply.held.values())
    figures = f"issued {supply.issued}, redeemed {supply.redeemed}, held {held} fen"
    agrees = supply.issued - supply.redeemed == supply.in_circulation == held
    yield Check("the supply balances", agrees, figures)
    cycles = wrong = payments = 0
    for cycle, _ in zip(client.settlement_cycles(), range(CYCLES_MAX), strict=False):
        cycles += 1
        payments += cycle.payments
        wrong += sum(cycle.net.values()) != 0
    detail = (
        f"{wrong} of {cycles} cycles do not" if wrong else f"{cycles} cycles, {payments} payments"
    )
    yield Check("the nets of every cycle are zero", wrong == 0, detail)


def acknowledged_checks(stack: Stack, files: Sequence[Path]) -> list[Check]:
    """What each bank finds of it, and whether what one bank lacks was rejected by another."""
    assert stack.network is not None  # noqa: S101 - the caller has looked
    banks = [bank.code for bank in stack.network.banks]

    def one(code: str) -> dict[str, Any]:
        if not files:
            return {"looked_for": 0, "findings": ["nothing was acknowledged by anybody"]}
        done = stack.manage(code, "audit_load", *map(str, files))
        try:
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            return {"looked_for": 0, "findings": [_end(done.stdout + done.stderr)]}
        return found

    with ThreadPoolExecutor(len(banks)) as pool:
        answers = dict(zip(banks, pool.map(one, banks), strict=True))
    checks = [
        Check(
            f"what {code} acknowledged is in its books",
            not answer["findings"],
            "; ".join(answer["findings"]) or f"{answer['looked_for']} looked for",
        )
        for code, answer in answers.items()
    ]
    rejected = {one for answer in answers.values() for one in answer.get("rejected", ())}
    missing = {one for answer in answers.values() for one in answer.get("not_received", ())}
    lost = sorted(missing - rejected)
    detail = f"{len(rejected)} rejected"
    if lost:
        detail = f"{len(lost)} were not rejected and did not arrive, such as {lost[0]}"
    return [*checks, Check("payments across banks end the same at both", not lost, detail)]


def _end(output: str) -> str:
    return output.strip()[-DETAIL_MAX:]


def show(checks: Sequence[Check], progress: Progress) -> bool:
    """Say what held and what did not; True if all did."""
    for check in checks:
        progress(f"{'✓' if check.held else '✗'} {check.name}: {check.detail}")
    return all(check.held for check in checks)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtests.audit", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", required=True, help="the central bank's URL")
    parser.add_argument("--state", type=Path, default=ROOT / "var")
    options = parser.parse_args(arguments)
    stack = stacks.running(options.host, options.state)
    if stack.network is None:
        print("the books of this network cannot be reached: only its public side is audited")
    quiet = [wait_for_quiet(stack, progress=print)] if stack.network is not None else []
    checks = [*quiet, *audit(stack, options.folder)]
    return 0 if show(checks, print) and stack.network is not None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
