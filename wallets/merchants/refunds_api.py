"""The merchant's calls about refunds."""

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.prefer import poll
from cbdc.api.schema import Amount, Schema, Text
from cbdc.api.views import ApiView
from cbdc.errors import ErrorCode
from cbdc.identifiers import parse_uuid
from wallets.accounts.api import path_id
from wallets.merchants import schemas
from wallets.merchants.api import DESCRIPTION_MAX, REFUSED, merchants_number
from wallets.merchants.authentication import authenticate_merchant
from wallets.merchants.keys import Scope
from wallets.merchants.models import Refund
from wallets.merchants.refunds import refund
from wallets.merchants.routes import know_bank_of_payer
from wallets.merchants.selectors import own_order, own_refund, refund_body
from wallets.payments.api import STATES
from wallets.schemas import listing, page_of

E = ErrorCode
REFUND = Schema(
    {
        "out_refund_no": merchants_number(),
        "amount": Amount(),
        "reason": Text(DESCRIPTION_MAX, multiline=True),
    },
    read_only=["refund_id", "order_id", "status", "rejection", "created_at", "completed_at"],
)


class RefundsView(ApiView):
    """POST and GET /merchant/orders/{order_id}/refunds."""

    @documented(
        "Refund an order",
        body=REFUND,
        answer=schemas.REFUND,
        status=201,
        key=True,
        caller="merchant",
        waits=True,
        refuses=[
            *REFUSED,
            E.NOT_FOUND,
            E.DUPLICATE_OUT_REFUND_NO,
            E.REFUND_EXCEEDS_PAYMENT,
            *STATES,
            E.INSUFFICIENT_FUNDS,
        ],
        send={"out_refund_no": "2026-0001-1", "amount": 5_00, "reason": "cold"},
        example=schemas.REFUND_EXAMPLE,
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.REFUNDS)
        know_bank_of_payer(caller, order_id)

        def action() -> Answer:
            body = self.json(REFUND)
            row = refund(order=own_order(caller, path_id(order_id)), **body)
            return Answer(201, refund_body(row))

        return idempotent(request, caller=caller.name, action=action, settle=_settle)

    @documented(
        "Refunds of an order",
        answer=listing(schemas.REFUND),
        caller="merchant",
        paged=True,
        refuses=[*REFUSED, E.NOT_FOUND],
        example=page_of(schemas.REFUND_EXAMPLE),
    )
    def get(self, request: Request, order_id: str) -> HttpResponse:
        caller = authenticate_merchant(request)
        page = read_page(request)
        rows = Refund.objects.filter(order=own_order(caller, path_id(order_id)))
        if page.after is not None:
            rows = rows.filter(id__gt=str(page.after))
        return render(
            page_answer(
                page,
                rows.order_by("id")[: page.fetch],
                position=lambda row: str(row.id),
                encode=refund_body,
            )
        )


class RefundView(ApiView):
    """GET /merchant/refunds/{refund_id}."""

    @documented(
        "A refund",
        answer=schemas.REFUND,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND],
        example=schemas.REFUND_EXAMPLE,
    )
    def get(self, request: Request, refund_id: str) -> HttpResponse:
        caller = authenticate_merchant(request)
        return render(Answer(200, refund_body(own_refund(caller, path_id(refund_id)))))


def _settle(answer: Answer, wait_s: int) -> Answer:
    """For `Prefer: wait`: the refund as it ended, or the answer as it was."""
    if answer.body["status"] != Refund.Status.PENDING:
        return answer
    rows = Refund.objects.filter(id=parse_uuid(answer.body["refund_id"]))
    final = poll(lambda: rows.exclude(status=Refund.Status.PENDING).first(), wait_s)
    return answer if final is None else Answer(201, refund_body(final))
