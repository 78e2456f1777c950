"""GET /merchant/statements/{YYYY-MM-DD}: a day as CSV, or as camt.053 on request."""

from datetime import date

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from cbdc.api.docs import documented
from cbdc.api.schema import refuse
from cbdc.api.views import ApiView
from cbdc.clock import china_today
from cbdc.errors import ErrorCode, FieldError, Problem
from wallets.merchants.api import REFUSED
from wallets.merchants.authentication import authenticate_merchant
from wallets.merchants.camt053 import as_camt053
from wallets.merchants.keys import Scope
from wallets.merchants.statement import as_csv, day_of

E = ErrorCode
CSV, CAMT053 = "csv", "camt.053"


class StatementView(ApiView):
    """A day of the merchant's wallet."""

    produces = "text/csv"
    or_else = ("application/xml",)

    @documented(
        "Merchant statement",
        answer={"type": "string"},
        produces="text/csv",
        caller="merchant",
        query={"format": f"{CSV}, or {CAMT053} for an ISO 20022 document (application/xml)"},
        refuses=[*REFUSED, E.NOT_FOUND],
    )
    def get(self, request: Request, day: str) -> HttpResponseBase:
        caller = authenticate_merchant(request, Scope.STATEMENTS)
        if caller.shop_id is not None:
            raise Problem(E.PERMISSION_DENIED, "A shop's key reads no statement of the firm.")
        form = request.query_params.get("format", CSV)
        if form not in (CSV, CAMT053):
            raise refuse([FieldError("format", "invalid", f"One of {CSV}, {CAMT053}.")])
        chosen = day_of(caller.merchant, _date(day))
        answer: HttpResponseBase
        if form == CAMT053:
            answer = HttpResponse(as_camt053(chosen), content_type="application/xml")
        else:
            answer = StreamingHttpResponse(as_csv(chosen), content_type="text/csv; charset=utf-8")
        extension = "xml" if form == CAMT053 else "csv"
        answer["Content-Disposition"] = f'attachment; filename="{day}.{extension}"'
        answer["Cache-Control"] = "no-store"
        return answer


def _date(text: str) -> date:
    """A day in China that has begun.

    Raises:
        Problem: not_found.
    """
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-01-31") else None
    except ValueError:
        day = None
    if day is None or day > china_today():
        raise Problem(E.NOT_FOUND, "There is no statement of this day.")
    return day
