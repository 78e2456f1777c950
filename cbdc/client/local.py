"""What this machine knows for the command line: where the banks are, which devices it holds."""

import os
import re
from argparse import Namespace
from pathlib import Path

from cbdc.client.device import Device
from cbdc.client.devnet import DevnetClient, SeededPerson
from cbdc.client.transport import ApiProblem
from cbdc.client.wallet_client import WalletClient
from cbdc.devnet.network import BASE_PORT, members

WALLETS_DIR = Path(__file__).resolve().parents[2] / "var" / "wallets"
STORY_PEOPLE = 3  # of each bank: the demo's story plays with them
PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
BANK = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


class CliError(Exception):
    """What the person at the keyboard must change; the message says it."""


def base_url(arguments: Namespace) -> str:
    """Where the bank is: `--url`, else its port on this machine's network."""
    if not BANK.fullmatch(arguments.bank):
        raise CliError(f"{arguments.bank!r} is no bank's code")
    if arguments.url:
        return str(arguments.url)
    port = os.environ.get("DEVNET_PORT") or str(BASE_PORT)
    if not port.isdecimal():
        raise CliError(f"DEVNET_PORT is {port!r}: not a port")
    banks = {member.code: member for member in members(int(port))[1:]}
    if arguments.bank not in banks:
        raise CliError(f"no bank {arguments.bank!r}: choose one of {', '.join(banks)}")
    return banks[arguments.bank].base_url


def device_file(arguments: Namespace, phone: str) -> Path:
    folder: Path = arguments.wallets
    if not PHONE.fullmatch(phone):
        raise CliError(f"{phone!r} is not a phone in E.164, like +8613800000001")
    return folder / f"{arguments.bank}-{phone}.json"


def client(arguments: Namespace) -> WalletClient:
    """The client of the device in `--phone`'s file, or of the only one of this bank."""
    url = base_url(arguments)
    if arguments.phone:
        path = device_file(arguments, arguments.phone)
        found = [path] if path.exists() else []
    else:
        found = sorted(arguments.wallets.glob(f"{arguments.bank}-+*.json"))
    if not found:
        raise CliError(f"no wallet here: `wallet open --bank {arguments.bank}` makes one")
    if len(found) > 1:
        phones = ", ".join(path.stem.removeprefix(f"{arguments.bank}-") for path in found)
        raise CliError(f"several wallets here, choose with --phone: {phones}")
    device = Device.load(found[0])
    if device.device_id is None:
        raise CliError(f"{device.phone} is not enrolled yet: `wallet open` again")
    return WalletClient(url, device)


def otp(url: str, phone: str) -> str:
    """Read from a development network's SMS file; else asked for."""
    try:
        return DevnetClient(url).otp(phone)
    except ApiProblem as problem:
        if problem.status != 404:
            raise
    return input(f"one-time password sent to {phone}: ").strip()


def _people(url: str) -> tuple[SeededPerson, ...]:
    try:
        return DevnetClient(url).seed().people
    except ApiProblem as problem:
        if problem.status != 404:
            raise
    return ()


def next_seeded_phone(arguments: Namespace, url: str) -> str:
    """The first seeded person whom neither the story nor a wallet here has."""
    for person in _people(url)[STORY_PEOPLE:]:
        if not device_file(arguments, person.phone).exists():
            return person.phone
    raise CliError("name a phone with --phone")


def seeded_account(arguments: Namespace, phone: str) -> str:
    for person in _people(base_url(arguments)):
        if person.phone == phone:
            return person.deposit_account
    raise CliError("name the deposit account with --account")
