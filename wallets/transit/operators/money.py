"""Money for charges: what riders' banks answer, what arrives, and what went back.

A rider's bank names the payment that it starts (pain.014, ACSP); the payment itself (pacs.008)
may come before or after. A charge is paid when both are there: a payment pays one charge, whole.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from cbdc.clock import now
from cbdc.identifiers import institution_number_of
from cbdc.protocol.messages import Pain014
from commercial_banks.clearing import requests as interbank
from commercial_banks.clearing.directory import bank_of
from commercial_banks.clearing.hooks import on_decided_many, on_received_many
from commercial_banks.clearing.models import InterbankPayment
from wallets.payments.models import Payment, Status
from wallets.transit.models import AskedFare, Charge, FareRefund
from wallets.transit.operators import billing, claims, denials, refunding
from wallets.transit.operators.charging import refused
from wallets.transit.operators.machine import CHARGE, ChargeEvent
from wallets.transit.riders import mandates

State = Charge.State
PAYABLE = CHARGE.leading_to(ChargeEvent.MONEY, State.PAID)
REFUSABLE = CHARGE.leading_to(ChargeEvent.REJECTED, State.OWED)
SWEEP_MAX = 1_000


@interbank.on_answered
def answered(message: Pain014) -> None:
    """A rider's bank pays a charge, or says why not. One that is paid stays so."""
    charge = _locked(id=message.request_id)
    if charge is None or bank_of(charge.bank_number) != message.payer_bank:
        return
    if message.status == "RJCT" and charge.state in REFUSABLE:
        refused([charge], [message.code or ""])
    elif message.status == "ACSP" and charge.state != State.PAID:
        taken = Charge.objects.filter(payment_id=message.payment_id).exclude(id=charge.id)
        if message.payment_id is None or taken.exists():
            return
        Charge.objects.filter(id=charge.id).update(payment_id=message.payment_id)
        charge.payment_id = message.payment_id
        take_if_arrived(charge)


@on_received_many
def arrived(payments: Sequence[InterbankPayment]) -> None:
    """Money from other banks: of charges whose payments were named before."""
    ids = [payment.payment_id for payment in payments]
    named = Charge.objects.filter(payment_id__in=ids, state__in=PAYABLE)
    for charge_id in named.values_list("id", flat=True):
        charge = _locked(id=charge_id)
        if charge is not None:
            take_if_arrived(charge)


@on_decided_many
def went_back(payments: Sequence[InterbankPayment]) -> None:
    """How refunds to riders of other banks ended."""
    by_id = {p.payment_id: p for p in payments if p.original_id is not None}
    if not by_id:
        return
    for row in FareRefund.objects.filter(payment_id__in=by_id).order_by("charge_id", "id"):
        assert row.payment_id is not None  # noqa: S101 - it was found by it
        refunding.decided(row, by_id[row.payment_id])


@mandates.on_recovered
def recovered(fare: AskedFare) -> None:
    """A rider of this bank has paid a debt, or more of it than was left."""
    charge = _locked(id=fare.id)
    if charge is None or charge.state == State.PAID or fare.state != AskedFare.State.PAID:
        return
    charge.payment_id = fare.payment_id
    _take(charge, fare.wallet_id)


def take_missed() -> int:
    """Find payments that came while their answer did: neither of the two saw the other."""
    waiting = Charge.objects.filter(state__in=PAYABLE, payment_id__isnull=False)
    arrived_ids = Payment.objects.filter(
        id__in=waiting.values("payment_id")[:SWEEP_MAX], status=Status.COMPLETED
    ).values_list("id", flat=True)
    taken = 0
    for payment_id in list(arrived_ids):
        with transaction.atomic():
            charge = _locked(payment_id=payment_id)
            taken += charge is not None and take_if_arrived(charge)
    return taken


def take_if_arrived(charge: Charge) -> bool:
    """Have the charge paid if its payment is there, of its amount, to the operator."""
    if charge.state == State.PAID or charge.payment_id is None:
        return False
    payment = Payment.objects.filter(
        id=charge.payment_id,
        status=Status.COMPLETED,
        payee_wallet=charge.operator.merchant.wallet_id,
        amount=charge.amount,
    ).first()
    if payment is None or institution_number_of(payment.payer_wallet) != charge.bank_number:
        return False
    _take(charge, payment.payer_wallet)
    return True


def _take(charge: Charge, payer_wallet: str) -> None:
    before = charge.state
    Charge.objects.filter(id=charge.id).update(
        state=State.PAID,
        payment_id=charge.payment_id,
        payer_wallet=payer_wallet,
        settled_at=now(),
        code="",
    )
    if before in (State.OWED, State.LOST):
        claims.settled([charge])
        denials.let_in([charge])
    if before == State.VOID:  # nothing was due any more: it goes back
        billing.bill_day_again(charge)


def _locked(**which: UUID | None) -> Charge | None:
    rows = Charge.objects.select_for_update(of=("self",)).select_related("operator__merchant")
    return rows.filter(**which).first()
