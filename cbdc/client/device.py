"""A holder's device: the key that proves who pays, kept in a file of its owner alone.

A phone keeps such a key in its secure element; here it lies unencrypted in a 0600 file, which
is right for a development network and for nothing else.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cbdc.crypto import keys
from cbdc.crypto.encoding import b64url, b64url_decode
from cbdc.private_file import write_private

KEY_BYTES = 32


@dataclass(slots=True)
class Device:
    """`device_id` and `wallet_id` are None until the bank has confirmed the enrolment."""

    phone: str
    key: Ed25519PrivateKey = field(default_factory=keys.generate, repr=False)
    device_id: str | None = None
    wallet_id: str | None = None

    @property
    def public_key(self) -> str:
        """The raw public key, base64url, as an enrolment sends it."""
        return keys.raw_b64url(self.key.public_key())

    def save(self, path: Path) -> None:
        """Write the device, all or nothing, readable by its owner alone."""
        content = {
            "phone": self.phone,
            "device_id": self.device_id,
            "wallet_id": self.wallet_id,
            "private_key": b64url(self.key.private_bytes_raw()),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(content, indent=1).encode())

    @classmethod
    def load(cls, path: Path) -> "Device":
        """Read a device that `save` wrote.

        Raises:
            FileNotFoundError: there is none.
            ValueError: the file is not a device's.
        """
        content = json.loads(path.read_text())
        try:
            raw = b64url_decode(content["private_key"], length=KEY_BYTES)
            return cls(
                phone=content["phone"],
                key=Ed25519PrivateKey.from_private_bytes(raw),
                device_id=content["device_id"],
                wallet_id=content["wallet_id"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a device's file") from error
