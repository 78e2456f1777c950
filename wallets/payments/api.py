"""The holder's calls that move money inside and across banks (API.md, "Wallet holder")."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.parsing import json_object
from cbdc.api.prefer import poll
from cbdc.api.quick import was_tried
from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.api.schema import Amount, DepositAccount, Schema, WalletId
from cbdc.api.views import ApiView
from cbdc.clock import rfc3339
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import institution_number_of, is_wallet_id
from commercial_banks.clearing.directory import ensure_known
from wallets import schemas
from wallets.accounts.api import path_id
from wallets.accounts.authentication import (
    authenticate,
    verify_signature,
    verify_signature_if_given,
)
from wallets.accounts.selectors import own_wallet, own_wallets
from wallets.payments import services
from wallets.payments.at_once import plain_payment
from wallets.payments.authorisation import Authorisation
from wallets.payments.bodies import PAYMENT
from wallets.payments.codes import make_payment_code
from wallets.payments.models import DepositMovement, Payment, Status
from wallets.payments.scanned import Due, due
from wallets.payments.selectors import payment_body, visible_payment
from wallets.qr import QrError, decode

E = ErrorCode
# What the engine may refuse a payment for.
LIMITS = [
    E.PAYMENT_LIMIT_EXCEEDED,
    E.DAILY_LIMIT_EXCEEDED,
    E.ANNUAL_LIMIT_EXCEEDED,
    E.BALANCE_LIMIT_EXCEEDED,
]
STATES = [E.WALLET_FROZEN, E.WALLET_CLOSED]
PAYING = [
    E.NOT_FOUND,
    E.UNKNOWN_PAYEE,
    E.SAME_WALLET,
    E.PAYEE_RESTRICTED,
    *STATES,
    *LIMITS,
    E.INSUFFICIENT_FUNDS,
]
CODES_PER_MINUTE = 600  # of one holder


MOVEMENT = Schema({"amount": Amount(), "deposit_account": DepositAccount()})
CODE = Schema({"wallet_id": WalletId()})


class PaymentsView(ApiView):
    """POST /payments."""

    @documented(
        "Pay",
        body=PAYMENT,
        answer=schemas.PAYMENT,
        status=201,
        key=True,
        caller="holder",
        signed=True,
        waits=True,
        refuses=[*PAYING, E.ORDER_NOT_OPEN],
        send={
            "payer_wallet": schemas.A_WALLET,
            "payee_wallet": schemas.ANOTHER_WALLET,
            "amount": 12_34,
            "memo": "tea",
        },
        example=schemas.PAYMENT_EXAMPLE,
    )
    def post(self, request: Request) -> HttpResponse:
        if not was_tried(request) and (paid := plain_payment(request)) is not None:
            return paid
        caller = authenticate(request)
        proof = verify_signature(request, caller)
        _route(request)

        def action() -> Answer:
            body = self.json(PAYMENT)
            wallets = {wallet.wallet_id: wallet for wallet in own_wallets(caller)}
            payer = wallets.get(body["payer_wallet"])
            if payer is None:
                raise Problem(ErrorCode.NOT_FOUND)
            if body["qr"] is None:
                target = Due(body["payee_wallet"], body["amount"])
            else:
                target = due(body["qr"], amount=body["amount"], payer_wallet=payer.wallet_id)
            payee = wallets.get(target.payee_wallet)
            payment = services.pay(
                payer=payer,
                payee_wallet=target.payee_wallet,
                amount=target.amount,
                memo=body["memo"] or target.memo,
                reference=target.reference,
                by=Authorisation.of(caller, proof),
                within_family=payee is not None and payee.family == payer.family,
            )
            return Answer(201, payment_body(payment))

        return idempotent(
            request,
            caller=caller.name,
            action=action,
            settle=settle_payment,
        )


class PaymentView(ApiView):
    """GET /payments/{payment_id}."""

    @documented(
        "A payment",
        answer=schemas.PAYMENT,
        caller="holder",
        refuses=[E.NOT_FOUND],
        example=schemas.PAYMENT_EXAMPLE,
    )
    def get(self, request: Request, payment_id: str) -> HttpResponse:
        wallets = {wallet.wallet_id for wallet in own_wallets(authenticate(request))}
        payment = visible_payment(path_id(payment_id), wallets)
        return render(Answer(200, payment_body(payment)))


class PaymentCodesView(ApiView):
    """POST /payment-codes. It moves no money: the charge does. A signature is kept as evidence."""

    @documented(
        "Make a payment code",
        body=CODE,
        answer=schemas.CODE,
        status=201,
        key=True,
        caller="holder",
        refuses=[
            E.NOT_FOUND,
            E.SIGNATURE_INVALID,
            E.SIGNATURE_EXPIRED,
            E.SIGNATURE_MISSING,
            *STATES,
            E.RATE_LIMITED,
        ],
        send={"wallet_id": schemas.A_WALLET},
        example={"payment_code": "00117250184629301745", "expires_at": schemas.LATER},
    )
    def post(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        proof = verify_signature_if_given(request, caller)
        rate_limit("payment_codes", caller_key(request, caller.wallet_id), CODES_PER_MINUTE, 60)

        def action() -> Answer:
            wallet = own_wallet(caller, self.json(CODE)["wallet_id"])
            code, expires_at = make_payment_code(wallet=wallet, caller=caller, proof=proof)
            return Answer(201, {"payment_code": code, "expires_at": rfc3339(expires_at)})

        return idempotent(request, caller=caller.name, action=action)


class _MovementsView(ApiView):
    """Top-ups and withdrawals differ in direction alone."""

    kind = DepositMovement.Kind.TOP_UP

    def _move(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        proof = verify_signature(request, caller)

        def action() -> Answer:
            body = self.json(MOVEMENT)
            movement = services.move_deposit(
                kind=self.kind,
                wallet=own_wallet(caller, wallet_id),
                number=body["deposit_account"],
                amount=body["amount"],
                by=Authorisation.of(caller, proof),
            )
            return Answer(
                201,
                {
                    "transaction_id": str(movement.id),
                    "status": Status.COMPLETED.value,
                    "amount": movement.amount,
                    "wallet_id": movement.wallet_id,
                    "deposit_account": movement.deposit_account,
                },
            )

        return idempotent(request, caller=caller.name, action=action)


SENT_MOVEMENT = {"amount": 100_00, "deposit_account": schemas.AN_ACCOUNT}


class TopUpsView(_MovementsView):
    """POST /wallets/{wallet_id}/top-ups."""

    @documented(
        "Top up",
        body=MOVEMENT,
        answer=schemas.MOVEMENT,
        status=201,
        key=True,
        caller="holder",
        signed=True,
        refuses=[E.NOT_FOUND, *STATES, E.BALANCE_LIMIT_EXCEEDED, E.INSUFFICIENT_FUNDS],
        send=SENT_MOVEMENT,
        example=schemas.MOVEMENT_EXAMPLE,
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        return self._move(request, wallet_id)


class WithdrawalsView(_MovementsView):
    """POST /wallets/{wallet_id}/withdrawals."""

    kind = DepositMovement.Kind.WITHDRAWAL

    @documented(
        "Withdraw",
        body=MOVEMENT,
        answer=schemas.MOVEMENT,
        status=201,
        key=True,
        caller="holder",
        signed=True,
        refuses=[E.NOT_FOUND, E.PAYEE_RESTRICTED, *STATES, E.INSUFFICIENT_FUNDS],
        send=SENT_MOVEMENT,
        example=schemas.MOVEMENT_EXAMPLE,
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        return self._move(request, wallet_id)


def settle_payment(answer: Answer, wait_s: int) -> Answer:
    """For `Prefer: wait`: the payment as it ended, or the answer as it was."""
    payment_id = UUID(answer.body["payment_id"])
    final = poll(lambda: _final(payment_id), wait_s)
    return answer if final is None else Answer(201, payment_body(final))


def _final(payment_id: UUID) -> Payment | None:
    return Payment.objects.filter(id=payment_id).exclude(status=Status.PENDING).first()


def _route(request: Request) -> None:
    """Learn the payee's institution before the transaction: no HTTP happens inside one."""
    try:
        body = json_object(request)
    except Problem:  # told in its turn, after the Idempotency-Key
        return
    payee: Any = body.get("payee_wallet")
    if isinstance(body.get("qr"), str):
        try:
            payee = decode(body["qr"]).wallet_id
        except QrError:
            return
    if isinstance(payee, str) and is_wallet_id(payee):
        ensure_known(institution_number_of(payee))
