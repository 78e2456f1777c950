"""A bank that signs transit credentials, and its riders."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.crypto.algorithms import Ed25519Signer
from cbdc.crypto.transit_credential import TransitCredential, device_binding, sign_credential
from cbdc.identifiers import new_id

DEVICE = keys.raw_b64url(keys.generate().public_key())


@dataclass(frozen=True)
class Rider:
    credential_id: str
    text: str


@dataclass
class Issuer:
    """A bank with one key."""

    number: str = "0011"
    signer: Ed25519Signer = field(default_factory=lambda: Ed25519Signer.of(keys.generate()))

    def rider(self, *, expires_at: datetime | None = None, rider_class: str = "adult") -> Rider:
        """A new rider, whose credential is good for a week."""
        id_ = new_id()
        end = (expires_at or now() + timedelta(days=7)).replace(microsecond=0)
        credential = TransitCredential(
            id_, self.number, rider_class, end, device_binding(id_, DEVICE)
        )
        return Rider(str(id_), sign_credential(credential, self.signer))

    def directory(self, **fields: Any) -> list[dict[str, Any]]:
        """The central bank's answer about it."""
        jwk = keys.jwk(keys.public_from_raw(self.signer.public_key))
        row = {"code": "harbor", "number": self.number, "name": "Harbor", "status": "active"}
        return [{**row, "base_url": "http://h.example", "keys": [jwk], **fields}]
