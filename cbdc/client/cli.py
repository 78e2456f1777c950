"""The wallet on the command line: `manage.py wallet VERB --bank harbor`, `python -m cbdc.client`.

Speaks HTTP to a running network and nothing else: no database, no secret of an institution.
Each device's key is kept in `var/wallets/<bank>-<phone>.json`.
"""

import argparse
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from cbdc.client import local, transit_cli
from cbdc.client.device import Device
from cbdc.client.local import WALLETS_DIR, CliError
from cbdc.client.models import Payment, Wallet
from cbdc.client.screen import plain
from cbdc.client.transport import ApiProblem, Unreachable
from cbdc.client.wallet_client import WalletClient
from cbdc.identifiers import new_id
from cbdc.money import format_yuan, parse_yuan

HISTORY_LINES = 20
PAYMENT_WAIT_S = 5

T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text)
        made.add_argument("--bank", required=True, help="harbor, lotus or jade")
        made.add_argument("--phone", help="whose wallet, E.164; needed when there are several here")
        made.add_argument("--url", help="the bank's base URL, when it is not the local network's")
        made.add_argument("--wallets", type=Path, default=WALLETS_DIR, help="folder of the keys")
        return made

    made = verb("open", "open a wallet for a phone, or enrol this device for it")
    made.add_argument("--otp", help="the one-time password; asked for when it cannot be read")
    verb("balance", "show the wallet")
    made = verb("top-up", "swap a deposit for e-CNY")
    made.add_argument("amount", type=_yuan, help="yuan, like 12.34")
    made.add_argument("--account", help="deposit account; a seeded person's is known")
    made.add_argument("--key", help="Idempotency-Key of a top-up that is sent again")
    made = verb("pay", "pay a wallet of any bank")
    made.add_argument("payee", help="wallet id, 16 digits")
    made.add_argument("amount", type=_yuan, help="yuan, like 12.34")
    made.add_argument("--memo", default="")
    made.add_argument("--key", help="Idempotency-Key of a payment that is sent again")
    made = verb("history", "list the latest transactions")
    made.add_argument("--lines", type=int, default=HISTORY_LINES)
    transit_cli.add_verbs(verb)


def run(arguments: argparse.Namespace, console: Console | None = None) -> int:
    """Do what was asked; returns the exit status: 0 done, 1 refused or no answer."""
    console = console or Console()
    try:
        return _VERBS[arguments.verb](arguments, console)
    except ApiProblem as problem:
        console.print(f"[red]refused:[/] {problem.code} ({problem.status}) {plain(problem.detail)}")
        for error in problem.errors:
            console.print(plain(f"  {error.field}: {error.code} {error.detail}"))
    except (CliError, Unreachable) as error:
        console.print(f"[red]{plain(str(error))}[/]")
    return 1


def parser() -> argparse.ArgumentParser:
    """The parser of `python -m cbdc.client`."""
    made = argparse.ArgumentParser(prog="python -m cbdc.client", description=__doc__)
    add_arguments(made)
    return made


def main() -> int:
    """`python -m cbdc.client`; returns the exit status."""
    return run(parser().parse_args())


def _open(arguments: argparse.Namespace, console: Console) -> int:
    url = local.base_url(arguments)
    phone = arguments.phone or local.next_seeded_phone(arguments, url)
    path = local.device_file(arguments, phone)
    device = Device.load(path) if path.exists() else Device(phone)
    client = WalletClient(url, device)
    if device.device_id is None:
        device.save(path)  # the key is kept before the bank hears of it
        enrolment = client.enrol(device_name="command line")
        wallet = client.confirm(enrolment, arguments.otp or local.otp(url, phone))
        device.save(path)
    else:
        wallet = client.wallet()
    _show(wallet, console)
    console.print(f"[dim]{phone}; the key is in {path}[/]")
    return 0


def _balance(arguments: argparse.Namespace, console: Console) -> int:
    _show(local.client(arguments).wallet(), console)
    return 0


def _top_up(arguments: argparse.Namespace, console: Console) -> int:
    client = local.client(arguments)
    account = arguments.account or local.seeded_account(arguments, client.device.phone)
    key = arguments.key or str(new_id())
    exchange = _once(key, lambda: client.top_up(arguments.amount, account, idempotency_key=key))
    console.print(f"{format_yuan(exchange.amount)} yuan from {account}: {exchange.status}")
    _show(client.wallet(), console)
    return 0


def _pay(arguments: argparse.Namespace, console: Console) -> int:
    client = local.client(arguments)
    key = arguments.key or str(new_id())

    def send() -> Payment:
        return client.pay(
            arguments.payee,
            arguments.amount,
            arguments.memo,
            wait_s=PAYMENT_WAIT_S,
            idempotency_key=key,
        )

    payment = _once(key, send)
    console.print(
        f"{format_yuan(payment.amount)} yuan to {payment.payee_wallet}: "
        f"[bold]{payment.status}[/] ({payment.payment_id})"
    )
    if payment.rejection is not None:
        console.print(plain(f"  {payment.rejection.code} {payment.rejection.detail}"))
    return 1 if payment.status == "rejected" else 0


def _history(arguments: argparse.Namespace, console: Console) -> int:
    table = Table("when (UTC)", "kind", "amount", "balance", "counterparty", "memo", "status")
    for row in itertools.islice(local.client(arguments).transactions(), arguments.lines):
        table.add_row(
            f"{row.occurred_at:%Y-%m-%d %H:%M:%S}",
            row.kind,
            format_yuan(row.amount if row.direction == "in" else -row.amount),
            "" if row.balance_after is None else format_yuan(row.balance_after),
            plain(row.counterparty or ""),
            plain(row.memo),
            row.status,
        )
    console.print(table)
    return 0


def _show(wallet: Wallet, console: Console) -> None:
    limit = wallet.limits.balance
    ceiling = "" if limit is None else f" of at most {format_yuan(limit)}"
    console.print(
        f"wallet [bold]{wallet.wallet_id}[/] at {wallet.institution}, category "
        f"{wallet.category}, {wallet.status}: [bold]{format_yuan(wallet.balance)}[/] yuan{ceiling}"
    )


def _once(key: str, send: Callable[[], T]) -> T:
    """Send, and tell how to repeat safely when there is no answer."""
    try:
        return send()
    except Unreachable as error:
        raise CliError(
            f"{error}\nThe outcome is unknown. Ask again with the same words and --key {key}"
        ) from error


def _yuan(text: str) -> int:
    try:
        return parse_yuan(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


_VERBS = {
    "open": _open,
    "balance": _balance,
    "top-up": _top_up,
    "pay": _pay,
    "history": _history,
    "transit-credential": transit_cli.show_credential,
    "journeys": transit_cli.list_journeys,
    "correct-journey": transit_cli.correct_journey,
}
