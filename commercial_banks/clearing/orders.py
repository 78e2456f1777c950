"""The order of an outgoing payment or return, as it goes to the central bank."""

from uuid import UUID

from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, institution_number_of
from cbdc.institution import CENTRAL_BANK_CODE, this_institution
from cbdc.money import CURRENCY
from cbdc.protocol.messages import Order, Pacs004, Pacs008
from commercial_banks.clearing.directory import bank_of
from commercial_banks.clearing.models import InterbankPayment


def bank_of_wallet(wallet: str) -> str:
    """The code of the bank that has a wallet.

    Raises:
        Problem: unknown_payee, when no institution has its number.
    """
    bank = bank_of(institution_number_of(wallet))
    if bank is None or bank == CENTRAL_BANK_CODE:
        raise Problem(ErrorCode.UNKNOWN_PAYEE, "No institution has this wallet.")
    return bank


def order_of(payment: InterbankPayment) -> Order:
    """The pacs.008 or pacs.004 of a payment: the same, however often it is made."""
    payee_bank = bank_of_wallet(payment.payee_wallet)
    if payment.original_id is not None:
        return Pacs004(
            payment_id=payment.payment_id,
            original_payment_id=payment.original_id,
            payer_bank=this_institution().code,
            payee_bank=payee_bank,
            payer_wallet=payment.payer_wallet,
            payee_wallet=payment.payee_wallet,
            amount=payment.amount,
            currency=CURRENCY,
            reason=payment.reason,
            memo=payment.memo,
            order_reference=payment.order_reference or None,
            created_at=payment.created_at,
        )
    return Pacs008(
        payment_id=payment.payment_id,
        payer_bank=this_institution().code,
        payee_bank=payee_bank,
        payer_wallet=payment.payer_wallet,
        payee_wallet=payment.payee_wallet,
        amount=payment.amount,
        currency=CURRENCY,
        memo=payment.memo,
        order_reference=payment.order_reference or None,
        created_at=payment.created_at,
    )


def order_message_id(payment_id: UUID) -> UUID:
    """The id of the message that carries a payment's order for the first time."""
    return derived_id(payment_id, Pacs008.kind)
