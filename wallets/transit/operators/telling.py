"""What riders of other banks see of their journeys: a note to their bank for each week."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cbdc.clock import rfc3339
from cbdc.institution import this_institution
from commercial_banks.clearing.directory import bank_of
from commercial_banks.clearing.notes import send_notes
from wallets.transit.models import Operator, RatedJourney
from wallets.transit.riders.journeys import TOLD


def tell_weeks(
    operator_id: UUID, weeks: Iterable[tuple[str, UUID, date, datetime, Sequence[RatedJourney]]]
) -> None:
    """Tell riders' banks the journeys of weeks: (bank number, credential, Monday, when they were
    rated, all journeys of it). In the caller's transaction."""
    own, merchant = this_institution().number, None
    by_bank: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for number, credential_id, monday, rated_at, journeys in weeks:
        bank = None if number == own else bank_of(number)
        if bank is None:
            continue
        if merchant is None:
            merchant = Operator.objects.select_related("merchant").get(pk=operator_id).merchant
        by_bank[bank].append(
            {
                "credential_id": str(credential_id),
                "week": monday.isoformat(),
                "payee_wallet": merchant.wallet_id,
                "rated_at": rfc3339(rated_at),
                "journeys": [journey_body(row, merchant.name) for row in journeys],
            }
        )
    for bank, contents in sorted(by_bank.items()):
        send_notes(bank, TOLD, contents)


def journey_body(row: RatedJourney, operator: str) -> dict[str, Any]:
    """A journey as its rider sees it, without how it is paid."""
    return {
        "journey_id": str(row.journey_id),
        "day": row.day.isoformat(),
        "started_at": rfc3339(row.started_at),
        "from": row.origin,
        "to": row.destination,
        "fare": row.fare,
        "discount": row.discount,
        "charged": row.charged,
        "status": row.status,
        "why": row.why,
        "operator": operator,
    }
