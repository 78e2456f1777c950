"""The holder's calls that move money, and those that show it moved (API.md)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.parsing import json_object
from cbdc.api.prefer import poll
from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.api.schema import Amount, Currency, DepositAccount, Memo, Schema, WalletId, refuse
from cbdc.api.views import ApiView
from cbdc.clock import CHINA_STANDARD_TIME, now, parse_rfc3339, rfc3339
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import institution_number_of, is_wallet_id, parse_uuid
from commercial_banks.clearing.directory import ensure_known
from wallets import schemas
from wallets.accounts.authentication import (
    authenticate,
    verify_signature,
    verify_signature_if_given,
)
from wallets.accounts.selectors import own_wallet, own_wallets
from wallets.payments import services
from wallets.payments.authorisation import Authorisation
from wallets.payments.codes import make_payment_code
from wallets.payments.models import DepositMovement, Payment, Status
from wallets.payments.scanned import Due, Qr, due
from wallets.payments.selectors import KINDS, payment_body, transactions, visible_payment
from wallets.payments.statement import statement
from wallets.qr import QrError, decode


def _either(values: dict[str, Any]) -> Iterator[FieldError]:
    """A payee and an amount, or a QR code."""
    if values["qr"] is not None:
        if values["payee_wallet"] is not None:
            yield FieldError("payee_wallet", "conflict", "The code names the payee.")
        return
    for name in ("payee_wallet", "amount"):
        if values[name] is None:
            yield FieldError(name, "required", "This field is required.")


PAYMENT = Schema(
    {
        "payer_wallet": WalletId(),
        "payee_wallet": WalletId(required=False),
        "qr": Qr(required=False),
        "amount": Amount(required=False),
        "currency": Currency(),
        "memo": Memo(),
    },
    check=_either,
)
CODE = Schema({"wallet_id": WalletId()})
CODES_PER_MINUTE = 60  # of one holder
MOVEMENT = Schema({"amount": Amount(), "deposit_account": DepositAccount()})


class PaymentsView(ApiView):
    """POST /payments."""

    @documented("Pay", body=PAYMENT, answer=schemas.PAYMENT, status=201, key=True)
    def post(self, request: Request) -> HttpResponse:
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

        def settle(answer: Answer, wait_s: int) -> Answer:
            final = poll(lambda: _final(UUID(answer.body["payment_id"])), wait_s)
            return answer if final is None else Answer(201, payment_body(final))

        return idempotent(
            request, caller=f"holder:{caller.wallet_id}", action=action, settle=settle
        )


class PaymentView(ApiView):
    """GET /payments/{payment_id}."""

    @documented("A payment", answer=schemas.PAYMENT)
    def get(self, request: Request, payment_id: str) -> HttpResponse:
        wallets = {wallet.wallet_id for wallet in own_wallets(authenticate(request))}
        try:
            payment = visible_payment(parse_uuid(payment_id), wallets)
        except ValueError as error:
            raise Problem(ErrorCode.NOT_FOUND) from error
        return render(Answer(200, payment_body(payment)))


class PaymentCodesView(ApiView):
    """POST /payment-codes. It moves no money: the charge does. A signature is kept as evidence."""

    @documented("Make a payment code", body=CODE, answer=schemas.CODE, status=201, key=True)
    def post(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        proof = verify_signature_if_given(request, caller)
        rate_limit("payment_codes", caller_key(request, caller.wallet_id), CODES_PER_MINUTE, 60)

        def action() -> Answer:
            wallet = own_wallet(caller, self.json(CODE)["wallet_id"])
            code, expires_at = make_payment_code(wallet=wallet, caller=caller, proof=proof)
            return Answer(201, {"payment_code": code, "expires_at": rfc3339(expires_at)})

        return idempotent(request, caller=f"holder:{caller.wallet_id}", action=action)


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

        return idempotent(request, caller=f"holder:{caller.wallet_id}", action=action)


class TopUpsView(_MovementsView):
    """POST /wallets/{wallet_id}/top-ups."""

    @documented("Top up", body=MOVEMENT, answer=schemas.MOVEMENT, status=201, key=True)
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        return self._move(request, wallet_id)


class WithdrawalsView(_MovementsView):
    """POST /wallets/{wallet_id}/withdrawals."""

    kind = DepositMovement.Kind.WITHDRAWAL

    @documented("Withdraw", body=MOVEMENT, answer=schemas.MOVEMENT, status=201, key=True)
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        return self._move(request, wallet_id)


class TransactionsView(ApiView):
    """GET /wallets/{wallet_id}/transactions."""

    @documented("Transactions", answer=schemas.listing(schemas.TRANSACTION))
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        wallet = own_wallet(authenticate(request), wallet_id)
        page = read_page(request)
        rows = transactions(
            wallet.wallet_id,
            before=page.after if isinstance(page.after, int) else None,
            limit=page.fetch,
            kind=_kind(request),
            since=_moment(request, "from"),
            until=_moment(request, "to"),
        )
        return render(
            page_answer(page, rows, position=lambda row: row[0], encode=lambda row: row[1])
        )


class StatementView(ApiView):
    """GET /wallets/{wallet_id}/statement. Without `from`, since the wallet was opened."""

    produces = "text/csv"

    @documented("Statement", answer={"type": "string"}, produces="text/csv")
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        wallet = own_wallet(authenticate(request), wallet_id)
        until = _moment(request, "to") or now()
        text = statement(
            wallet.wallet_id, since=_moment(request, "from") or wallet.opened_at, until=until
        )
        answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{wallet.wallet_id}.csv"'
        return answer


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


def _final(payment_id: UUID) -> Payment | None:
    return Payment.objects.filter(id=payment_id).exclude(status=Status.PENDING).first()


def _kind(request: Request) -> str | None:
    kind = request.query_params.get("kind")
    if kind is not None and kind not in KINDS:
        raise refuse([FieldError("kind", "invalid", f"one of {', '.join(KINDS)}")])
    return kind


def _moment(request: Request, name: str) -> datetime | None:
    """A time of RFC 3339, or a day in China: its first moment for `from`, its end for `to`."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if len(text) != len("2026-01-31"):
            return parse_rfc3339(text)
        day = date.fromisoformat(text) + timedelta(days=1 if name == "to" else 0)
        return datetime.combine(day, time.min, CHINA_STANDARD_TIME)
    except (ValueError, OverflowError) as error:
        raise refuse([FieldError(name, "invalid", "a time of RFC 3339, or a date")]) from error
