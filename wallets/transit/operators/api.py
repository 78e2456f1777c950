"""The operator's calls: taps, the deny list, fares, journeys, the day's statement (API.md)."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.parsing import json_object
from cbdc.api.schema import Choice, DateTime, List, Object, Schema, Text, Uuid, refuse
from cbdc.api.views import ApiView
from cbdc.clock import rfc3339
from cbdc.crypto.transit_credential import TEXT_MAX
from cbdc.errors import ErrorCode, FieldError, Problem
from wallets.schemas import listing, page_of
from wallets.transit import schemas
from wallets.transit.domain.parsing import CODE, FARE_TABLE
from wallets.transit.domain.taps import Direction
from wallets.transit.operators import denials
from wallets.transit.operators.callers import authenticate_operator
from wallets.transit.operators.fares import Shown, fares_of, put_fares
from wallets.transit.operators.selectors import journeys_of_day, operator_bodies
from wallets.transit.operators.statement import as_csv
from wallets.transit.operators.taps import TapSeen, take

E = ErrorCode
REFUSED = [E.PERMISSION_DENIED]
TAPS_MAX = 10_000
INTEGER_MAX = 2**53 - 1
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)
A_TAP = {
    "tap_id": schemas.A_JOURNEY,
    "credential": "AQALq83vAZq28Hseczo…",
    "gate_id": "G7",
    "station": "harbour",
    "direction": "entry",
    "tapped_at": "2026-11-30T00:01:02Z",
}
TAP = Schema(
    {
        "tap_id": Uuid(),
        "credential": Text(TEXT_MAX),
        "gate_id": Text(32, pattern=CODE),
        "station": Text(32, pattern=CODE),
        "direction": Choice([direction.value for direction in Direction]),
        "tapped_at": DateTime(),
    }
)
TAPS = Schema({"taps": List(Object(TAP), TAPS_MAX)})


class TapsView(ApiView):
    """POST /transit/taps. Each tap has its own id, so there is no Idempotency-Key."""

    @documented(
        "Upload taps",
        body=TAPS,
        answer=schemas.TAPS,
        caller="merchant",
        refuses=REFUSED,
        send={"taps": [A_TAP]},
        example={"accepted": 1, "duplicates": 0, "rejected": []},
    )
    def post(self, request: Request) -> HttpResponse:
        operator = authenticate_operator(request)
        body = self.json(TAPS)
        taken = take(operator=operator, taps=[TapSeen(**tap) for tap in body["taps"]])
        rejected = [
            {"tap_id": str(one.tap_id), "code": one.code, "detail": one.detail}
            for one in taken.rejected
        ]
        counts = {"accepted": taken.accepted, "duplicates": taken.duplicates}
        return render(Answer(200, {**counts, "rejected": rejected}))


class DenyListView(ApiView):
    """GET /transit/deny-list."""

    @documented(
        "Deny list",
        answer=schemas.DENY_LIST,
        caller="merchant",
        query={"since": "the version that the gate has; 0, or nothing, for the whole list"},
        refuses=REFUSED,
        example={"version": 7, "added": [schemas.A_JOURNEY], "removed": []},
    )
    def get(self, request: Request) -> HttpResponse:
        operator = authenticate_operator(request)
        text = request.query_params.get("since", "0")
        if not _DIGITS.fullmatch(text) or int(text) > INTEGER_MAX:
            raise refuse([FieldError("since", "invalid", "Must be a version: a number from 0.")])
        delta = denials.changes_since(operator, int(text))
        body = {
            "version": delta.version,
            "added": [str(one) for one in delta.added],
            "removed": [str(one) for one in delta.removed],
        }
        return render(Answer(200, body))


class FaresView(ApiView):
    """GET /transit/fares."""

    @documented(
        "Fares",
        answer=listing(schemas.FARES),
        caller="merchant",
        refuses=REFUSED,
        example=page_of(schemas.FARES_EXAMPLE),
    )
    def get(self, request: Request) -> HttpResponse:
        shown = fares_of(authenticate_operator(request))
        body = {"data": [_fares_body(one) for one in shown], "next_cursor": None}
        return render(Answer(200, body))


class FareVersionView(ApiView):
    """PUT /transit/fares/{version}."""

    @documented(
        "Put fares",
        body=FARE_TABLE,
        answer=schemas.FARES,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND, E.INVALID_AMOUNT],
        send=schemas.FARES_SENT,
        example=schemas.FARES_EXAMPLE,
    )
    def put(self, request: Request, version: str) -> HttpResponse:
        operator = authenticate_operator(request)
        if not VERSION.fullmatch(version):
            raise Problem(E.NOT_FOUND)
        put_fares(operator=operator, version=version, body=json_object(request))
        [shown] = [one for one in fares_of(operator) if one.row.version == version]
        return render(Answer(200, _fares_body(shown)))


class OperatorJourneysView(ApiView):
    """GET /transit/journeys?day=."""

    @documented(
        "Journeys of a day",
        answer=listing(schemas.JOURNEY),
        caller="merchant",
        paged=True,
        query={"day": "the transit day, YYYY-MM-DD"},
        refuses=REFUSED,
        example=page_of(schemas.JOURNEY_EXAMPLE),
    )
    def get(self, request: Request) -> HttpResponse:
        operator = authenticate_operator(request)
        page = read_page(request)
        day = _day(request.query_params.get("day"))
        if day is None:
            raise refuse([FieldError("day", "invalid", "Must be a day like 2026-11-30.")])
        after = UUID(page.after) if isinstance(page.after, str) else None
        rows = journeys_of_day(operator, day, after=after, limit=page.fetch)
        return render(
            page_answer(
                page,
                operator_bodies(rows),
                position=lambda body: str(body["journey_id"]),
                encode=lambda body: body,
            )
        )


class TransitStatementView(ApiView):
    """GET /transit/statements/{YYYY-MM-DD}."""

    produces = "text/csv"

    @documented(
        "Transit statement",
        answer={"type": "string"},
        produces="text/csv",
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND],
    )
    def get(self, request: Request, day: str) -> HttpResponseBase:
        operator = authenticate_operator(request)
        chosen = _day(day)
        if chosen is None:
            raise Problem(E.NOT_FOUND)
        answer = StreamingHttpResponse(
            as_csv(operator, chosen), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="transit-{day}.csv"'
        answer["Cache-Control"] = "no-store"
        return answer


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text and len(text) == len("2026-11-30") else None
    except ValueError:
        return None


def _fares_body(shown: Shown) -> dict[str, Any]:
    """The table as it was sent, with its name and how it stands."""
    return {
        "version": shown.row.version,
        "status": shown.status,
        "first_day": shown.first_day.isoformat(),
        "day_starts_at": "04:30",
        **shown.row.body,
        "put_at": rfc3339(shown.row.put_at),
    }
