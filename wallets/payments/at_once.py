"""A payment inside the bank in one round trip to the database (sql/pay_at_once.sql)."""

from collections.abc import Mapping
from typing import Any

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from psycopg.errors import DeadlockDetected
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.idempotency import Call
from cbdc.api.parsing import json_object
from cbdc.clock import now
from cbdc.crypto.http_signatures import Verified
from cbdc.errors import Problem
from cbdc.identifiers import derived_id, institution_number_of, new_id
from cbdc.institution import this_institution
from cbdc.prepared import one_row
from wallets.accounts.authentication import Caller, recall, verify_signature
from wallets.notifications.services import ring
from wallets.payments.bodies import PAYMENT
from wallets.payments.models import Payment, Status
from wallets.payments.selectors import payment_body

_PAY = f"SELECT payments_pay_at_once({', '.join(['%s'] * 18)})"


def plain_payment(request: HttpRequest | Request) -> HttpResponse | None:
    """Answer `POST /payments` if there is nothing special to it.

    None: nothing was done; the ordinary way does it, or says why not.
    """
    try:
        caller = recall(request)
        proof = verify_signature(request, caller)
        call = Call.of(request, caller.name)
        body = PAYMENT.parse(json_object(request))
    except Problem:
        return None
    answer = pay_at_once(call, caller, proof, body)
    return None if answer is None else render(answer)


def pay_at_once(
    call: Call, caller: Caller, proof: Verified, body: Mapping[str, Any]
) -> Answer | None:
    """What `services.pay` and the idempotency record come to, if `body` is as plain as most are:
    from the caller's own wallet to another one of this bank, by number.

    `caller` may be out of date (`recall`): the statement looks whether the device is still in use.
    None: nothing was done. It is a special case, or refused, or the key is taken; the ordinary
    way, which is right for every case, says which.
    """
    payer, payee = body["payer_wallet"], body["payee_wallet"]
    if (
        payer != caller.wallet_id
        or payee is None
        or payee == payer
        or institution_number_of(payee) != this_institution().number
        or caller.is_limited
        or connection.in_atomic_block
    ):
        return None
    moment = now()
    payment = Payment(
        id=new_id(),
        payer_wallet=payer,
        payee_wallet=payee,
        amount=body["amount"],
        memo=body["memo"],
        status=Status.COMPLETED,
        device_id=caller.device_id,
        signature_base=proof.signature_base,
        signature=proof.signature,
        created_at=moment,
        completed_at=moment,
    )
    answer = Answer(201, payment_body(payment))
    return answer if _carried_out(call, answer, payment, caller.public_key) else None


def _carried_out(call: Call, answer: Answer, payment: Payment, public_key: str) -> bool:
    values = [
        *(call.caller, call.key, call.fingerprint, call.sealed(answer)),
        *(payment.id, payment.payer_wallet, payment.payee_wallet, payment.amount),
        *(payment.currency, payment.memo, payment.device_id, public_key),
        *(payment.signature_base, payment.signature, payment.created_at),
        *(derived_id(payment.id, "pay"), new_id(), new_id()),
    ]
    try:
        row = one_row(_PAY, values)
    except OperationalError as error:
        if isinstance(error.__cause__, DeadlockDetected):
            return False
        raise
    if row is None or not row[0]:
        return False
    ring()
    return True
