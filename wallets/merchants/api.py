"""The merchant's calls about orders and charges (API.md, "Merchant")."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.prefer import poll
from cbdc.api.schema import Amount, Currency, Digits, Integer, Schema, Text, WalletId, refuse
from cbdc.api.views import ApiView
from cbdc.errors import ErrorCode, FieldError
from wallets.accounts.api import path_id
from wallets.merchants import orders, schemas
from wallets.merchants.authentication import authenticate_merchant
from wallets.merchants.charges import charge
from wallets.merchants.keys import Scope
from wallets.merchants.machine import PAYING
from wallets.merchants.models import Order
from wallets.merchants.routes import know_bank_of_code
from wallets.merchants.selectors import order_body, own_order, own_order_by_number, own_orders
from wallets.payments.api import LIMITS, STATES
from wallets.payments.codes import CODE_DIGITS
from wallets.schemas import A_WALLET, listing, page_of

E = ErrorCode
EXPIRES_IN_MIN_S, EXPIRES_IN_MAX_S, EXPIRES_IN_DEFAULT_S = 60, 86_400, 7_200
DESCRIPTION_MAX = 140
NUMBER_MAX = 64
TERMINAL_MAX = 25


def merchants_number() -> Text:
    """A number of the merchant's own: 1 to 64 printable characters of ASCII, no spaces."""
    return Text(NUMBER_MAX, pattern=r"[\x21-\x7e]+")


WANTED = {
    "out_trade_no": merchants_number(),
    "amount": Amount(),
    "currency": Currency(),
    "description": Text(DESCRIPTION_MAX, multiline=True),
    "terminal": Text(TERMINAL_MAX, required=False, default=""),
}
READ_ONLY = [name for name in schemas.ORDER["properties"] if name not in WANTED]
ORDER = Schema(
    {
        **WANTED,
        "expires_in": Integer(
            EXPIRES_IN_MIN_S, EXPIRES_IN_MAX_S, required=False, default=EXPIRES_IN_DEFAULT_S
        ),
    },
    read_only=READ_ONLY,
)
CHARGE = Schema({**WANTED, "payment_code": Digits(CODE_DIGITS)}, read_only=READ_ONLY)
STATIC_QR = Schema({"wallet_id": WalletId(required=False)})
NOTHING = Schema({})
SENT = {"out_trade_no": "2026-0001", "amount": 18_00, "description": "flat white"}
REFUSED = [E.PERMISSION_DENIED]


class OrdersView(ApiView):
    """POST and GET /merchant/orders."""

    @documented(
        "Place an order",
        body=ORDER,
        answer=schemas.ORDER,
        status=201,
        key=True,
        caller="merchant",
        refuses=[*REFUSED, E.DUPLICATE_OUT_TRADE_NO, *STATES],
        send=SENT,
        example=schemas.ORDER_EXAMPLE,
    )
    def post(self, request: Request) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.ORDERS)

        def action() -> Answer:
            body = self.json(ORDER)
            order = orders.place(
                caller=caller,
                wanted=_wanted(body),
                expires_in=timedelta(seconds=body["expires_in"]),
            )
            return Answer(201, order_body(order))

        return idempotent(request, caller=caller.name, action=action)

    @documented(
        "Find orders",
        answer={"oneOf": [schemas.ORDER, listing(schemas.ORDER)]},
        caller="merchant",
        paged=True,
        query={
            "out_trade_no": "answers the one order of that number",
            "status": "without out_trade_no: those in this status, newest first",
        },
        refuses=[*REFUSED, E.NOT_FOUND],
        example=page_of(schemas.ORDER_EXAMPLE),
    )
    def get(self, request: Request) -> HttpResponse:
        caller = authenticate_merchant(request)
        number = request.query_params.get("out_trade_no")
        if number is not None:
            return render(Answer(200, order_body(own_order_by_number(caller, number))))
        page = read_page(request)
        rows = own_orders(caller, status=_status(request), before=page.after, limit=page.fetch)
        return render(
            page_answer(page, rows, position=lambda order: str(order.id), encode=order_body)
        )


class OrderView(ApiView):
    """GET /merchant/orders/{order_id}."""

    @documented(
        "An order",
        answer=schemas.ORDER,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND],
        example=schemas.ORDER_EXAMPLE,
    )
    def get(self, request: Request, order_id: str) -> HttpResponse:
        caller = authenticate_merchant(request)
        return render(Answer(200, order_body(own_order(caller, path_id(order_id)))))


class CloseView(ApiView):
    """POST /merchant/orders/{order_id}/close."""

    @documented(
        "Close an order",
        answer=schemas.ORDER,
        key=True,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND, E.ORDER_NOT_OPEN, E.VALIDATION_FAILED],
        example={**schemas.ORDER_EXAMPLE, "status": "closed"},
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.ORDERS)

        def action() -> Answer:
            self.optional_json(NOTHING)
            return Answer(200, order_body(orders.close(caller=caller, order_id=path_id(order_id))))

        return idempotent(request, caller=caller.name, action=action)


class ChargesView(ApiView):
    """POST /merchant/charges."""

    @documented(
        "Charge a payment code",
        body=CHARGE,
        answer=schemas.ORDER,
        status=201,
        key=True,
        caller="merchant",
        waits=True,
        refuses=[
            *REFUSED,
            E.DUPLICATE_OUT_TRADE_NO,
            E.CODE_EXPIRED,
            E.CODE_USED,
            E.SAME_WALLET,
            E.PAYEE_RESTRICTED,
            *STATES,
            *LIMITS,
            E.INSUFFICIENT_FUNDS,
        ],
        send={**SENT, "payment_code": "00117250184629301745"},
        example=schemas.PAID_EXAMPLE,
    )
    def post(self, request: Request) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.CHARGES)
        know_bank_of_code(request)

        def action() -> Answer:
            body = self.json(CHARGE)
            order = charge(caller=caller, wanted=_wanted(body), payment_code=body["payment_code"])
            return Answer(201, order_body(order))

        return idempotent(request, caller=caller.name, action=action, settle=_settle)


class StaticQrView(ApiView):
    """POST /merchant/static-qr."""

    @documented(
        "Make a static QR code",
        body=STATIC_QR,
        answer=schemas.STATIC_QR,
        status=201,
        key=True,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND],
        send={"wallet_id": A_WALLET},
        example={"wallet_id": A_WALLET, "qr": schemas.QR_TEXT},
    )
    def post(self, request: Request) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.ORDERS)

        def action() -> Answer:
            body = self.optional_json(STATIC_QR)
            wallet_id, qr = orders.static_qr(caller=caller, wallet_id=body["wallet_id"])
            return Answer(201, {"wallet_id": wallet_id, "qr": qr})

        return idempotent(request, caller=caller.name, action=action)


def _wanted(body: dict[str, Any]) -> orders.Wanted:
    names = ("out_trade_no", "amount", "description", "terminal")
    return orders.Wanted(**{name: body[name] for name in names})


def _status(request: Request) -> str | None:
    status = request.query_params.get("status")
    if status is not None and status not in Order.Status.values:
        names = ", ".join(Order.Status.values)
        raise refuse([FieldError("status", "invalid_choice", f"Must be one of {names}.")])
    return status


def _settle(answer: Answer, wait_s: int) -> Answer:
    """For `Prefer: wait`: the order as the charge ended, or the answer as it was."""
    if answer.body["status"] != PAYING:
        return answer
    order_id = UUID(answer.body["order_id"])
    final = poll(lambda: Order.objects.filter(id=order_id).exclude(status=PAYING).first(), wait_s)
    return answer if final is None else Answer(201, order_body(final))
