"""What the client hands out: frozen values of the wire contract. Amounts are fen, times UTC.

A field that an institution adds is ignored; a field that is missing is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cbdc.clock import parse_rfc3339

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Limits of a wallet; None where there is no limit."""

    balance: int | None
    per_payment: int | None
    daily: int | None
    annual: int | None


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet. `balance` is what can be paid; `auto_top_up` the account a shortfall comes from.

    `status` is "active", "frozen" (`frozen_by` "holder" or "bank") or "closed".
    """

    wallet_id: str
    institution: str
    kind: str
    category: int
    parent: str | None
    name: str
    status: str
    balance: int
    currency: str
    limits: Ceilings
    used_daily: int
    used_annual: int
    opened_at: datetime
    closed_at: datetime | None = None
    frozen_by: str | None = None
    auto_top_up: str | None = None

    @classmethod
    def from_wire(cls, wire: Wire) -> "Wallet":
        limits = wire["limits"]
        return cls(
            wallet_id=wire["wallet_id"],
            institution=wire["institution"],
            kind=wire["kind"],
            category=wire["category"],
            parent=wire["parent"],
            name=wire["name"],
            status=wire["status"],
            balance=wire["balance"],
            currency=wire["currency"],
            limits=Ceilings(
                limits["balance"], limits["per_payment"], limits["daily"], limits["annual"]
            ),
            used_daily=wire["used"]["daily"],
            used_annual=wire["used"]["annual"],
            opened_at=parse_rfc3339(wire["opened_at"]),
            closed_at=_moment(wire.get("closed_at")),
            frozen_by=wire.get("frozen_by"),
            auto_top_up=wire.get("auto_top_up"),
        )


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a payment was rejected: a code of the registry and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Payment:
    """`status` is "completed", "pending" or "rejected"."""

    payment_id: str
    status: str
    payer_wallet: str
    payee_wallet: str
    amount: int
    currency: str
    memo: str
    reference: str | None
    rejection: Rejection | None
    created_at: datetime
    completed_at: datetime | None

    @classmethod
    def from_wire(cls, wire: Wire) -> "Payment":
        rejection = wire["rejection"]
        return cls(
            payment_id=wire["payment_id"],
            status=wire["status"],
            payer_wallet=wire["payer_wallet"],
            payee_wallet=wire["payee_wallet"],
            amount=wire["amount"],
            currency=wire["currency"],
            memo=wire["memo"] or "",
            reference=wire["reference"],
            rejection=rejection and Rejection(rejection["code"], rejection["detail"]),
            created_at=parse_rfc3339(wire["created_at"]),
            completed_at=_moment(wire["completed_at"]),
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """A top-up (deposit to e-CNY) or a withdrawal (e-CNY to deposit)."""

    transaction_id: str
    status: str
    amount: int
    wallet_id: str
    deposit_account: str

    @classmethod
    def from_wire(cls, wire: Wire) -> "Exchange":
        return cls(
            transaction_id=wire["transaction_id"],
            status=wire["status"],
            amount=wire["amount"],
            wallet_id=wire["wallet_id"],
            deposit_account=wire["deposit_account"],
        )


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line of a wallet's history. `direction` is "in" or "out"."""

    transaction_id: str
    kind: str
    direction: str
    amount: int
    balance_after: int | None
    counterparty: str | None
    memo: str
    status: str
    occurred_at: datetime

    @classmethod
    def from_wire(cls, wire: Wire) -> "Transaction":
        return cls(
            transaction_id=wire["transaction_id"],
            kind=wire["kind"],
            direction=wire["direction"],
            amount=wire["amount"],
            balance_after=wire["balance_after"],
            counterparty=wire["counterparty"],
            memo=wire["memo"] or "",
            status=wire["status"],
            occurred_at=parse_rfc3339(wire["occurred_at"]),
        )


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """A device as the bank lists it; `limited_until` while it is held to category 4."""

    device_id: str
    name: str
    created_at: datetime
    limited_until: datetime | None
    revoked_at: datetime | None

    @classmethod
    def from_wire(cls, wire: Wire) -> "RegisteredDevice":
        return cls(
            device_id=wire["device_id"],
            name=wire["name"],
            created_at=parse_rfc3339(wire["created_at"]),
            limited_until=_moment(wire["limited_until"]),
            revoked_at=_moment(wire["revoked_at"]),
        )


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """20 digits for a merchant to charge, once, until they expire."""

    payment_code: str
    expires_at: datetime

    @classmethod
    def from_wire(cls, wire: Wire) -> "PaymentCode":
        return cls(wire["payment_code"], parse_rfc3339(wire["expires_at"]))


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One person asks another for money.

    `status` is "open", "paying", "paid", "declined", "cancelled" or "expired".
    """

    request_id: str
    status: str
    payee_wallet: str
    payer_wallet: str
    amount: int
    currency: str
    memo: str
    payment_id: str | None
    created_at: datetime
    expires_at: datetime

    @classmethod
    def from_wire(cls, wire: Wire) -> "PaymentRequest":
        return cls(
            request_id=wire["request_id"],
            status=wire["status"],
            payee_wallet=wire["payee_wallet"],
            payer_wallet=wire["payer_wallet"],
            amount=wire["amount"],
            currency=wire["currency"],
            memo=wire["memo"],
            payment_id=wire["payment_id"],
            created_at=parse_rfc3339(wire["created_at"]),
            expires_at=parse_rfc3339(wire["expires_at"]),
        )


@dataclass(frozen=True, slots=True)
class Supply:
    """`held` by institution code; `locked` of it is the guarantee of payments between banks."""

    currency: str
    issued: int
    redeemed: int
    in_circulation: int
    held: Mapping[str, int]
    locked: Mapping[str, int]
    as_of: datetime

    @property
    def balances(self) -> bool:
        """INV-1 as far as the public sees it."""
        return self.in_circulation == self.issued - self.redeemed == sum(self.held.values())

    @classmethod
    def from_wire(cls, wire: Wire) -> "Supply":
        return cls(
            currency=wire["currency"],
            issued=wire["issued"],
            redeemed=wire["redeemed"],
            in_circulation=wire["in_circulation"],
            held=wire["held"],
            locked=wire.get("locked", {}),
            as_of=parse_rfc3339(wire["as_of"]),
        )


@dataclass(frozen=True, slots=True)
class Cycle:
    """A settlement cycle. `net` by institution code: what it receives (+) or pays (-)."""

    cycle_id: str
    state: str
    opened_at: datetime
    closed_at: datetime | None
    settled_at: datetime | None
    payments: int
    gross: int
    net: Mapping[str, int]

    @classmethod
    def from_wire(cls, wire: Wire) -> "Cycle":
        return cls(
            cycle_id=wire["cycle_id"],
            state=wire["state"],
            opened_at=parse_rfc3339(wire["opened_at"]),
            closed_at=_moment(wire["closed_at"]),
            settled_at=_moment(wire["settled_at"]),
            payments=wire["payments"],
            gross=wire["gross"],
            net=wire["net"],
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_rfc3339(text)
