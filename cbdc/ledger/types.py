"""The words of the ledger, as values: no Django here. Amounts are fen (minor units)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum, IntFlag, StrEnum
from uuid import UUID

BATCH_MAX = 8192  # transfers in one call
CATEGORIES = (1, 2, 3, 4)  # of wallets, by how well the holder is known


class Ledger(IntEnum):
    """What is counted. Two accounts of one transfer are of one ledger."""

    DIGITAL_CURRENCY = 1
    DEPOSITS = 2
    RESERVES = 3
    CLAIMS = 4  # what riders owe to transit operators: no money, and nobody's balance


class Side(IntEnum):
    """The side that increases an account: its normal side."""

    DEBIT = 1
    CREDIT = 2


class AccountStatus(IntEnum):
    """Only an active account takes new transfers. Closed is final."""

    ACTIVE = 1
    FROZEN = 2
    CLOSED = 3


class AccountCode(IntEnum):
    """What an account is for. An institution's singletons use it as their account id."""

    TOKENS_AT_CENTRAL_BANK = 1
    STOCK = 2
    WALLET = 3
    CLEARING = 4
    TRANSIT_RECEIVABLE = 5
    SUSPENSE = 6
    DEPOSIT = 7
    BANK_FUNDS = 8
    RESERVE = 9
    RESERVE_LIABILITIES = 10
    FEES = 11
    TRANSIT_CLAIMS = 12
    TRANSIT_LOSSES = 13


class TransferCode(IntEnum):
    """Why money moved."""

    TOP_UP = 1
    WITHDRAWAL = 2
    PAYMENT = 3
    INTERBANK_OUT = 4
    INTERBANK_IN = 5
    ISSUE = 6
    REDEEM = 7
    SETTLEMENT = 8
    DEPOSIT = 9
    REFUND = 10
    FEE = 11
    FARE = 12
    RESERVE = 13
    RETURN = 14
    FARE_OWED = 15
    FARE_SETTLED = 16
    FARE_LOST = 17


class TransferFlag(IntFlag):
    """PENDING, POST and VOID exclude one another."""

    LINKED = 1  # succeeds or fails together with the next transfer of the batch
    PENDING = 2  # reserves the amount
    POST = 4  # moves a reserved amount, all (amount 0) or part; the rest is released
    VOID = 8  # releases a reserved amount
    LIMITED = 16  # a payment: counts against, and is held to, the debit account's limits
    UNCAPPED = 32  # money going back: ignores the balance cap of the credit account


class Result(StrEnum):
    """The answer for one transfer, in order of precedence. The list is closed."""

    OK = "ok"
    LINKED_CHAIN_OPEN = "linked_chain_open"
    LINKED_TRANSFER_FAILED = "linked_transfer_failed"
    ID_INVALID = "id_invalid"
    ID_TOO_OLD = "id_too_old"
    FLAGS_INVALID = "flags_invalid"
    EXISTS = "exists"
    EXISTS_WITH_DIFFERENT_FLAGS = "exists_with_different_flags"
    EXISTS_WITH_DIFFERENT_PENDING_ID = "exists_with_different_pending_id"
    EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT = "exists_with_different_debit_account"
    EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT = "exists_with_different_credit_account"
    EXISTS_WITH_DIFFERENT_AMOUNT = "exists_with_different_amount"
    EXISTS_WITH_DIFFERENT_LEDGER = "exists_with_different_ledger"
    EXISTS_WITH_DIFFERENT_CODE = "exists_with_different_code"
    EXISTS_WITH_DIFFERENT_REFERENCE = "exists_with_different_reference"
    EXISTS_WITH_DIFFERENT_EXPIRES_AT = "exists_with_different_expires_at"
    AMOUNT_INVALID = "amount_invalid"
    PENDING_NOT_FOUND = "pending_not_found"
    PENDING_ACCOUNTS_DIFFERENT = "pending_accounts_different"
    PENDING_ALREADY_POSTED = "pending_already_posted"
    PENDING_ALREADY_VOIDED = "pending_already_voided"
    PENDING_EXPIRED = "pending_expired"
    PENDING_AMOUNT_EXCEEDED = "pending_amount_exceeded"
    ACCOUNTS_MUST_BE_DIFFERENT = "accounts_must_be_different"
    ACCOUNT_NOT_FOUND = "account_not_found"
    LEDGER_MISMATCH = "ledger_mismatch"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_CLOSED = "account_closed"
    PAYEE_RESTRICTED = "payee_restricted"
    PAYMENT_LIMIT_EXCEEDED = "payment_limit_exceeded"
    DAILY_LIMIT_EXCEEDED = "daily_limit_exceeded"
    ANNUAL_LIMIT_EXCEEDED = "annual_limit_exceeded"
    BALANCE_LIMIT_EXCEEDED = "balance_limit_exceeded"
    INSUFFICIENT_FUNDS = "insufficient_funds"

    @property
    def recorded(self) -> bool:
        """True if the transfer stands in the ledger, now or since an earlier call."""
        return self in (Result.OK, Result.EXISTS)


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings in fen, of what an account holds and what it pays; None is no limit."""

    balance: int | None = None
    per_payment: int | None = None
    daily: int | None = None
    annual: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account has paid today and this year, China Standard Time, in fen.

    Reservations count from the moment they are made until they are voided.
    """

    daily: int
    annual: int


class Unchanged(Enum):
    """For an argument that may be None, what it is when it is left out."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to open; `overdraft` lets its balance go either side of zero.

    `category` brings the limits of a wallet category, `limits` are its own: the tighter counts.
    What it pays counts at its `parent` too. `payee` is the only account that it may pay.
    Credits to a `hot` account do not wait for one another while it has no balance cap.
    """

    id: int
    ledger: Ledger
    code: AccountCode
    side: Side
    overdraft: bool = False
    category: int | None = None
    parent: int | None = None
    limits: Limits | None = None
    payee: int | None = None
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of `amount` fen from `debit_account` to `credit_account`.

    `id` is a UUIDv7 that the caller makes and keeps: it is the idempotency, for ever.
    `occurred_at` is kept as the moment of recording if it is later than that.
    For POST and VOID, 0 in an account, `ledger`, `code` or `amount` means "as reserved".
    `strict_category` holds a LIMITED transfer to the limits of that category too; it is a
    condition of this call and no part of the content that an id stands for.
    """

    id: UUID
    debit_account: int
    credit_account: int
    amount: int
    ledger: int
    code: int
    reference: UUID
    occurred_at: datetime
    flags: int = 0
    pending_id: UUID | None = None
    expires_at: datetime | None = None
    strict_category: int | None = None
