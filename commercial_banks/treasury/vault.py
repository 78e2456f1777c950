"""The vault's contents follow the central bank's word: what was consumed, what was created."""

from typing import Any

from cbdc.clock import now
from cbdc.crypto.tokens import SignedToken
from commercial_banks.treasury.models import VaultToken


def apply_changes(*, consumed: tuple[str, ...], created: tuple[dict[str, Any], ...]) -> None:
    """Take the consumed tokens out and the created ones in; a second call changes nothing."""
    moment = now()
    VaultToken.objects.filter(token_id__in=consumed, spent_at__isnull=True).update(
        spent_at=moment, reserved_by=None
    )
    signed = [SignedToken.from_wire(wire) for wire in created]
    VaultToken.objects.bulk_create(
        [
            VaultToken(
                token_id=item.token.token_id,
                value=item.token.value,
                locked=item.token.lock is not None,
                signed=wire,
                received_at=moment,
            )
            for item, wire in zip(signed, created, strict=True)
        ],
        ignore_conflicts=True,
    )
