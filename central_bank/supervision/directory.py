"""The directory of institutions: who takes part, and who may act now."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbdc.crypto import keys
from cbdc.messaging import selectors
from cbdc.messaging.models import Peer, PeerKey, PeerStatus


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank by its `code` (`harbor`) and four-digit `number` (`0011`)."""

    code: str
    number: str
    active: bool


def bank(code: str) -> Bank | None:
    """The bank of that code, or None."""
    return _bank(Peer.objects.filter(code=code).first())


def banks() -> dict[str, Bank]:
    """Every bank of the directory by its code, in one statement."""
    rows = Peer.objects.values_list("code", "number", "status")
    return {code: Bank(code, number, status == PeerStatus.ACTIVE) for code, number, status in rows}


def bank_by_number(number: str) -> Bank | None:
    """The bank whose wallets start with `number`, or None."""
    return _bank(Peer.objects.filter(number=number).first())


def bank_codes() -> list[str]:
    """Every bank of the directory, sorted."""
    return list(Peer.objects.order_by("code").values_list("code", flat=True))


def signing_keys(code: str) -> dict[str, Ed25519PublicKey]:
    """The public keys with which the bank signs now, by key id."""
    found = selectors.peer(code)
    return found.keys if found is not None else {}


def owner_key_id(code: str) -> str:
    """The id of the newest key of a bank: its new tokens name it as their owner's.

    Raises:
        LookupError: not in the directory, or without a key.
    """
    newest = PeerKey.objects.filter(peer=code, valid_to__isnull=True).order_by("-valid_from")
    key_id = newest.values_list("key_id", flat=True).first()
    if key_id is None:
        raise LookupError(f"no key of {code}")
    return key_id


def _bank(row: Peer | None) -> Bank | None:
    if row is None:
        return None
    return Bank(row.code, row.number, row.status == PeerStatus.ACTIVE)


def institutions() -> list[dict[str, Any]]:
    """Every institution as the API shows it, by number, with the keys in force as JWKs."""
    statuses = dict(Peer.objects.values_list("code", "status"))
    return [
        {
            "code": found.code,
            "number": found.number,
            "name": found.name,
            "status": statuses[found.code],
            "base_url": found.base_url,
            "keys": [keys.jwk(public) for public in found.keys.values()],
        }
        for found in selectors.peers()
    ]
