"""The merchant's calls about its webhook endpoints; `wallets.webhooks` delivers."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import read_page, slice_answer
from cbdc.api.schema import Choice, List, Schema, Text, Uuid
from cbdc.api.views import ApiView
from cbdc.clock import rfc3339
from cbdc.errors import ErrorCode, Problem
from wallets.accounts.api import path_id
from wallets.merchants import schemas
from wallets.merchants.api import NOTHING, REFUSED
from wallets.merchants.authentication import authenticate_merchant
from wallets.merchants.events import EVENTS
from wallets.merchants.keys import Scope
from wallets.schemas import AN_ID, listing, page_of
from wallets.webhooks import services
from wallets.webhooks.models import Endpoint
from wallets.webhooks.selectors import endpoint_of, endpoints_of

E = ErrorCode
URL_MAX = 2000
ENDPOINT = Schema(
    {"url": Text(URL_MAX), "events": List(Choice(EVENTS), len(EVENTS), min_length=1)},
    read_only=["id", "endpoint_id", "secret", "status", "created_at"],
)
REDELIVERY = Schema({"event_id": Uuid(required=False)})


def endpoint_body(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint as its merchant sees it, without its secret."""
    return {
        "id": str(endpoint.id),  # as API.md's paths call it
        "endpoint_id": str(endpoint.id),  # as every other object here names its own
        "url": endpoint.url,
        "events": list(endpoint.events),
        "status": endpoint.state,
        "created_at": rfc3339(endpoint.created_at),
    }


class EndpointsView(ApiView):
    """POST and GET /merchant/webhook-endpoints."""

    @documented(
        "Register a webhook endpoint",
        body=ENDPOINT,
        answer=schemas.NEW_ENDPOINT,
        status=201,
        key=True,
        caller="merchant",
        refuses=REFUSED,
        send={"url": "https://shop.example/hooks", "events": ["order.paid"]},
        example=schemas.NEW_ENDPOINT_EXAMPLE,
    )
    def post(self, request: Request) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.WEBHOOKS)
        refusal = self._refusal()

        def action() -> Answer:
            body = self.json(ENDPOINT)
            if refusal is not None:
                raise refusal
            endpoint, secret = services.keep_endpoint(owner_id=caller.merchant.id, **body)
            return Answer(201, {**endpoint_body(endpoint), "secret": secret})

        return idempotent(request, caller=caller.name, action=action)

    def _refusal(self) -> Problem | None:
        """Why nothing is sent there; looked up before the transaction, and told in its turn."""
        try:
            services.check_endpoint(**self.json(ENDPOINT))
        except Problem as problem:
            return problem
        return None

    @documented(
        "Webhook endpoints",
        answer=listing(schemas.ENDPOINT),
        caller="merchant",
        paged=True,
        refuses=REFUSED,
        example=page_of(schemas.ENDPOINT_EXAMPLE),
    )
    def get(self, request: Request) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.WEBHOOKS)
        page = read_page(request)
        rows = list(reversed(endpoints_of(caller.merchant.id)))
        return render(slice_answer(page, rows, encode=endpoint_body))


class EndpointView(ApiView):
    """GET and DELETE /merchant/webhook-endpoints/{endpoint_id}."""

    @documented(
        "A webhook endpoint",
        answer=schemas.ENDPOINT,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND],
        example=schemas.ENDPOINT_EXAMPLE,
    )
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.WEBHOOKS)
        endpoint = endpoint_of(caller.merchant.id, path_id(endpoint_id))
        return render(Answer(200, endpoint_body(endpoint)))

    @documented(
        "Remove a webhook endpoint",
        answer={},
        status=204,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND],
    )
    def delete(self, request: Request, endpoint_id: str) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.WEBHOOKS)
        services.remove_endpoint(owner_id=caller.merchant.id, endpoint_id=path_id(endpoint_id))
        return HttpResponse(status=204)


class RotateView(ApiView):
    """POST /merchant/webhook-endpoints/{endpoint_id}/rotate-secret."""

    @documented(
        "Rotate the secret of a webhook endpoint",
        answer=schemas.NEW_ENDPOINT,
        key=True,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND, E.VALIDATION_FAILED],
        example=schemas.NEW_ENDPOINT_EXAMPLE,
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.WEBHOOKS)

        def action() -> Answer:
            self.optional_json(NOTHING)
            endpoint = endpoint_of(caller.merchant.id, path_id(endpoint_id))
            secret = services.rotate_secret(owner_id=caller.merchant.id, endpoint_id=endpoint.id)
            return Answer(200, {**endpoint_body(endpoint), "secret": secret})

        return idempotent(request, caller=caller.name, action=action)


class RedeliverView(ApiView):
    """POST /merchant/webhook-endpoints/{endpoint_id}/redeliver."""

    @documented(
        "Redeliver to a webhook endpoint",
        body=REDELIVERY,
        answer=schemas.REDELIVERED,
        key=True,
        caller="merchant",
        refuses=[*REFUSED, E.NOT_FOUND],
        send={"event_id": AN_ID},
        example={"redelivered": 1},
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        caller = authenticate_merchant(request, Scope.WEBHOOKS)

        def action() -> Answer:
            body = self.optional_json(REDELIVERY)
            number = services.redeliver(
                owner_id=caller.merchant.id,
                endpoint_id=path_id(endpoint_id),
                event_id=body["event_id"],
            )
            return Answer(200, {"redelivered": number})

        return idempotent(request, caller=caller.name, action=action)
