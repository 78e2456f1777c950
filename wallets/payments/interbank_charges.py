"""A merchant of another bank charges a payment code of this one (pain.013 with a code)."""

from django.db import transaction

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.protocol.messages import Pain013
from commercial_banks.clearing import requests as interbank
from wallets.payments.codes import charge


@interbank.on_asked
def charge_for_another_bank(message: Pain013) -> None:
    """Charge the code for the merchant's order and say so, or why not; a pacs.008 brings it.

    A refusal takes back what the charge did and is an answer, not a failure of the message.
    """
    if message.payment_code is None:
        return
    try:
        with transaction.atomic():
            if message.expires_at <= now():
                raise Problem(ErrorCode.CODE_EXPIRED, "The charge came too late.")
            payment = charge(
                code=message.payment_code,
                payee_wallet=message.payee_wallet,
                amount=message.amount,
                reference=message.order_reference or str(message.request_id),
                terminal=message.terminal or "",
                memo=message.memo,
            )
    except Problem as problem:
        interbank.answer(message, status="RJCT", code=problem.error.code, detail=problem.detail)
        return
    interbank.answer(message, status="ACSP", payment_id=payment.id)
