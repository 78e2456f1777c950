"""A rider's journeys, with operators of this bank and of others, and the rider's corrections.

Operators of this bank register where theirs are read (`own_journeys`); other banks tell by note.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from cbdc.api.schema import refuse
from cbdc.clock import parse_rfc3339
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import is_wallet_id, parse_uuid
from commercial_banks.clearing.notes import on_note, send_notes
from wallets.transit.models import AskedFare, Credential, ToldJourney, ToldWeek

TOLD = "transit.journeys"
CORRECT = "transit.correction"
JOURNEYS_MAX = 500  # of one note: a week of one rider
STATION_MAX = 32
Journey = dict[str, Any]
Row = TypeVar("Row", bound=Model)


class OwnJourneys(Protocol):
    """The journeys with this bank's operators: read, and put right."""

    def recent(
        self, credential_ids: Sequence[UUID], before: tuple[datetime, UUID] | None, limit: int
    ) -> list[tuple[datetime, Journey]]:
        """Newest first, those that began before."""

    def correct(self, credential_ids: Sequence[UUID], journey_id: UUID, station: str) -> Journey:
        """Put an incomplete one right.

        Raises:
            Problem: not_found; validation_failed.
        """

    def correct_for(self, bank: str, credential_id: UUID, journey_id: UUID, station: str) -> None:
        """As `correct`, for a rider of another bank."""


_own: OwnJourneys | None = None


def register_own_journeys(own: OwnJourneys) -> None:
    """Have `own` asked from now on."""
    global _own
    _own = own


def journeys_of(
    wallet_id: str, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[datetime, Journey]]:
    """A wallet's journeys, newest first, with when they began."""
    ids = _credentials(wallet_id)
    found = list(_own.recent(ids, before, limit)) if _own is not None else []
    rows = ToldJourney.objects.filter(credential_id__in=ids).select_related("told_week")
    told = newest(rows, before, limit)
    statuses = _charge_statuses(told)
    found += [
        (row.started_at, {**row.body, "charge_status": statuses[row.journey_id]}) for row in told
    ]
    found.sort(key=lambda one: (one[0], one[1]["journey_id"]), reverse=True)
    return found[:limit]


def newest(rows: QuerySet[Row], before: tuple[datetime, UUID] | None, limit: int) -> list[Row]:
    """The journeys that began last, of those that began before."""
    if before is not None:
        moment, journey_id = before
        rows = rows.filter(
            Q(started_at__lt=moment) | Q(started_at=moment, journey_id__lt=journey_id)
        )
    return list(rows.order_by("-started_at", "-journey_id")[:limit])


def correct(wallet_id: str, journey_id: UUID, station: str) -> Journey:
    """Say where the missing end of an incomplete journey was, in the caller's transaction.

    With another bank's operator it is asked of that bank; the journey changes when it answers.

    Raises:
        Problem: not_found; validation_failed for a journey that has both its ends, or a station
            that the operator does not have, and after three corrections in a month.
    """
    ids = _credentials(wallet_id)
    rows = ToldJourney.objects.filter(credential_id__in=ids).select_related("told_week")
    told = rows.filter(journey_id=journey_id).first()
    if told is None:
        if _own is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return _own.correct(ids, journey_id, station)
    if told.body["status"] == "complete":
        raise not_incomplete()
    content = {
        "credential_id": str(told.credential_id),
        "journey_id": str(journey_id),
        "station": station,
    }
    send_notes(told.from_bank, CORRECT, [content])
    return {**told.body, "charge_status": _charge_statuses([told])[journey_id]}


def not_incomplete() -> Problem:
    """The refusal of a correction that has nothing to put right."""
    return refuse([FieldError("journey_id", "not_incomplete", "This journey has both its ends.")])


