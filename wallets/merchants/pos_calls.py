"""What the cashier page's scripts call: the same services as the REST calls, in yuan.

Each POST carries an Idempotency-Key that the script keeps until it has an answer, so a retry
after a lost one neither orders, charges nor refunds twice.
"""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import segno
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from cbdc.api.answers import Answer, render
from cbdc.api.fields import Field, Refused
from cbdc.api.idempotency import idempotent
from cbdc.api.parsing import json_object
from cbdc.api.schema import Digits, Schema, Text
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from cbdc.money import parse_yuan
from wallets.accounts.api import path_id
from wallets.merchants import orders
from wallets.merchants.api import DESCRIPTION_MAX, NOTHING
from wallets.merchants.authentication import require_scope
from wallets.merchants.charges import charge
from wallets.merchants.keys import Scope
from wallets.merchants.pos_shown import shown_order, shown_refund, shown_refusal
from wallets.merchants.pos_views import PosCall
from wallets.merchants.refunds import refund
from wallets.merchants.routes import know_bank_of_code, know_bank_of_payer
from wallets.merchants.selectors import own_order, own_refund
from wallets.payments.codes import CODE_DIGITS

QR_LIFE = timedelta(minutes=5)
QUIET_ZONE = 4  # modules around a code, as ISO/IEC 18004 asks


class Yuan(Field):
    """An amount as a cashier types it; its value is fen."""

    def parse(self, value: Any) -> int:
        try:
            return parse_yuan(value.strip() if type(value) is str else "")
        except ValueError as error:
            raise Refused(ErrorCode.INVALID_AMOUNT.code, "Must be yuan, like 18.00.") from error

    def openapi(self) -> dict[str, Any]:
        return {"type": "string"}


WANTED = {
    "amount": Yuan(),
    "description": Text(DESCRIPTION_MAX, min_length=0, required=False, default=""),
}
ORDER = Schema(WANTED)
CHARGE = Schema({**WANTED, "payment_code": Digits(CODE_DIGITS)})
REFUND = Schema({"amount": Yuan(), "reason": Text(DESCRIPTION_MAX)})


class ChangingCall(PosCall):
    """A call that changes something, once for each Idempotency-Key."""

    def once(
        self, request: HttpRequest, schema: Schema, verb: Callable[..., dict[str, Any]]
    ) -> HttpResponse:
        """Answer what `verb` makes of the body's fields, or why it was refused."""

        def action() -> Answer:
            try:
                with transaction.atomic():
                    return Answer(200, verb(**schema.parse(json_object(request))))
            except Problem as problem:
                return Answer(problem.error.status, shown_refusal(problem))

        return idempotent(request, caller=self.caller.name, action=action)


class OrdersCall(ChangingCall):
    """POST /pos/calls/orders `{amount, description}`: an order with a QR code."""

    def post(self, request: HttpRequest) -> HttpResponse:
        require_scope(self.caller, Scope.ORDERS)

        def place(**typed: Any) -> dict[str, Any]:
            order = orders.place(caller=self.caller, wanted=_wanted(typed), expires_in=QR_LIFE)
            return shown_order(order)

        return self.once(request, ORDER, place)


class ChargesCall(ChangingCall):
    """POST /pos/calls/charges `{amount, description, payment_code}`."""

    def post(self, request: HttpRequest) -> HttpResponse:
        require_scope(self.caller, Scope.CHARGES)
        know_bank_of_code(request)

        def take(payment_code: str, **typed: Any) -> dict[str, Any]:
            return shown_order(
                charge(caller=self.caller, wanted=_wanted(typed), payment_code=payment_code)
            )

        return self.once(request, CHARGE, take)


class CloseCall(ChangingCall):
    """POST /pos/calls/orders/{order_id}/close."""

    def post(self, request: HttpRequest, order_id: str) -> HttpResponse:
        require_scope(self.caller, Scope.ORDERS)

        def close() -> dict[str, Any]:
            return shown_order(orders.close(caller=self.caller, order_id=path_id(order_id)))

        return self.once(request, NOTHING, close)


class RefundsCall(ChangingCall):
    """POST /pos/calls/orders/{order_id}/refunds `{amount, reason}`."""

    def post(self, request: HttpRequest, order_id: str) -> HttpResponse:
        require_scope(self.caller, Scope.REFUNDS)
        know_bank_of_payer(self.caller, order_id)

        def give_back(**typed: Any) -> dict[str, Any]:
            order = own_order(self.caller, path_id(order_id))
            row = refund(order=order, out_refund_no=_number(), **typed)
            return shown_refund(row)

        return self.once(request, REFUND, give_back)


class OrderCall(PosCall):
    """GET /pos/calls/orders/{order_id}: how it stands, asked for twice a second."""

    def get(self, request: HttpRequest, order_id: str) -> HttpResponse:
        return render(Answer(200, shown_order(own_order(self.caller, path_id(order_id)))))


class RefundCall(PosCall):
    """GET /pos/calls/refunds/{refund_id}: how it stands."""

    def get(self, request: HttpRequest, refund_id: str) -> HttpResponse:
        return render(Answer(200, shown_refund(own_refund(self.caller, path_id(refund_id)))))


class QrCall(PosCall):
    """GET /pos/calls/orders/{order_id}/qr.svg: the code that a payer scans."""

    def get(self, request: HttpRequest, order_id: str) -> HttpResponse:
        order = own_order(self.caller, path_id(order_id))
        if not order.qr:
            raise Problem(ErrorCode.NOT_FOUND)
        drawn = io.BytesIO()
        code = segno.make(order.qr, error="m", micro=False)
        code.save(drawn, kind="svg", border=QUIET_ZONE, omitsize=True, light="#fff")
        return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def _wanted(typed: dict[str, Any]) -> orders.Wanted:
    return orders.Wanted(out_trade_no=_number(), **typed)


def _number() -> str:
    """A number that no other program of the merchant makes."""
    return f"pos-{new_id()}"
