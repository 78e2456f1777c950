"""What the merchant's client hands out: frozen values of the wire contract. Amounts are fen."""

from dataclasses import dataclass
from datetime import datetime

from cbdc.client.models import Rejection, Wire
from cbdc.clock import parse_rfc3339


@dataclass(frozen=True, slots=True)
class Order:
    """`status` is "open", "paying", "paid", "closed" or "expired"; a charge has no `qr`."""

    order_id: str
    out_trade_no: str
    status: str
    amount: int
    currency: str
    refunded: int
    description: str
    qr: str | None
    payment_id: str | None
    rejection: Rejection | None
    paid_at: datetime | None
    expires_at: datetime

    @classmethod
    def from_wire(cls, wire: Wire) -> "Order":
        return cls(
            order_id=wire["order_id"],
            out_trade_no=wire["out_trade_no"],
            status=wire["status"],
            amount=wire["amount"],
            currency=wire["currency"],
            refunded=wire["refunded"],
            description=wire["description"],
            qr=wire["qr"],
            payment_id=wire["payment_id"],
            rejection=_rejection(wire),
            paid_at=parse_rfc3339(wire["paid_at"]) if wire["paid_at"] else None,
            expires_at=parse_rfc3339(wire["expires_at"]),
        )


@dataclass(frozen=True, slots=True)
class Refund:
    """`status` is "completed", "pending" or "rejected"."""

    refund_id: str
    order_id: str
    out_refund_no: str
    amount: int
    status: str
    rejection: Rejection | None

    @classmethod
    def from_wire(cls, wire: Wire) -> "Refund":
        return cls(
            refund_id=wire["refund_id"],
            order_id=wire["order_id"],
            out_refund_no=wire["out_refund_no"],
            amount=wire["amount"],
            status=wire["status"],
            rejection=_rejection(wire),
        )


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """`secret` is there only when it was just made: it is shown once."""

    endpoint_id: str
    url: str
    events: tuple[str, ...]
    status: str
    secret: str | None = None

    @classmethod
    def from_wire(cls, wire: Wire) -> "WebhookEndpoint":
        return cls(
            endpoint_id=wire["endpoint_id"],
            url=wire["url"],
            events=tuple(wire["events"]),
            status=wire["status"],
            secret=wire.get("secret"),
        )


def _rejection(wire: Wire) -> Rejection | None:
    rejection = wire.get("rejection")
    return Rejection(rejection["code"], rejection["detail"]) if rejection else None
