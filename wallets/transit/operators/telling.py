"""What riders of other banks see of their journeys: a note to their bank for each week."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cbdc.clock import rfc3339
from cbdc.institution import this_institution
from commercial_banks.clearing.directory import bank_of
from commercial_banks.clearing.notes import send_notes
from wallets.transit.models import Operator, RatedJourney
from wallets.transit.riders.journeys import TOLD


def tell_week(
    operator_id: UUID,
    bank_number: str,
    credential_id: UUID,
    monday: date,
    journeys: Sequence[RatedJourney],
) -> None:
    """Tell the rider's bank the journeys of a week, in the caller's transaction."""
    bank = bank_of(bank_number)
    if bank_number == this_institution().number or bank is None:
        return
    merchant = Operator.objects.select_related("merchant").get(pk=operator_id).merchant
    content = {
        "credential_id": str(credential_id),
        "week": monday.isoformat(),
        "rated_at": rfc3339(journeys[0].rated_at) if journeys else "",
        "journeys": [
            {**journey_body(row, merchant.name), "payee_wallet": merchant.wallet_id}
            for row in journeys
        ],
    }
    send_notes(bank, TOLD, [content])


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
