"""The vault's contents follow the central bank's word: what was consumed, what was created.

Advices come in any order: a token may be consumed before its own advice has come. Its row is then
made at once, spent and without content, and the content comes later. Two advices at the same time
meet at the row's key.
"""

from typing import Any

from cbdc.clock import now
from cbdc.crypto.tokens import SignedToken
from commercial_banks.treasury.models import VaultToken


def apply_changes(*, consumed: tuple[str, ...], created: tuple[dict[str, Any], ...]) -> None:
    """Take the consumed tokens out and the created ones in; a second call changes nothing."""
    moment = now()
    signed = [(SignedToken.from_wire(wire), wire) for wire in created]
    # In the order of their ids, so that two advices never wait for one another.
    VaultToken.objects.bulk_create(
        [
            VaultToken(token_id=token_id, value=0, locked=False, signed={}, spent_at=moment)
            for token_id in sorted(consumed)
        ],
        update_conflicts=True,
        unique_fields=["token_id"],
        update_fields=["spent_at", "reserved_by"],
    )
    VaultToken.objects.bulk_create(
        [
            VaultToken(
                token_id=item.token.token_id,
                value=item.token.value,
                locked=item.token.lock is not None,
                signed=wire,
                received_at=moment,
            )
            for item, wire in sorted(signed, key=lambda pair: pair[0].token.token_id)
        ],
        update_conflicts=True,
        unique_fields=["token_id"],
        update_fields=["value", "locked", "signed"],
    )
