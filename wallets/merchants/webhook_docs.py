"""What the bank sends to merchants, for the `webhooks` of the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema

from wallets.merchants import events, schemas
from wallets.schemas import A_MOMENT, TIME, JsonSchema, one_of, record

TITLES = {
    events.ORDER_PAID: "An order was paid",
    events.ORDER_CLOSED: "An order was closed, or expired",
    events.REFUND_COMPLETED: "A refund was completed",
    events.REFUND_REJECTED: "A refund was rejected",
}
DESCRIPTION = (
    "Signed as Standard Webhooks say: headers webhook-id, webhook-timestamp, webhook-signature. "
    "May arrive twice, under one webhook-id."
)


def _webhook(event: str) -> OpenApiWebhook:
    of_order = event in (events.ORDER_PAID, events.ORDER_CLOSED)
    data: JsonSchema = schemas.ORDER if of_order else schemas.REFUND
    kind = "".join(word.title() for word in event.split("."))
    body: dict[str, Any] = record(f"{kind}Event", type=one_of(event), timestamp=TIME, data=data)
    return OpenApiWebhook(
        name=event,
        decorator=extend_schema(
            operation_id=event.replace(".", "_"),
            summary=TITLES[event],
            description=f"{DESCRIPTION} `timestamp` is when it happened, such as {A_MOMENT}.",
            request={"application/json": body},
            responses={"2XX": OpenApiResponse(description="It has arrived.")},
        ),
    )


ORDER_PAID = _webhook(events.ORDER_PAID)
ORDER_CLOSED = _webhook(events.ORDER_CLOSED)
REFUND_COMPLETED = _webhook(events.REFUND_COMPLETED)
REFUND_REJECTED = _webhook(events.REFUND_REJECTED)
