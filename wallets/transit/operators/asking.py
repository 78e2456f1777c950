"""How a charge is asked for: of this bank's wallets, or by pain.013 of another bank's."""

from collections.abc import Sequence
from datetime import timedelta

from cbdc.clock import now
from cbdc.institution import this_institution
from cbdc.money import CURRENCY
from cbdc.protocol.messages import Pain013
from commercial_banks.clearing import requests as interbank
from commercial_banks.clearing.directory import bank_of
from wallets.transit.models import Charge
from wallets.transit.riders import mandates
from wallets.transit.riders.mandates import Asked

EXPIRES_IN = timedelta(days=30)


def is_own(charge: Charge) -> bool:
    """True for a rider of this bank."""
    return charge.bank_number == this_institution().number


def as_asked(charge: Charge) -> Asked:
    """The charge as the rider's bank hears it."""
    return Asked(
        charge_id=charge.id,
        credential_id=charge.credential_id,
        day=charge.day,
        amount=charge.amount,
        payee_wallet=charge.operator.merchant.wallet_id,
        operator_bank=this_institution().code,
        memo=memo_of(charge),
        reference=reference_of(charge),
    )


def memo_of(charge: Charge) -> str:
    """For the payer's history. It passes the central bank, so no station is in it."""
    return f"{charge.operator.merchant.name}, {charge.day.isoformat()}"


def reference_of(charge: Charge) -> str:
    """What the charge is for: the day, or one journey of it."""
    day = charge.day.isoformat()
    return day if charge.journey_id is None else f"{day}/{charge.journey_id}"


def as_request(charge: Charge) -> Pain013:
    """The pain.013 to the rider's bank, whose key has signed the credential."""
    payer_bank = bank_of(charge.bank_number)
    if payer_bank is None:
        raise RuntimeError(f"no bank has the number {charge.bank_number}")
    asked = as_asked(charge)
    return Pain013(
        request_id=charge.id,
        payee_bank=asked.operator_bank,
        payer_bank=payer_bank,
        payee_wallet=asked.payee_wallet,
        payer_wallet=None,
        payment_code=None,
        mandate=charge.credential_id,
        amount=charge.amount,
        currency=CURRENCY,
        memo=asked.memo,
        order_reference=asked.reference,
        terminal=None,
        created_at=charge.created_at,
        expires_at=now() + EXPIRES_IN,
    )


def take_back(charges: Sequence[Charge]) -> None:
    """What was refused, and is owed at the rider's bank, is not asked for any more."""
    mandates.withdraw([charge.id for charge in charges if is_own(charge)])
    for charge in charges:
        if not is_own(charge):
            interbank.answer(as_request(charge), status="CANC")
