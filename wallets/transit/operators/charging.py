"""Charges that are due become money: in batches through the ledger, or asked of other banks."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from cbdc.clock import now
from commercial_banks.clearing.requests import ask_many
from wallets.transit.models import Charge
from wallets.transit.operators import claims, denials
from wallets.transit.operators.asking import as_asked, as_request, is_own
from wallets.transit.riders import mandates
from wallets.transit.riders.mandates import Outcome

State = Charge.State
BATCH = 2_000
_SET = """
UPDATE transit_charge c SET state = b.state, code = b.code, payment_id = b.payment_id,
    payer_wallet = b.payer_wallet, settled_at = b.settled_at
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::timestamptz[])
    AS b (id, state, code, payment_id, payer_wallet, settled_at)
WHERE c.id = b.id
"""


def charge_due() -> int:
    """Charge what is due, at most a batch; how many."""
    with transaction.atomic():
        charges = list(
            Charge.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=State.DUE)
            .select_related("operator__merchant")
            .order_by("id")[:BATCH]
        )
        own = [charge for charge in charges if is_own(charge)]
        others = [charge for charge in charges if not is_own(charge)]
        if own:
            _collect(own)
        if others:
            _ask(others)
    return len(charges)


def refused(charges: Sequence[Charge], codes: Sequence[str]) -> None:
    """These could not be paid: debts, and their riders are refused at the gates."""
    for charge, code in zip(charges, codes, strict=True):
        charge.state, charge.code = State.OWED, code
    _write(charges)
    claims.owed(charges)
    denials.deny(charges)


def _write(charges: Sequence[Charge]) -> None:
    """What changed of them, in one statement that the rows do not make longer."""
    names = ("id", "state", "code", "payment_id", "payer_wallet", "settled_at")
    columns: list[list[Any]] = [[getattr(row, name) for row in charges] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_SET, columns)


def _collect(charges: Sequence[Charge]) -> None:
    outcomes = mandates.collect([as_asked(charge) for charge in charges])
    paid: list[Charge] = []
    owing: list[Charge] = []
    codes: list[str] = []
    for charge, outcome in zip(charges, outcomes, strict=True):
        if outcome.payment_id is not None:
            paid.append(_paid(charge, outcome))
        else:
            owing.append(charge)
            codes.append(outcome.code)
    _write(paid)
    refused(owing, codes)


def _paid(charge: Charge, outcome: Outcome) -> Charge:
    charge.state, charge.settled_at = State.PAID, now()
    charge.payment_id, charge.payer_wallet = outcome.payment_id, outcome.payer_wallet
    return charge


def _ask(charges: Sequence[Charge]) -> None:
    ask_many([as_request(charge) for charge in charges])
    Charge.objects.filter(id__in=[charge.id for charge in charges]).update(state=State.ASKED)
