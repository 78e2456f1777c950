"""Taking taps: in any order, days late, more than once; each lands once, or has its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from cbdc.clock import now
from cbdc.crypto.transit_credential import Refusal, TransitCredential
from cbdc.errors import ErrorCode
from commercial_banks.clearing.directory import refresh_if_stale
from wallets.transit.domain.days import NoFareTable, Tariff
from wallets.transit.models import Operator, RefusedTap
from wallets.transit.operators import credentials
from wallets.transit.operators.fares import tariff_of
from wallets.transit.operators.weeks import touch_weeks, weeks_touched

AHEAD_MAX = timedelta(minutes=10)  # of a gate's clock
LATE_MAX = timedelta(days=30)

E = ErrorCode
_REFUSALS = {
    Refusal.MALFORMED: (E.SIGNATURE_INVALID, "This is no transit credential."),
    Refusal.UNKNOWN_ISSUER: (E.SIGNATURE_INVALID, "No institution has the key that signed it."),
    Refusal.FORGED: (E.SIGNATURE_INVALID, "Its bank did not sign this credential."),
    Refusal.EXPIRED: (E.CODE_EXPIRED, "The credential was over when it was shown."),
}
_INSERT = """
INSERT INTO transit_tap (operator_id, received_at, bank_number, rider_class, tap_id,
    credential_id, gate_id, station, direction, tapped_at)
SELECT %s, %s, t.* FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::text[],
    %s::text[], %s::text[], %s::timestamptz[]) AS t
ON CONFLICT DO NOTHING RETURNING tap_id
"""
_SAME = """
SELECT t.tap_id FROM (SELECT * FROM transit_tap WHERE operator_id = %s) t
JOIN unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    AS b (tap_id, credential_id, gate_id, station, direction, tapped_at)
USING (tap_id, credential_id, gate_id, station, direction, tapped_at)
"""


@dataclass(frozen=True, slots=True)
class TapSeen:
    """One tap as it was uploaded."""

    tap_id: UUID
    credential: str
    gate_id: str
    station: str
    direction: str
    tapped_at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    tap_id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: every tap is counted in one of the three."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]


Judged = tuple[TapSeen, TransitCredential]


def take(*, operator: Operator, taps: Sequence[TapSeen]) -> Taken:
    """Keep what is new, count what is known, refuse what cannot be; in one transaction.

    A refused tap leaves a note for the operator, and nothing else.
    """
    tariff = tariff_of(operator.pk)
    refused = {id(tap): reason for tap in taps if (reason := _impossible(tap, tariff))}
    judged = _judge([tap for tap in taps if id(tap) not in refused], refused)
    with transaction.atomic():
        accepted, duplicates = _keep(operator.pk, judged, refused)
        rejected = [
            Rejection(tap.tap_id, refused[id(tap)][0].code, refused[id(tap)][1])
            for tap in taps
            if id(tap) in refused
        ]
        _note_refused(operator.pk, [tap for tap in taps if id(tap) in refused], rejected)
        _touch(operator.pk, accepted, tariff)
    return Taken(len(accepted), duplicates, rejected)


Reason = tuple[ErrorCode, str]


def _impossible(tap: TapSeen, tariff: Tariff) -> Reason | None:
    """A clock that is wrong: 1970, or the future; or a day without fares."""
    moment = now()
    if tap.tapped_at > moment + AHEAD_MAX:
        return E.VALIDATION_FAILED, "tapped_at is in the future."
    if tap.tapped_at < moment - LATE_MAX:
        return E.VALIDATION_FAILED, f"tapped_at is more than {LATE_MAX.days} days ago."
    try:
        tariff.day_of(tap.tapped_at)
    except NoFareTable:
        return E.VALIDATION_FAILED, "There were no fares on that day."
    return None


def _judge(taps: Sequence[TapSeen], refused: dict[int, Reason]) -> list[Judged]:
    """Read the credentials. A bank that nobody knows may be new: the directory is asked once."""
    reader = credentials.credential_reader()
    read = [reader.read(tap.credential, tap.tapped_at) for tap in taps]
    if Refusal.UNKNOWN_ISSUER in read and refresh_if_stale():
        credentials.forget()
        reader = credentials.credential_reader()
        read = [reader.read(tap.credential, tap.tapped_at) for tap in taps]
    judged = []
    for tap, credential in zip(taps, read, strict=True):
        if isinstance(credential, Refusal):
            refused[id(tap)] = _REFUSALS[credential]
        else:
            judged.append((tap, credential))
    return judged


def _keep(
    operator_id: UUID, judged: Sequence[Judged], refused: dict[int, Reason]
) -> tuple[list[Judged], int]:
    """The taps that are new, and how many were known; one id with two contents is refused."""
    first: dict[UUID, Judged] = {}
    duplicates = 0
    for tap, credential in judged:
        before = first.setdefault(tap.tap_id, (tap, credential))
        if before[0] is tap:
            continue
        if _content(before) == _content((tap, credential)):
            duplicates += 1
        else:
            refused[id(tap)] = _two_contents()
    ordered = [first[tap_id] for tap_id in sorted(first)]  # two uploads at once: no deadlock
    inserted = _insert(operator_id, ordered)
    accepted = [one for one in ordered if one[0].tap_id in inserted]
    known = [one for one in ordered if one[0].tap_id not in inserted]
    same = _same(operator_id, known)
    for one in known:
        if one[0].tap_id in same:
            duplicates += 1
        else:
            refused[id(one[0])] = _two_contents()
    return accepted, duplicates


def _content(one: Judged) -> tuple[object, ...]:
    tap, credential = one
    return credential.credential_id, tap.gate_id, tap.station, tap.direction, tap.tapped_at


def _two_contents() -> Reason:
    return E.IDEMPOTENCY_KEY_REUSED, "This tap_id was used for another tap."


def _insert(operator_id: UUID, taps: Sequence[Judged]) -> set[UUID]:
    """Keep them; the ids of those that are new."""
    return _ids(
        _INSERT,
        [operator_id, now()],
        [(c.institution_number, c.rider_class, tap.tap_id, *_content((tap, c))) for tap, c in taps],
    )


def _same(operator_id: UUID, taps: Sequence[Judged]) -> set[UUID]:
    """Of taps whose ids are known, those that are known with this content."""
    return _ids(_SAME, [operator_id], [(one[0].tap_id, *_content(one)) for one in taps])


def _ids(statement: str, first: list[Any], rows: Sequence[tuple[Any, ...]]) -> set[UUID]:
    """The ids that a statement answers, which takes the rows as columns after `first`."""
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*first, *map(list, zip(*rows, strict=True))])
        return {row[0] for row in cursor.fetchall()}


def _note_refused(
    operator_id: UUID, taps: Sequence[TapSeen], rejected: Sequence[Rejection]
) -> None:
    RefusedTap.objects.bulk_create(
        [
            RefusedTap(
                operator_id=operator_id,
                tap_id=tap.tap_id,
                code=rejection.code,
                detail=rejection.detail,
                gate_id=tap.gate_id,
                station=tap.station,
                direction=tap.direction,
                tapped_at=tap.tapped_at,
            )
            for tap, rejection in zip(taps, rejected, strict=True)
        ],
        ignore_conflicts=True,
    )


def _touch(operator_id: UUID, taps: Sequence[Judged], tariff: Tariff) -> None:
    """Have the weeks rated that these taps may change."""
    weeks = {
        (credential.credential_id, week, credential.institution_number)
        for tap, credential in taps
        for week in weeks_touched(tariff.day_of(tap.tapped_at))
    }
    touch_weeks(operator_id, sorted(weeks))
