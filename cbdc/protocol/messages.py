"""The interbank messages, by their ISO 20022 names. Amounts are fen, times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID


class Message:
    """What one institution tells another; `kind` names it on the wire."""

    __slots__ = ()
    kind: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Pacs008(Message):
    """Credit transfer: payer's bank → central bank → payee's bank."""

    kind: ClassVar[str] = "pacs.008"
    payment_id: UUID
    payer_wallet: str
    payee_wallet: str
    amount: int
    currency: str
    memo: str
    order_reference: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Pacs002(Message):
    """Status of a payment: ACSC completed, RJCT rejected, PDNG not decided or not known.

    `code` and `detail` are of the error registry when it is rejected.
    """

    kind: ClassVar[str] = "pacs.002"
    payment_id: UUID
    status: str
    code: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Pacs028(Message):
    """Question for the status of a payment; the answer is a pacs.002."""

    kind: ClassVar[str] = "pacs.028"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class Camt056(Message):
    """The central bank recalls a payment that was not answered: rejected, unless credited."""

    kind: ClassVar[str] = "camt.056"
    payment_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Pacs009(Message):
    """Advice of a settled cycle: `net` fen came in (or, negative, went out) as tokens."""

    kind: ClassVar[str] = "pacs.009"
    cycle_id: UUID
    net: int
    payments: int
    transaction_id: str | None
    consumed: tuple[str, ...]
    created: tuple[dict[str, Any], ...]
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One payment of a cycle as its bank sees it; `direction` is "in" or "out"."""

    payment_id: UUID
    direction: str
    amount: int


@dataclass(frozen=True, slots=True)
class Camt053(Message):
    """Statement of a bank's payments in a cycle, part `part` of `parts` (from 1)."""

    kind: ClassVar[str] = "camt.053"
    cycle_id: UUID
    part: int
    parts: int
    entries: tuple[StatementEntry, ...]


@dataclass(frozen=True, slots=True)
class TokenIssueRequest(Message):
    """A bank asks for tokens against its reserves."""

    kind: ClassVar[str] = "token.issue"
    request_id: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class TokenRedeemRequest(Message):
    """A bank gives tokens back for reserves. `authorisation`: `crypto.tokens.authorise`."""

    kind: ClassVar[str] = "token.redeem"
    request_id: UUID
    amount: int
    inputs: tuple[str, ...]
    authorisation: str


@dataclass(frozen=True, slots=True)
class TokenLockRequest(Message):
    """A bank locks tokens as guarantee: a standing mandate to settle with them."""

    kind: ClassVar[str] = "token.lock"
    request_id: UUID
    amount: int
    inputs: tuple[str, ...]
    authorisation: str


@dataclass(frozen=True, slots=True)
class TokenUnlockRequest(Message):
    """A bank takes tokens out of its guarantee."""

    kind: ClassVar[str] = "token.unlock"
    request_id: UUID
    amount: int
    inputs: tuple[str, ...]
    authorisation: str


@dataclass(frozen=True, slots=True)
class TokenAdvice(Message):
    """A token request was carried out: these tokens are gone, these (signed) are there."""

    kind: ClassVar[str] = "token.advice"
    request_id: UUID
    transaction_id: str
    consumed: tuple[str, ...]
    created: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TokenRefusal(Message):
    """A token request was refused, with a code of the error registry."""

    kind: ClassVar[str] = "token.refusal"
    request_id: UUID
    code: str
    detail: str
