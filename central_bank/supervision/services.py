"""Admitting banks to the system, suspending them, and taking them back."""

from django.db import transaction

from cbdc.errors import ErrorCode, Problem
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging.models import Peer, PeerStatus
from cbdc.messaging.services import upsert_peer
from central_bank.supervision import audit, hooks
from central_bank.supervision.directory import Bank

SYSTEM = "system"  # the actor when a command or a rule does it, and not a person


@transaction.atomic
def init_central_bank(*, actor: str = SYSTEM) -> None:
    """Make what the central bank needs before its first bank; a second call changes nothing."""
    hooks.initialise()
    audit.record(actor=actor, action="init_central_bank", subject=CENTRAL_BANK_CODE, detail={})


@transaction.atomic
def admit_bank(
    *, code: str, number: str, name: str, base_url: str, public_key: str, actor: str = SYSTEM
) -> Bank:
    """Enter a bank into the directory with its accounts; again: change its name or address.

    `public_key` is the raw 32 bytes in base64url; it joins the keys the bank has.

    Raises:
        Problem: validation_failed, when the code or number is another institution's.
    """
    taken = Peer.objects.filter(number=number).exclude(code=code).exists()
    changed = Peer.objects.filter(code=code).exclude(number=number).exists()
    if taken or changed or code == CENTRAL_BANK_CODE:
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{code} or {number} is in use.")
    peer = upsert_peer(
        code=code, number=number, name=name, base_url=base_url, public_key=public_key
    )
    admitted = Bank(code, number, peer.status == PeerStatus.ACTIVE)
    hooks.admitted(admitted)
    audit.record(
        actor=actor,
        action="admit_bank",
        subject=code,
        detail={"number": number, "name": name, "base_url": base_url, "public_key": public_key},
    )
    return admitted


def suspend(*, code: str, reason: str, actor: str = SYSTEM) -> None:
    """Refuse a bank new payments and tokens; what is under way still ends, and settles.

    Raises:
        Problem: not_found.
    """
    _set_status(code, PeerStatus.SUSPENDED, "suspend_bank", reason, actor)


def reinstate(*, code: str, reason: str, actor: str = SYSTEM) -> None:
    """Let a suspended bank act again.

    Raises:
        Problem: not_found.
    """
    _set_status(code, PeerStatus.ACTIVE, "reinstate_bank", reason, actor)


@transaction.atomic
def _set_status(code: str, status: PeerStatus, action: str, reason: str, actor: str) -> None:
    if not Peer.objects.filter(code=code).update(status=status):
        raise Problem(ErrorCode.NOT_FOUND, f"No bank is named {code}.")
    audit.record(actor=actor, action=action, subject=code, detail={"reason": reason})
