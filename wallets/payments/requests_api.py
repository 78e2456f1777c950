"""The holder's calls about payment requests between people."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.parsing import json_object
from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.api.schema import Amount, Currency, Integer, Memo, Schema, WalletId, refuse
from cbdc.api.views import ApiView
from cbdc.clock import now, rfc3339
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import institution_number_of, is_wallet_id
from cbdc.money import CURRENCY
from commercial_banks.clearing.directory import ensure_known
from wallets import schemas
from wallets.accounts.api import path_id
from wallets.accounts.authentication import Caller, authenticate, verify_signature
from wallets.accounts.models import Wallet
from wallets.accounts.selectors import own_wallet, own_wallets
from wallets.payments.api import PAYING, STATES, settle_payment
from wallets.payments.authorisation import Authorisation
from wallets.payments.models import PaymentRequest
from wallets.payments.requests import accept, ask, cancel, decline
from wallets.payments.selectors import payment_body

E = ErrorCode
State = PaymentRequest.State
MINUTE_S, DAY_S = 60, 86_400
REQUEST = Schema(
    {
        "payee_wallet": WalletId(),
        "payer_wallet": WalletId(),
        "amount": Amount(),
        "currency": Currency(),
        "memo": Memo(),
        "expires_in": Integer(MINUTE_S, 30 * DAY_S, required=False, default=DAY_S),
    }
)
EMPTY = Schema({})
ROLES = ("payee", "payer")
REQUESTS_PER_HOUR = 1200  # of one holder


class PaymentRequestsView(ApiView):
    """/payment-requests."""

    @documented(
        "Ask for a payment",
        body=REQUEST,
        answer=schemas.REQUEST,
        status=201,
        key=True,
        caller="holder",
        refuses=[E.NOT_FOUND, E.SAME_WALLET, E.RATE_LIMITED, *STATES],
        send={
            "payee_wallet": schemas.A_WALLET,
            "payer_wallet": schemas.ANOTHER_WALLET,
            "amount": 25_00,
            "memo": "half the dinner",
        },
        example=schemas.REQUEST_EXAMPLE,
    )
    def post(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        rate_limit("requests", caller_key(request, caller.wallet_id), REQUESTS_PER_HOUR, 3600)
        _route(request)

        def action() -> Answer:
            body = self.json(REQUEST)
            made = ask(
                payee=own_wallet(caller, body["payee_wallet"]),
                payer_wallet=body["payer_wallet"],
                amount=body["amount"],
                memo=body["memo"],
                expires_in=timedelta(seconds=body["expires_in"]),
            )
            return Answer(201, request_body(made))

        return idempotent(request, caller=caller.name, action=action)

    @documented(
        "Payment requests",
        answer=schemas.listing(schemas.REQUEST),
        caller="holder",
        paged=True,
        query={"role": "`payer` or `payee`: which side the caller is on"},
        example=schemas.page_of(schemas.REQUEST_EXAMPLE),
    )
    def get(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        page = read_page(request)
        role = request.query_params.get("role")
        if role is not None and role not in ROLES:
            raise refuse([FieldError("role", "invalid", f"one of {', '.join(ROLES)}")])
        rows = _requests_of(caller, *([role] if role else ROLES)).order_by("-id")
        if page.after is not None:
            rows = rows.filter(id__lt=page.after)
        return render(
            page_answer(
                page,
                rows[: page.fetch],
                position=lambda row: str(row.id),
                encode=request_body,
            )
        )


class PaymentRequestView(ApiView):
    """GET /payment-requests/{request_id}."""

    @documented(
        "A payment request",
        answer=schemas.REQUEST,
        caller="holder",
        refuses=[E.NOT_FOUND],
        example=schemas.REQUEST_EXAMPLE,
    )
    def get(self, request: Request, request_id: str) -> HttpResponse:
        found = _one(authenticate(request), request_id, *ROLES)
        return render(Answer(200, request_body(found)))


class AcceptView(ApiView):
    """POST /payment-requests/{request_id}/accept: pay what was asked for."""

    @documented(
        "Accept a payment request",
        body=EMPTY,
        answer=schemas.PAYMENT,
        status=201,
        key=True,
        caller="holder",
        signed=True,
        waits=True,
        refuses=[*PAYING, E.ORDER_NOT_OPEN],
        example=schemas.PAYMENT_EXAMPLE,
    )
    def post(self, request: Request, request_id: str) -> HttpResponse:
        caller = authenticate(request)
        proof = verify_signature(request, caller)

        def action() -> Answer:
            self.optional_json(EMPTY)
            found = _one(caller, request_id, "payer")
            payment = accept(
                request=found,
                payer=Wallet.objects.get(pk=found.payer_wallet),
                by=Authorisation.of(caller, proof),
            )
            return Answer(201, payment_body(payment))

        return idempotent(request, caller=caller.name, action=action, settle=settle_payment)


class DeclineView(ApiView):
    """POST /payment-requests/{request_id}/decline, by the one who is asked."""

    @documented(
        "Decline a payment request",
        body=EMPTY,
        answer=schemas.REQUEST,
        caller="holder",
        refuses=[E.NOT_FOUND, E.ORDER_NOT_OPEN],
        example={**schemas.REQUEST_EXAMPLE, "status": "declined"},
    )
    def post(self, request: Request, request_id: str) -> HttpResponse:
        caller = authenticate(request)
        self.optional_json(EMPTY)
        with transaction.atomic():
            ended = decline(request=_one(caller, request_id, "payer"))
        return render(Answer(200, request_body(ended)))


class CancelView(ApiView):
    """POST /payment-requests/{request_id}/cancel, by the one who asked."""

    @documented(
        "Cancel a payment request",
        body=EMPTY,
        answer=schemas.REQUEST,
        caller="holder",
        refuses=[E.NOT_FOUND, E.ORDER_NOT_OPEN],
        example={**schemas.REQUEST_EXAMPLE, "status": "cancelled"},
    )
    def post(self, request: Request, request_id: str) -> HttpResponse:
        caller = authenticate(request)
        self.optional_json(EMPTY)
        with transaction.atomic():
            ended = cancel(request=_one(caller, request_id, "payee"))
        return render(Answer(200, request_body(ended)))


def request_body(row: PaymentRequest) -> dict[str, Any]:
    """The request object of the API; an open one whose time is over is expired."""
    over = row.state == State.OPEN and row.expires_at <= now()
    return {
        "request_id": str(row.id),
        "status": State.EXPIRED.value if over else row.state,
        "payee_wallet": row.payee_wallet,
        "payer_wallet": row.payer_wallet,
        "amount": row.amount,
        "currency": CURRENCY,
        "memo": row.memo,
        "payment_id": str(row.payment_id) if row.payment_id else None,
        "created_at": rfc3339(row.created_at),
        "expires_at": rfc3339(row.expires_at),
    }


def _requests_of(caller: Caller, *roles: str) -> Any:
    mine = [wallet.wallet_id for wallet in own_wallets(caller)]
    either = Q()
    for role in roles:
        either |= Q(**{f"{role}_wallet__in": mine})
    return PaymentRequest.objects.filter(either)


def _one(caller: Caller, request_id: str, *roles: str) -> PaymentRequest:
    found: PaymentRequest | None = (
        _requests_of(caller, *roles).filter(id=path_id(request_id)).first()
    )
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return found


def _route(request: Request) -> None:
    """Learn the payer's institution before the transaction: no HTTP happens inside one."""
    try:
        payer: Any = json_object(request).get("payer_wallet")
    except Problem:  # told in its turn, after the Idempotency-Key
        return
    if isinstance(payer, str) and is_wallet_id(payer):
        ensure_known(institution_number_of(payer))
