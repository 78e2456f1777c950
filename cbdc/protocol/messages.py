"""The interbank messages, by their ISO 20022 names. Amounts are fen, times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from cbdc.protocol.fields import (
    Amount,
    BankCode,
    Count,
    Currency,
    DayText,
    Detail,
    Direction,
    ErrorText,
    FreezeAction,
    FreezeStatus,
    GrossAmount,
    HashText,
    KeyId,
    Memo,
    NetAmount,
    Ordinal,
    PaymentCode,
    PaymentStatus,
    ReasonCode,
    RecallStatus,
    Reference,
    RequestStatus,
    SealedText,
    SignatureText,
    TokenOperation,
    TokenWire,
    WalletId,
)


class Message:
    """What one institution tells another; `kind` names it on the wire."""

    __slots__ = ()
    kind: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Pacs008(Message):
    """Credit transfer: payer's bank → central bank → payee's bank."""

    kind: ClassVar[str] = "pacs.008"
    payment_id: UUID
    payer_bank: BankCode
    payee_bank: BankCode
    payer_wallet: WalletId
    payee_wallet: WalletId
    amount: Amount
    currency: Currency
    memo: Memo
    order_reference: Reference | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Pacs004(Message):
    """Return of a payment or a part of it: a payment back, `original_payment_id` says of which.

    Payer and payee are those of the return: the payer is who was paid. It takes the way of a
    pacs.008 and has a status of its own.
    """

    kind: ClassVar[str] = "pacs.004"
    payment_id: UUID
    original_payment_id: UUID
    payer_bank: BankCode
    payee_bank: BankCode
    payer_wallet: WalletId
    payee_wallet: WalletId
    amount: Amount
    currency: Currency
    reason: ReasonCode
    memo: Memo
    order_reference: Reference | None
    created_at: datetime


Order = Pacs008 | Pacs004  # what moves money from a wallet of one bank to one of another


@dataclass(frozen=True, slots=True)
class Pacs002(Message):
    """Status of a payment: ACSC completed, RJCT rejected, PDNG not decided or not known.

    When it is rejected, `reason` is an ISO 20022 code (`AC04`), `code` and `detail` are of the
    error registry. A PDNG with the reason AM04 says that the central bank holds the payment
    until its bank has raised its guarantee.
    """

    kind: ClassVar[str] = "pacs.002"
    payment_id: UUID
    status: PaymentStatus
    reason: ReasonCode | None
    code: ErrorText | None
    detail: Detail | None


@dataclass(frozen=True, slots=True)
class Pacs028(Message):
    """Question for the status of a payment; the answer is a pacs.002."""

    kind: ClassVar[str] = "pacs.028"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class Camt056(Message):
    """Recall of a payment: rejected, unless it was credited. The answer is a camt.029.

    The central bank recalls from the payee's bank what was not answered in time; the payer's
    bank recalls from the central bank what it cannot cover.
    """

    kind: ClassVar[str] = "camt.056"
    payment_id: UUID
    reason: ReasonCode
    detail: Detail


@dataclass(frozen=True, slots=True)
class Camt029(Message):
    """Answer to a recall: CNCL it is cancelled and stays so, RJCR it is credited, PDCR not known.

    `reason` says why it is not cancelled.
    """

    kind: ClassVar[str] = "camt.029"
    payment_id: UUID
    status: RecallStatus
    reason: ReasonCode | None


@dataclass(frozen=True, slots=True)
class Pain013(Message):
    """Request to pay: payee's bank → central bank → payer's bank; answered by a pain.014.

    It asks either the holder of `payer_wallet`, who decides in their own time; or a
    `payment_code`, which is charged at once for the order and terminal it names; or a `mandate`
    (the id of a transit credential), charged for the journeys of the day that
    `order_reference` names, as soon as its wallet can pay.
    """

    kind: ClassVar[str] = "pain.013"
    request_id: UUID
    payee_bank: BankCode
    payer_bank: BankCode
    payee_wallet: WalletId
    payer_wallet: WalletId | None
    payment_code: PaymentCode | None
    mandate: UUID | None
    amount: Amount
    currency: Currency
    memo: Memo
    order_reference: Reference | None
    terminal: Reference | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Pain014(Message):
    """Answer to a request to pay, from the payer's bank; or its withdrawal, from the payee's.

    ACSP: the payment `payment_id` was started, and a pacs.008 brings it. RJCT: refused, with a
    code of the error registry. CANC: the payee takes the request back.
    """

    kind: ClassVar[str] = "pain.014"
    request_id: UUID
    payee_bank: BankCode
    payer_bank: BankCode
    status: RequestStatus
    payment_id: UUID | None
    code: ErrorText | None
    detail: Detail | None


@dataclass(frozen=True, slots=True)
class SealedNote(Message):
    """What one bank tells another about a customer, and the central bank passes on unread.

    `sealed` is for the key `key_id` of `to_bank` alone (`cbdc.crypto.notes`): which stations a
    wallet's holder travelled between is nothing that the central bank may know (INV-12).
    """

    kind: ClassVar[str] = "bank.note"
    note_id: UUID
    from_bank: BankCode
    to_bank: BankCode
    key_id: KeyId
    sealed: SealedText


@dataclass(frozen=True, slots=True)
class Pacs009(Message):
    """Advice of a settled cycle: `net` fen came in (or, negative, went out) as tokens.

    `consumed` are ids, `created` signed tokens (`SignedToken.to_wire`), both of this bank.
    """

    kind: ClassVar[str] = "pacs.009"
    cycle_id: UUID
    net: NetAmount
    transaction_id: HashText | None
    consumed: tuple[HashText, ...]
    created: tuple[TokenWire, ...]
    payments: Count
    closed_at: datetime
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Camt054(Message):
    """Advice of a payment that settled gross: `amount` fen of tokens came in or went out."""

    kind: ClassVar[str] = "camt.054"
    payment_id: UUID
    direction: Direction
    amount: Amount
    transaction_id: HashText
    consumed: tuple[HashText, ...]
    created: tuple[TokenWire, ...]
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One payment of a cycle as its bank sees it; `direction` is "in" or "out"."""

    payment_id: UUID
    direction: Direction
    amount: Amount


