"""The end of the demo's story: every institution audited, the books on one page, what to try."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.devnet import DevnetClient, SeedReport
from cbdc.client.models import Cycle
from cbdc.client.transport import ApiProblem, Unreachable
from cbdc.devnet.network import BASE_PORT, Member, Network
from cbdc.money import format_yuan

ROOT = Path(__file__).resolve().parents[2]
AUDIT_TIMEOUT_S = 300
OUTPUT_LINES = 12
PEOPLE_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit command of one institution, and what it printed."""

    institution: str
    command: str
    held: bool
    output: str


def audit(network: Network, console: Console) -> list[Audit]:
    """Run every audit of every institution, each in a process of its own."""
    asked = [
        (member, command)
        for member in network.members
        for command in (
            "audit_central_bank" if member == network.central_bank else "audit_bank",
            "audit_ledger",
        )
    ]
    with console.status("auditing"), ThreadPoolExecutor(os.cpu_count()) as pool:
        audits = list(pool.map(lambda pair: _audit(network, *pair), asked))
    for one in audits:
        mark = "[green]✓[/]" if one.held else "[red]✗[/]"
        console.print(f"{mark} {one.command} of {one.institution}")
        if not one.held:
            console.print("\n".join(escape(one.output).splitlines()[-OUTPUT_LINES:]))
    return audits


def show(network: Network, console: Console, cycles: list[Cycle], audits: list[Audit]) -> None:
    """Print the closing tables; a figure that cannot be had is shown as a question mark."""
    console.print(_books(network, audits))
    if cycles:
        console.print(_settlement(cycles))
    console.print("\nEach institution has staff pages at /admin/, its API at /api/docs/, each bank")
    console.print("a cashier page at /pos/ (log in with a merchant's secret key):")
    for member in network.members:
        console.print(f"  {member.name:14} {member.base_url}", highlight=False)
    seeds = {member.name: _seed(member) for member in network.members}
    for table in (_staff(seeds), _merchants(seeds), _people(seeds)):
        if table.row_count:
            console.print(table)
    port = network.central_bank.port
    moved = "" if port == BASE_PORT else f"DEVNET_PORT={port} "
    console.print("Be a customer of it yourself:")
    for words in ("open", "top-up 100", "pay WALLET_ID 12.34", "history"):
        command = f".venv/bin/python manage.py wallet {words} --bank {network.banks[0].code}"
        console.print(f"  {moved}{command}", highlight=False, soft_wrap=True)


def _audit(network: Network, member: Member, command: str) -> Audit:
    try:
        done = _manage(network, member, command)
    except subprocess.TimeoutExpired:
        return Audit(member.code, command, False, f"no end within {AUDIT_TIMEOUT_S} s")
    return Audit(member.code, command, done.returncode == 0, done.stdout + done.stderr)


def _manage(network: Network, member: Member, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), command],
        env=network.environment(member.code),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=AUDIT_TIMEOUT_S,
        check=False,
    )


def _books(network: Network, audits: list[Audit]) -> Table:
    """Supply as the central bank publishes it, against what each bank's wallets hold."""
    try:
        supply = CentralBankClient(network.central_bank.base_url).supply()
    except (ApiProblem, Unreachable) as error:
        return Table(title=f"the supply is not to be had: {escape(str(error))}")
    title = (
        f"issued {format_yuan(supply.issued)}, redeemed {format_yuan(supply.redeemed)}, "
        f"in circulation {format_yuan(supply.in_circulation)} yuan"
    )
    table = Table(title=title)
    table.add_column("institution", no_wrap=True)
    for heading in ("tokens held", "locked", "wallets", "wallets hold"):
        table.add_column(heading, justify="right")
    table.add_column("audits held")
    for member in network.members:
        held = [one.held for one in audits if one.institution == member.code]
        verdict = f"{sum(held)} of {len(held)}"
        if member == network.central_bank:
            table.add_row(member.name, "", "", "", "", verdict)
            continue
        wallets, total = _wallets(network, member)
        tokens, locked = supply.held.get(member.code, 0), supply.locked.get(member.code, 0)
        table.add_row(
            member.name, format_yuan(tokens), format_yuan(locked), wallets, total, verdict
        )
    table.add_section()
    table.add_row("sum", format_yuan(sum(supply.held.values())), "", "", "", "")
    return table


def _wallets(network: Network, member: Member) -> tuple[str, str]:
    """How many wallets a bank has and what they hold, from its own books."""
    try:
        figures = json.loads(_manage(network, member, "devnet_figures").stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return "?", "?"
    return str(figures["wallets"]), format_yuan(figures["held"])


def _settlement(cycles: list[Cycle]) -> Table:
    table = Table("settled cycle", "payments", "gross", "net of each bank", title="settlement")
    for cycle in cycles:
        nets = ", ".join(f"{code} {format_yuan(net)}" for code, net in cycle.net.items())
        table.add_row(cycle.cycle_id, str(cycle.payments), format_yuan(cycle.gross), nets)
    return table


def _staff(seeds: Mapping[str, SeedReport]) -> Table:
    table = _folding("institution", "log in as", "password", "TOTP secret", "roles")
    for name, seed in seeds.items():
        for one in seed.staff:
            roles = ", ".join(one.roles)
            table.add_row(name, *map(escape, (one.username, one.password, one.totp_secret, roles)))
    return table


def _merchants(seeds: Mapping[str, SeedReport]) -> Table:
    table = _folding("bank", "merchant", "wallet", "secret key", "transit")
    for name, seed in seeds.items():
        for one in seed.merchants:
            transit = "yes" if one.transit else ""
            table.add_row(name, *map(escape, (one.name, one.wallet_id, one.api_key)), transit)
    return table


def _people(seeds: Mapping[str, SeedReport]) -> Table:
    table = _folding("bank", "person", "phone", "deposit account")
    for name, seed in seeds.items():
        for one in seed.people[:PEOPLE_SHOWN]:
            table.add_row(name, *map(escape, (one.full_name, one.phone, one.deposit_account)))
        if len(seed.people) > PEOPLE_SHOWN:
            table.add_row(name, f"and {len(seed.people) - PEOPLE_SHOWN} more: /devnet/seed")
    return table


def _folding(*headings: str) -> Table:
    """A table that breaks long texts instead of cutting them: they are to be copied."""
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _seed(member: Member) -> SeedReport:
    try:
        return DevnetClient(member.base_url).seed()
    except (ApiProblem, Unreachable):
        return SeedReport((), (), ())
