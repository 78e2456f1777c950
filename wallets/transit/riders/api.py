"""The holder's calls about transit: credentials, journeys, and putting a journey right."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.api.schema import Schema, Text
from cbdc.api.views import ApiView
from cbdc.clock import rfc3339
from cbdc.errors import ErrorCode
from wallets.accounts.api import path_id
from wallets.accounts.authentication import authenticate
from wallets.accounts.selectors import own_wallet
from wallets.payments.api import STATES
from wallets.schemas import listing, page_of
from wallets.transit import schemas
from wallets.transit.domain.parsing import CODE
from wallets.transit.riders import journeys
from wallets.transit.riders.credentials import make_credential

E = ErrorCode
NOTHING = Schema({})
CORRECTION = Schema({"station": Text(32, pattern=CODE)})
CREDENTIALS_PER_HOUR = 600


class CredentialsView(ApiView):
    """POST /wallets/{wallet_id}/transit-credentials."""

    @documented(
        "Make a transit credential",
        body=NOTHING,
        answer=schemas.CREDENTIAL,
        status=201,
        key=True,
        caller="holder",
        refuses=[E.NOT_FOUND, E.RATE_LIMITED, *STATES],
        example=schemas.CREDENTIAL_EXAMPLE,
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        key = caller_key(request, caller.wallet_id)
        rate_limit("credentials", key, CREDENTIALS_PER_HOUR, 3600)

        def action() -> Answer:
            self.optional_json(NOTHING)
            wallet = own_wallet(caller, wallet_id)
            credential_id, text, expires_at = make_credential(
                wallet=wallet, device_id=caller.device_id
            )
            body = {
                "credential_id": str(credential_id),
                "credential": text,
                "expires_at": rfc3339(expires_at),
            }
            return Answer(201, body)

        return idempotent(request, caller=caller.name, action=action)


class JourneysView(ApiView):
    """GET /wallets/{wallet_id}/journeys."""

    @documented(
        "Journeys of a wallet",
        answer=listing(schemas.JOURNEY),
        caller="holder",
        paged=True,
        refuses=[E.NOT_FOUND],
        example=page_of(schemas.JOURNEY_EXAMPLE),
    )
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        page = read_page(request)
        wallet = own_wallet(caller, wallet_id)
        before = _place(page.after) if isinstance(page.after, str) else None
        found = journeys.journeys_of(wallet.wallet_id, before=before, limit=page.fetch)
        return render(
            page_answer(
                page,
                found,
                position=lambda one: f"{one[0].isoformat()} {one[1]['journey_id']}",
                encode=lambda one: one[1],
            )
        )


class CorrectionView(ApiView):
    """POST /wallets/{wallet_id}/journeys/{journey_id}/correction."""

    @documented(
        "Correct a journey",
        body=CORRECTION,
        answer=schemas.JOURNEY,
        status=201,
        key=True,
        caller="holder",
        refuses=[E.NOT_FOUND],
        send={"station": "airport"},
        example={**schemas.JOURNEY_EXAMPLE, "status": "corrected"},
    )
    def post(self, request: Request, wallet_id: str, journey_id: str) -> HttpResponse:
        caller = authenticate(request)

        def action() -> Answer:
            station: str = self.json(CORRECTION)["station"]
            wallet = own_wallet(caller, wallet_id)
            body: dict[str, Any] = journeys.correct(wallet.wallet_id, path_id(journey_id), station)
            return Answer(201, body)

        return idempotent(request, caller=caller.name, action=action)


def _place(cursor: str) -> tuple[datetime, UUID]:
    moment, _, journey_id = cursor.partition(" ")
    return datetime.fromisoformat(moment), UUID(journey_id)
