"""Admitting banks to the system, suspending them, and taking them back."""

from django.db import transaction

from cbdc.audit import services as audit
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging.models import Peer, PeerKey, PeerStatus
from cbdc.messaging.services import upsert_peer
from central_bank.supervision import hooks
from central_bank.supervision.directory import Bank
from central_bank.supervision.models import Auditor

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


@transaction.atomic
def add_bank_key(*, code: str, public_key: str, actor: str = SYSTEM) -> None:
    """Add a key to those that a bank signs with; the others go on until they are retired.

    Raises:
        Problem: not_found; validation_failed, for no key or another's.
    """
    if not Peer.objects.filter(code=code).exists():
        raise Problem(ErrorCode.NOT_FOUND, f"No bank is named {code}.")
    key_id = _key_id(public_key)
    row, _ = PeerKey.objects.get_or_create(
        key_id=key_id, defaults={"peer_id": code, "public_key": public_key}
    )
    if row.peer_id != code:
        raise Problem(ErrorCode.VALIDATION_FAILED, "The key is another institution's.")
    audit.record(actor=actor, action="add_bank_key", subject=code, detail={"key_id": key_id})


@transaction.atomic
def retire_bank_key(*, code: str, key_id: str, actor: str = SYSTEM) -> None:
    """End a bank's key now; what it signed stays signed. The last one cannot be retired.

    Raises:
        Problem: not_found; validation_failed, for the last key.
    """
    in_force = list(PeerKey.objects.select_for_update().filter(peer=code, valid_to__isnull=True))
    if key_id not in {row.key_id for row in in_force}:
        raise Problem(ErrorCode.NOT_FOUND, f"{code} has no such key in force.")
    if len(in_force) == 1:
        raise Problem(ErrorCode.VALIDATION_FAILED, "A bank keeps one key at least.")
    PeerKey.objects.filter(key_id=key_id).update(valid_to=now())
    audit.record(actor=actor, action="retire_bank_key", subject=code, detail={"key_id": key_id})


@transaction.atomic
def admit_auditor(*, code: str, public_key: str, actor: str = SYSTEM) -> None:
    """Let an auditing institution look at every token, by requests that it signs.

    Raises:
        Problem: validation_failed, for no key, or a name or key in use.
    """
    key_id = _key_id(public_key)
    taken = Peer.objects.filter(code=code).exists() or PeerKey.objects.filter(key_id=key_id)
    if taken or code == CENTRAL_BANK_CODE or Auditor.objects.filter(key_id=key_id).exists():
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{code} or its key is in use.")
    Auditor.objects.update_or_create(
        code=code, defaults={"key_id": key_id, "public_key": public_key, "valid_to": None}
    )
    audit.record(actor=actor, action="admit_auditor", subject=code, detail={"key_id": key_id})


def _key_id(public_key: str) -> str:
    try:
        return keys.key_id(keys.public_from_raw(public_key))
    except ValueError as error:
        raise Problem(ErrorCode.VALIDATION_FAILED, "This is no public key.") from error