@dataclass(frozen=True, slots=True)
class Camt053(Message):
    """Statement of a bank's payments in a cycle, part `part` of `parts` (from 1).

    `gross_in` and `gross_out` are of the whole cycle, in every part.
    """

    kind: ClassVar[str] = "camt.053"
    cycle_id: UUID
    part: Ordinal
    parts: Ordinal
    entries: tuple[StatementEntry, ...]
    gross_in: GrossAmount
    gross_out: GrossAmount


@dataclass(frozen=True, slots=True)
class TokenIssueRequest(Message):
    """A bank asks for tokens against its reserves."""

    kind: ClassVar[str] = "token.issue"
    request_id: UUID
    amount: Amount


@dataclass(frozen=True, slots=True)
class TokenRedeemRequest(Message):
    """A bank gives tokens back for reserves. `authorisation`: `crypto.tokens.authorise`."""

    kind: ClassVar[str] = "token.redeem"
    request_id: UUID
    amount: Amount
    inputs: tuple[HashText, ...]
    authorisation: SignatureText


@dataclass(frozen=True, slots=True)
class TokenLockRequest(Message):
    """A bank locks tokens as guarantee: a standing mandate to settle with them."""

    kind: ClassVar[str] = "token.lock"
    request_id: UUID
    amount: Amount
    inputs: tuple[HashText, ...]
    authorisation: SignatureText


@dataclass(frozen=True, slots=True)
class TokenUnlockRequest(Message):
    """A bank takes tokens out of its guarantee."""

    kind: ClassVar[str] = "token.unlock"
    request_id: UUID
    amount: Amount
    inputs: tuple[HashText, ...]
    authorisation: SignatureText


@dataclass(frozen=True, slots=True)
class TokenMergeRequest(Message):
    """A bank makes one token of several."""

    kind: ClassVar[str] = "token.merge"
    request_id: UUID
    amount: Amount
    inputs: tuple[HashText, ...]
    authorisation: SignatureText


@dataclass(frozen=True, slots=True)
class TokenSplitRequest(Message):
    """A bank chooses change: tokens of the values `parts`; what is above them is one more."""

    kind: ClassVar[str] = "token.split"
    request_id: UUID
    parts: tuple[Amount, ...]
    inputs: tuple[HashText, ...]
    authorisation: SignatureText


@dataclass(frozen=True, slots=True)
class TokenAdvice(Message):
    """A token request was carried out: these tokens are gone, these (signed) are there."""

    kind: ClassVar[str] = "token.advice"
    request_id: UUID
    operation: TokenOperation
    amount: Amount
    transaction_id: HashText
    consumed: tuple[HashText, ...]
    created: tuple[TokenWire, ...]


@dataclass(frozen=True, slots=True)
class TokenRefusal(Message):
    """A token request was refused, with a code of the error registry."""

    kind: ClassVar[str] = "token.refusal"
    request_id: UUID
    operation: TokenOperation
    code: ErrorText
    detail: Detail


@dataclass(frozen=True, slots=True)
class CategoryLimits:
    """The limits of one wallet category in fen; null is no limit."""

    category: Ordinal
    balance: Amount | None
    per_payment: Amount | None
    daily: Amount | None
    annual: Amount | None


@dataclass(frozen=True, slots=True)
class LimitTable(Message):
    """The central bank publishes wallet limits that hold from `effective_from` on."""

    kind: ClassVar[str] = "supervision.limits"
    version: Ordinal
    effective_from: datetime
    categories: tuple[CategoryLimits, ...]


@dataclass(frozen=True, slots=True)
class FreezeOrder(Message):
    """The central bank orders a bank to freeze a wallet, or to lift that; `reference` says why."""

    kind: ClassVar[str] = "supervision.freeze"
    order_id: UUID
    wallet_id: WalletId
    action: FreezeAction
    reference: Reference


@dataclass(frozen=True, slots=True)
class FreezeReport(Message):
    """A bank answers an order: done, or refused with a code of the error registry."""

    kind: ClassVar[str] = "supervision.freeze.report"
    order_id: UUID
    status: FreezeStatus
    code: ErrorText | None


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How many open wallets of a category a bank has."""

    category: Ordinal
    wallets: Count


@dataclass(frozen=True, slots=True)
class DailyReport(Message):
    """A bank's day (China Standard Time) in figures: no customer is in it (INV-12).

    `circulation` is what its wallets hold, `stock` its own e-CNY, in fen.
    """

    kind: ClassVar[str] = "supervision.report"
    day: DayText
    wallets: tuple[CategoryCount, ...]
    circulation: GrossAmount
    stock: GrossAmount


MESSAGES: tuple[type[Message], ...] = (
    Pacs008,
    Pacs004,
    Pacs002,
    Pacs028,
    Camt056,
    Pain013,
    Pain014,
    SealedNote,
    Camt029,
    Pacs009,
    Camt054,
    Camt053,
    TokenIssueRequest,
    TokenRedeemRequest,
    TokenLockRequest,
    TokenUnlockRequest,
    TokenMergeRequest,
    TokenSplitRequest,
    TokenAdvice,
    TokenRefusal,
    LimitTable,
    FreezeOrder,
    FreezeReport,
    DailyReport,
)
