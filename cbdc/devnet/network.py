"""Who takes part in the development network, and the environment each one's processes get."""

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cbdc.crypto import keys
from cbdc.devnet.sockets import HOST
from cbdc.private_file import write_private

BASE_PORT = 8000
SECRET_BYTES = 48
INSTITUTION_PLACEHOLDER = "{institution}"


@dataclass(frozen=True, slots=True)
class Member:
    """One institution: `code` on the wire, four-digit `number`, `port` on the loopback."""

    code: str
    number: str
    name: str
    port: int

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def database(self) -> str:
        """Its database's name, a plain SQL identifier."""
        return self.code.replace("-", "_")


def members(base_port: int) -> tuple[Member, ...]:
    """The central bank first; ports count up from `base_port`."""
    return (
        Member("central-bank", "0001", "Central Bank", base_port),
        Member("harbor", "0011", "Harbor Bank", base_port + 1),
        Member("lotus", "0012", "Lotus Bank", base_port + 2),
        Member("jade", "0013", "Jade Bank", base_port + 3),
    )


class Network:
    """The members with their keys and secrets, kept under `state_dir/<code>/`.

    `database_url` and `owner_database_url` hold `{institution}` where the database's name
    goes: the application works with the first, migrations with the second.
    """

    def __init__(
        self,
        state_dir: Path,
        base_port: int,
        *,
        database_url: str,
        owner_database_url: str,
        broker_url: str,
    ) -> None:
        self.state_dir = state_dir.absolute()
        self.members = members(base_port)
        self.central_bank, *banks = self.members
        self.banks = tuple(banks)
        self._database_url = database_url
        self._owner_database_url = owner_database_url
        self._broker_url = broker_url
        self._public_keys: dict[str, str] = {}

    def member(self, code: str) -> Member:
        """The member of that code.

        Raises:
            KeyError: for a code that is not in the network.
        """
        return {member.code: member for member in self.members}[code]

    def database_url(self, code: str, *, owner: bool = False) -> str:
        """The URL of an institution's database, as the application's role or as its owner."""
        template = self._owner_database_url if owner else self._database_url
        return template.replace(INSTITUTION_PLACEHOLDER, self.member(code).database)

    def prepare(self) -> None:
        """Make each member's keys and secrets, once; they are kept for the next start."""
        for member in self.members:
            folder = self._folder(member.code)
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            passphrase = self._secrets(member.code)["KEY_PASSPHRASE"]
            public = _make_key(folder / "institution.pem", passphrase)
            self._public_keys[member.code] = public
        central = self.central_bank.code
        _make_key(self._folder(central) / "issuer.pem", self._secrets(central)["KEY_PASSPHRASE"])

    def public_key(self, code: str) -> str:
        """An institution's public key, base64url of the raw 32 bytes; `prepare` comes first."""
        return self._public_keys[code]

    def environment(self, code: str, *, owner: bool = False) -> dict[str, str]:
        """The whole environment of one institution's process; `owner` is for migrations."""
        member = self.member(code)
        folder = self._folder(code)
        environment = {
            **os.environ,
            **self._secrets(code),
            "DJANGO_SETTINGS_MODULE": "cbdc.settings.devnet",
            "INSTITUTION": member.code,
            "INSTITUTION_NUMBER": member.number,
            "INSTITUTION_NAME": member.name,
            "PUBLIC_BASE_URL": member.base_url,
            "CENTRAL_BANK_URL": self.central_bank.base_url,
            "CENTRAL_BANK_PUBLIC_KEY": self.public_key(self.central_bank.code),
            "DATABASE_URL": self.database_url(code, owner=owner),
            "BROKER_URL": self._broker_url,
            "STATE_DIR": str(folder),
            "INSTITUTION_KEY_FILE": str(folder / "institution.pem"),
            "PYTHONUNBUFFERED": "1",
        }
        if member == self.central_bank:
            environment["ISSUER_KEY_FILE"] = str(folder / "issuer.pem")
            environment["DEVNET_BANKS"] = json.dumps([self._card(bank) for bank in self.banks])
        else:
            environment.pop("ISSUER_KEY_FILE", None)
            environment.pop("DEVNET_BANKS", None)
        return environment

    def _card(self, bank: Member) -> dict[str, str]:
        """What the central bank is told of a bank that it admits."""
        return {
            "code": bank.code,
            "number": bank.number,
            "name": bank.name,
            "base_url": bank.base_url,
            "public_key": self.public_key(bank.code),
        }

    def _folder(self, code: str) -> Path:
        return self.state_dir / code

    def _secrets(self, code: str) -> dict[str, str]:
        file = self._folder(code) / "secrets.json"
        if file.exists():
            stored: dict[str, str] = json.loads(file.read_text())
            return stored
        made = {
            "SECRET_KEY": secrets.token_urlsafe(SECRET_BYTES),
            "KEY_PASSPHRASE": secrets.token_urlsafe(SECRET_BYTES),
            "PII_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        write_private(file, json.dumps(made).encode())
        return made


def _make_key(path: Path, passphrase: str) -> str:
    """The public key of a key file that is made when it is missing."""
    if not path.exists():
        keys.save_private_key(path, keys.generate(), passphrase)
    return keys.raw_b64url(keys.load_private_key(path, passphrase).public_key())
