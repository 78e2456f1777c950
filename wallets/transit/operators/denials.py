"""The deny list: whom gates refuse, as versions and what changed between them.

A debt denies its credential at its operator, a revocation at all operators of this bank. The
version is the bank's: whoever changes the list holds its row until the transaction ends, so a
gate that has a version has everything up to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from cbdc.clock import now, parse_rfc3339
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import parse_uuid
from commercial_banks.clearing.notes import on_note
from wallets.transit.models import Charge, DenyEntry, DenyListVersion, Operator
from wallets.transit.riders import revoking

FORGET_BATCH = 10_000
LATE = timedelta(days=1)  # a gate's clock

_NEXT = """
INSERT INTO transit_denylistversion AS v (id, version) VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET version = v.version + 1 RETURNING version
"""
_SET = """
INSERT INTO transit_denyentry AS e (operator_id, credential_id, denied, version, changed_at)
SELECT %s, c, %s, %s, %s FROM unnest(%s::uuid[]) AS c
ON CONFLICT (operator_id, credential_id)
DO UPDATE SET denied = excluded.denied, version = excluded.version,
    changed_at = excluded.changed_at
"""


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed since a version, up to `version`."""

    version: int
    added: list[UUID]
    removed: list[UUID]


def deny(charges: Sequence[Charge]) -> None:
    """These charges became debts: their credentials are refused by their operators."""
    for operator_id, ids in _by_operator(charges).items():
        _change(operator_id, ids, denied=True)


def let_in(charges: Sequence[Charge]) -> None:
    """These debts are no more: who has no other with the operator is let in again."""
    for operator_id, ids in _by_operator(charges).items():
        debts = Charge.objects.filter(
            operator_id=operator_id,
            credential_id__in=ids,
            state__in=[Charge.State.OWED, Charge.State.LOST],
        )
        _change(operator_id, ids - set(debts.values_list("credential_id", flat=True)), denied=False)


def changes_since(operator: Operator, since: int) -> Delta:
    """The operator's list as of now: whole for `since` 0, else what a gate with `since` lacks.

    A gate that is ahead of the list (it was restored) is told a lower version, and asks again.
    """
    version = DenyListVersion.objects.filter(id=1).values_list("version", flat=True).first() or 0
    rows = DenyEntry.objects.filter(Q(operator=operator) | Q(operator=None), version__lte=version)
    changed = set(rows.filter(version__gt=since).values_list("credential_id", flat=True))
    denied = set(
        rows.filter(denied=True, credential_id__in=changed).values_list("credential_id", flat=True)
    )
    removed = changed - denied if since else set()
    return Delta(version, sorted(denied), sorted(removed))


@revoking.on_revoked
def revoked(credential_id: UUID, expires_at: datetime) -> None:
    """A credential of this bank is refused everywhere; one that is over gates refuse anyhow."""
    if expires_at > now() - LATE:
        _change(None, {credential_id}, denied=True)


@on_note(revoking.TOPIC)
def revoked_elsewhere(from_bank: str, content: Mapping[str, Any]) -> None:
    """Another bank has revoked one of its credentials.

    Raises:
        Problem: malformed_request.
    """
    try:
        credential_id = parse_uuid(content["credential_id"])
        expires_at = parse_rfc3339(content["expires_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(ErrorCode.MALFORMED_REQUEST, "Not a revocation.") from error
    revoked(credential_id, expires_at)


def forget_expired() -> int:
    """Let go of revocations whose credentials are long over, at most a batch; how many."""
    old = now() - timedelta(days=60)  # no credential lives for so long
    rows = DenyEntry.objects.filter(operator=None, denied=True, changed_at__lt=old)
    ids = set(rows.values_list("credential_id", flat=True)[:FORGET_BATCH])
    _change(None, ids, denied=False)
    return len(ids)


def _by_operator(charges: Sequence[Charge]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    for charge in charges:
        found.setdefault(charge.operator_id, set()).add(charge.credential_id)
    return dict(sorted(found.items()))


def _change(operator_id: UUID | None, ids: set[UUID], *, denied: bool) -> None:
    """Change the entries that stand otherwise; the version moves only if some do."""
    rows = DenyEntry.objects.filter(operator_id=operator_id, credential_id__in=ids, denied=True)
    standing = set(rows.values_list("credential_id", flat=True))
    changed = sorted(ids - standing if denied else ids & standing)
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        (version,) = cursor.fetchone()
        cursor.execute(_SET, [operator_id, denied, version, now(), changed])