@on_note(TOLD)
def told(from_bank: str, content: Mapping[str, Any]) -> None:
    """Another bank tells the journeys of one rider's week with one operator, as they are now: all
    of them.

    What was told later stands, in whatever order notes arrive.

    Raises:
        Problem: malformed_request.
    """
    try:
        credential_id = parse_uuid(content["credential_id"])
        rated_at = parse_rfc3339(content["rated_at"])
        week = date.fromisoformat(content["week"])
        payee_wallet = str(content["payee_wallet"])
        journeys = [_told_journey(item, from_bank) for item in content["journeys"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(ErrorCode.MALFORMED_REQUEST, "Not a week of journeys.") from error
    credential = Credential.objects.select_for_update().filter(id=credential_id).first()
    if credential is None:
        raise Problem(ErrorCode.MALFORMED_REQUEST, "Nobody has this credential.")
    if len(journeys) > JOURNEYS_MAX or not is_wallet_id(payee_wallet):
        raise Problem(ErrorCode.MALFORMED_REQUEST, "Not a week of journeys.")
    kept, _ = ToldWeek.objects.get_or_create(
        from_bank=from_bank,
        payee_wallet=payee_wallet,
        credential=credential,
        week=week,
        defaults={"rated_at": rated_at},
    )
    if kept.rated_at > rated_at:
        return
    kept.rated_at = rated_at
    kept.save(update_fields=["rated_at"])
    kept.journeys.all().delete()
    for journey in journeys:
        journey.credential, journey.told_week = credential, kept
    ToldJourney.objects.filter(
        from_bank=from_bank, journey_id__in=[journey.journey_id for journey in journeys]
    ).delete()  # one that moved here from another week
    ToldJourney.objects.bulk_create(journeys)


@on_note(CORRECT)
def asked_to_correct(from_bank: str, content: Mapping[str, Any]) -> None:
    """A rider of another bank puts a journey with an operator of this one right.

    A refusal changes nothing: the rider sees the journey as it was.

    Raises:
        Problem: malformed_request; those of `OwnJourneys.correct_for`.
    """
    try:
        credential_id = parse_uuid(content["credential_id"])
        journey_id, station = parse_uuid(content["journey_id"]), content["station"]
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(ErrorCode.MALFORMED_REQUEST, "Not a correction.") from error
    if not isinstance(station, str) or len(station) > STATION_MAX or _own is None:
        raise Problem(ErrorCode.MALFORMED_REQUEST, "Not a correction.")
    _own.correct_for(from_bank, credential_id, journey_id, station)


def _credentials(wallet_id: str) -> list[UUID]:
    return list(Credential.objects.filter(wallet_id=wallet_id).values_list("id", flat=True))


def _told_journey(item: Mapping[str, Any], from_bank: str) -> ToldJourney:
    return ToldJourney(
        from_bank=from_bank,
        journey_id=parse_uuid(item["journey_id"]),
        day=date.fromisoformat(item["day"]),
        started_at=parse_rfc3339(item["started_at"]),
        body={**item, "status": str(item["status"]), "charged": int(item["charged"])},
    )


def _charge_statuses(told: Sequence[ToldJourney]) -> dict[UUID, str]:
    """How each journey is paid, from what was asked under its credential."""
    fares = AskedFare.objects.filter(credential_id__in={row.credential_id for row in told})
    states: dict[tuple[UUID, str, str], set[str]] = {}
    for credential_id, payee, reference, state in fares.values_list(
        "credential_id", "payee_wallet", "reference", "state"
    ):
        states.setdefault((credential_id, payee, reference), set()).add(state)
    statuses = {}
    for row in told:
        of_charges: set[str] = set()
        payee = row.told_week.payee_wallet
        for reference in (row.day.isoformat(), f"{row.day.isoformat()}/{row.journey_id}"):
            of_charges |= states.get((row.credential_id, payee, reference), set())
        statuses[row.journey_id] = charge_status(int(row.body["charged"]), of_charges)
    return statuses


def charge_status(charged: int, states: set[str]) -> str:
    """The one word for how a journey is paid, from the states of the charges that it is in:
    `free`, `open` (not asked for yet), `pending`, `owed`, `written_off` or `paid`."""
    if not charged:
        return "free"
    for word, of in (
        ("owed", {"owed"}),
        ("pending", {"due", "asked", "paying"}),
        ("paid", {"paid"}),
        ("written_off", {"lost"}),
    ):
        if states & of:
            return word
    return "open"
