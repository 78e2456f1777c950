"""A small API of the shape that every institution's has, to test the base that they share."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.models import RateCounter
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.parsing import read_body
from cbdc.api.schema import Amount, Currency, Memo, Schema, WalletId
from cbdc.api.views import ApiView
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem

PAYMENT = Schema(
    {"payee_wallet": WalletId(), "amount": Amount(), "currency": Currency(), "memo": Memo()},
    read_only=("status",),
)
STRANGE_ERRORS = {
    "crash": RuntimeError("secret of the stack"),
    "database": OperationalError("secret of the database"),
    "forbidden": PermissionDenied(),
}


def effects() -> int:
    """How many payments took effect."""
    return RateCounter.objects.filter(scope="effect").count()


def take_effect() -> int:
    """The stand-in for money that moves; the answer is how many there are now."""
    number = effects() + 1
    RateCounter.objects.create(
        scope="effect", key=str(number), starts_s=0, count=1, expires_at=now()
    )
    return number


class Payments(ApiView):
    """The amount picks what happens: 404, 422, 429, 503, 500 refuse after the effect."""

    @documented("Pay", answer={"type": "object"}, status=201, body=PAYMENT, key=True)
    def post(self, request: Request) -> HttpResponse:
        caller = request.headers.get("X-Test-Caller", "alice")
        return idempotent(request, caller=caller, action=self.pay, settle=self.settle)

    def pay(self) -> Answer:
        values = self.json(PAYMENT)
        number = take_effect()
        refusals = {
            401: ErrorCode.TOKEN_EXPIRED,
            404: ErrorCode.NOT_FOUND,
            422: ErrorCode.INSUFFICIENT_FUNDS,
            429: ErrorCode.RATE_LIMITED,
            503: ErrorCode.INSTITUTION_UNAVAILABLE,
        }
        if values["amount"] in refusals:
            raise Problem(refusals[values["amount"]])
        if values["amount"] == 500:
            raise RuntimeError("secret of the stack")
        if values["amount"] == 504:
            return Answer.of(Problem(ErrorCode.INSTITUTION_UNAVAILABLE))
        if values["amount"] == 423:
            return Answer.of(Problem(ErrorCode.OTP_WRONG))
        return Answer(201, {"number": number, "memo": values["memo"], "status": "pending"})

    def settle(self, answer: Answer, wait_s: int) -> Answer:
        return Answer(answer.status, {**answer.body, "status": "completed", "waited": wait_s})


class Numbers(ApiView):
    """The numbers 1 to 10, as a list."""

    def get(self, request: Request) -> HttpResponse:
        page = read_page(request)
        after = int(page.after or 0)
        rows = [number for number in range(1, 11) if number > after][: page.fetch]
        return render(page_answer(page, rows, position=lambda n: n, encode=lambda n: {"number": n}))


class Statement(ApiView):
    produces = "text/csv"

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse("a,b\n", content_type="text/csv")


class Strange(ApiView):
    def get(self, request: Request, kind: str) -> HttpResponse:
        raise STRANGE_ERRORS[kind]


@csrf_exempt
def interbank(request: HttpRequest) -> HttpResponseBase:
    """A plain Django view: answers how long the body is, or refuses it."""
    if request.method != "POST":
        raise Problem(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
    return render(Answer(200, {"length": len(read_body(request))}))


def plain_page(request: HttpRequest, **_: Any) -> HttpResponse:
    return HttpResponse("<h1>gone</h1>", status=410)


urlpatterns = [
    path("", include("cbdc.api.urls")),
    path("api/v1/payments", Payments.as_view()),
    path("api/v1/numbers", Numbers.as_view()),
    path("api/v1/others", Numbers.as_view()),
    path("api/v1/statement", Statement.as_view()),
    path("api/v1/strange/<str:kind>", Strange.as_view()),
    path("api/v1/plain", plain_page),
    path("page", plain_page),
    path("interbank/v1/messages", interbank),
]
