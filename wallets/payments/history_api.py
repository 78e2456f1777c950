"""The holder's calls that look back: transactions, statement, export."""

from datetime import UTC, date, datetime, timedelta

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.api.schema import refuse
from cbdc.api.views import ApiView
from cbdc.clock import china_midnight, now, parse_rfc3339
from cbdc.errors import ErrorCode, FieldError
from wallets import schemas
from wallets.accounts.authentication import authenticate
from wallets.accounts.selectors import own_wallet
from wallets.payments.export import export
from wallets.payments.selectors import KINDS, transactions
from wallets.payments.statement import statement

E = ErrorCode
PERIOD = {
    "from": "RFC 3339, or a date in China: from its first moment on",
    "to": "RFC 3339, or a date in China: to its end",
}
EXPORTS_PER_HOUR = 60  # of one holder
STATEMENTS_PER_HOUR = 600


class TransactionsView(ApiView):
    """GET /wallets/{wallet_id}/transactions."""

    @documented(
        "Transactions",
        answer=schemas.listing(schemas.TRANSACTION),
        caller="holder",
        paged=True,
        query={**PERIOD, "kind": f"one of {', '.join(KINDS)}"},
        refuses=[E.NOT_FOUND],
        example=schemas.page_of(schemas.TRANSACTION_EXAMPLE),
    )
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        page = read_page(request)
        kind, (since, until) = asked_kind(request), asked_period(request)
        wallet = own_wallet(caller, wallet_id)
        rows = transactions(
            wallet.wallet_id,
            before=page.after if isinstance(page.after, int) else None,
            limit=page.fetch,
            kind=kind,
            since=since,
            until=until,
        )
        return render(
            page_answer(page, rows, position=lambda row: row[0], encode=lambda row: row[1])
        )


class StatementView(ApiView):
    """GET /wallets/{wallet_id}/statement. Without `from`, since the wallet was opened."""

    produces = "text/csv"

    @documented(
        "Statement",
        answer={"type": "string"},
        produces="text/csv",
        caller="holder",
        query=PERIOD,
        refuses=[E.NOT_FOUND, E.RATE_LIMITED],
    )
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        key = caller_key(request, caller.wallet_id)
        rate_limit("statements", key, STATEMENTS_PER_HOUR, 3600)
        since, until = asked_period(request)
        wallet = own_wallet(caller, wallet_id)
        text = statement(wallet.wallet_id, since=since or wallet.opened_at, until=until or now())
        answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{wallet.wallet_id}.csv"'
        answer["Cache-Control"] = "no-store"
        return answer


class ExportView(ApiView):
    """GET /export: all that the bank has about the caller."""

    @documented(
        "Export",
        answer=schemas.EXPORT,
        caller="holder",
        refuses=[E.RATE_LIMITED],
        example={"exported_at": schemas.A_MOMENT, "wallets": [schemas.WALLET_EXAMPLE]},
    )
    def get(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        rate_limit("exports", caller_key(request, caller.wallet_id), EXPORTS_PER_HOUR, 3600)
        answer = render(Answer(200, export(caller)))
        answer["Content-Disposition"] = 'attachment; filename="export.json"'
        return answer


def asked_kind(request: Request) -> str | None:
    """The kind of transaction to show, or None.

    Raises:
        Problem: validation_failed.
    """
    kind = request.query_params.get("kind")
    if kind is not None and kind not in KINDS:
        raise refuse([FieldError("kind", "invalid", f"one of {', '.join(KINDS)}")])
    return kind


def asked_period(request: Request) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment to show, in UTC, or None.

    Raises:
        Problem: validation_failed.
    """
    since, until = _moment(request, "from"), _moment(request, "to")
    if since is not None and until is not None and since > until:
        raise refuse([FieldError("to", "invalid", "Must not be before `from`.")])
    return since, until


def _moment(request: Request, name: str) -> datetime | None:
    """A time of RFC 3339, or a day in China: its first moment for `from`, its end for `to`."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if len(text) != len("2026-01-31"):
            return parse_rfc3339(text)
        day = date.fromisoformat(text) + timedelta(days=1 if name == "to" else 0)
        return china_midnight(day).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise refuse([FieldError(name, "invalid", "a time of RFC 3339, or a date")]) from error
