"""The holders that `manage.py seed_load` makes at a bank, in one small file of its owner alone.

Every key is derived from one secret: the file is as short for ten million wallets as for ten, and
a generator on another machine needs nothing else. The secret opens every wallet that was made
with it, so the file is as good as their money.
"""

import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cbdc.client.device import Device
from cbdc.crypto.encoding import b64url, b64url_decode
from cbdc.identifiers import derived_id, new_id, wallet_id
from cbdc.private_file import write_private

KEY_BYTES = 32
FIRST_SERIAL = 90_000_000_000  # of their wallets; the serials count up from it
WALLETS_MAX = 100_000_000  # as many phones begin with +86199


@dataclass(frozen=True, slots=True)
class LoadMerchant:
    """A merchant with its secret key. `hot`: many pay it at once. `transit`: it takes taps."""

    merchant_id: str
    name: str
    wallet_id: str
    api_key: str = field(repr=False)
    hot: bool = False
    transit: bool = False


@dataclass(slots=True)
class LoadFile:
    """A bank's holders 0 to `wallets` - 1, and its merchants."""

    institution: str
    number: str
    wallets: int = 0
    merchants: list[LoadMerchant] = field(default_factory=list)
    seeded_as: UUID = field(default_factory=new_id)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)

    def phone(self, index: int) -> str:
        """The phone of a holder."""
        return f"+86199{index:08d}"

    def wallet_id(self, index: int) -> str:
        """The wallet of a holder."""
        return wallet_id(self.number, FIRST_SERIAL + index)

    def device_id(self, index: int) -> UUID:
        """The device of a holder."""
        return derived_id(self.seeded_as, f"device {index}")

    def key(self, index: int) -> Ed25519PrivateKey:
        """The private key of that device."""
        label = f"{self.institution} device {index}".encode()
        return Ed25519PrivateKey.from_private_bytes(hmac.digest(self.secret, label, "sha256"))

    def device(self, index: int) -> Device:
        """The device as `WalletClient` takes it."""
        return Device(
            phone=self.phone(index),
            key=self.key(index),
            device_id=str(self.device_id(index)),
            wallet_id=self.wallet_id(index),
        )

    def save(self, path: Path) -> None:
        """Write the file, all or nothing, readable by its owner alone."""
        content = {
            "institution": self.institution,
            "number": self.number,
            "wallets": self.wallets,
            "merchants": [asdict(merchant) for merchant in self.merchants],
            "seeded_as": str(self.seeded_as),
            "secret": b64url(self.secret),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(content, indent=1).encode())

    @classmethod
    def load(cls, path: Path) -> "LoadFile":
        """Read a file that `save` wrote.

        Raises:
            FileNotFoundError: there is none.
            ValueError: the file is not of that kind.
        """
        content: dict[str, Any] = json.loads(path.read_text())
        try:
            return cls(
                institution=content["institution"],
                number=content["number"],
                wallets=content["wallets"],
                merchants=[LoadMerchant(**row) for row in content["merchants"]],
                seeded_as=UUID(content["seeded_as"]),
                secret=b64url_decode(content["secret"], length=KEY_BYTES),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a file of seed_load") from error
