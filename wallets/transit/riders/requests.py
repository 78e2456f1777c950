"""Fares that operators of other banks ask for: pain.013 with a mandate, answered by pain.014."""

from collections.abc import Sequence
from datetime import date

from cbdc.errors import ErrorCode
from cbdc.institution import this_institution
from cbdc.protocol.messages import Pain013, Pain014
from commercial_banks.clearing import requests as interbank
from commercial_banks.clearing.hooks import on_decided_many
from commercial_banks.clearing.models import InterbankPayment
from wallets.payments.models import Status
from wallets.transit.models import AskedFare
from wallets.transit.riders import mandates
from wallets.transit.riders.mandates import Asked


@interbank.on_asked
def asked(message: Pain013) -> None:
    """Pay, or owe; either is an answer."""
    if message.mandate is None:
        return
    reference = message.order_reference or ""
    try:
        day = date.fromisoformat(reference[:10])
    except ValueError:
        interbank.answer(message, status="RJCT", code=ErrorCode.VALIDATION_FAILED.code)
        return
    outcome = mandates.ask_one(
        Asked(
            charge_id=message.request_id,
            credential_id=message.mandate,
            day=day,
            amount=message.amount,
            payee_wallet=message.payee_wallet,
            operator_bank=message.payee_bank,
            memo=message.memo,
            reference=reference,
        )
    )
    if outcome.payment_id is not None:
        interbank.answer(message, status="ACSP", payment_id=outcome.payment_id)
    else:
        interbank.answer(message, status="RJCT", code=outcome.code, detail=outcome.detail)


@interbank.on_answered
def withdrawn(message: Pain014) -> None:
    """The operator's bank takes a request back."""
    rows = AskedFare.objects.filter(id=message.request_id, operator_bank=message.payee_bank)
    if message.status == "CANC" and rows.exists():
        mandates.withdraw([message.request_id])


@mandates.on_recovered
def tell_operators_bank(fare: AskedFare) -> None:
    """A fare that was refused before is on its way now."""
    own = this_institution().code
    if fare.operator_bank == own:
        return
    interbank.answer(
        Pain014(
            request_id=fare.id,
            payee_bank=fare.operator_bank,
            payer_bank=own,
            status="ACSP",
            payment_id=None,
            code=None,
            detail=None,
        ),
        status="ACSP",
        payment_id=fare.payment_id,
    )


@on_decided_many
def decided(payments: Sequence[InterbankPayment]) -> None:
    """What became of fares on their way."""
    for status, tell in (
        (Status.COMPLETED, mandates.payments_completed),
        (Status.REJECTED, mandates.payments_rejected),
    ):
        ids = [payment.payment_id for payment in payments if payment.status == status]
        if ids:
            tell(ids)
