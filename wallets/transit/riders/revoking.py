"""Revoking credentials: their gates are told through the deny lists of all operators' banks."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from cbdc.clock import now, rfc3339
from commercial_banks.clearing.directory import other_active_banks
from commercial_banks.clearing.notes import send_notes
from wallets.accounts import hooks
from wallets.transit.models import Credential

TOPIC = "transit.revoked"
Revoked = Callable[[UUID, datetime], None]
_hooks: list[Revoked] = []


def on_revoked(hook: Revoked) -> Revoked:
    """Call `hook(credential_id, expires_at)` for each that this bank revokes."""
    _hooks.append(hook)
    return hook


@hooks.on_device_shut_out
def of_device(device_id: UUID) -> None:
    """A device is lost: whoever finds it does not ride on it."""
    _revoke(list(Credential.objects.filter(device_id=device_id, revoked_at=None)))


@hooks.on_wallet_closed
def of_wallet(wallet_id: str) -> None:
    """A wallet that is closed pays nothing any more."""
    _revoke(list(Credential.objects.filter(wallet_id=wallet_id, revoked_at=None)))


def _revoke(credentials: list[Credential]) -> None:
    if not credentials:
        return
    ids = [credential.id for credential in credentials]
    Credential.objects.filter(id__in=ids).update(revoked_at=now())
    for credential in credentials:
        for hook in _hooks:
            hook(credential.id, credential.expires_at)
    contents = [
        {"credential_id": str(one.id), "expires_at": rfc3339(one.expires_at)} for one in credentials
    ]
    for bank in other_active_banks():
        send_notes(bank, TOPIC, contents)
