"""The ledger's rules in plain Python, one transfer after the other: what the engine must equal.

Written from docs/reference/ledger.md and not from the engine. It knows one day: the test stops
comparing when midnight (China Standard Time) passes.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from uuid import UUID

from cbdc.ledger.types import (
    AccountStatus,
    Limits,
    NewAccount,
    Result,
    Side,
    Transfer,
    TransferFlag,
)

AMOUNT_MAX = 10**15
NO_LIMITS = Limits()
_KINDS = TransferFlag.PENDING | TransferFlag.POST | TransferFlag.VOID


@dataclass
class Account:
    """An account and what it holds. Amounts are fen."""

    opened: NewAccount
    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0
    counted: int = 0  # today and this year: the model has one day
    status: AccountStatus = AccountStatus.ACTIVE
    lines: list[tuple[UUID, int]] = field(default_factory=list)  # transfer, available after

    @property
    def available(self) -> int:
        if self.opened.side is Side.CREDIT:
            return self.credits_posted - self.debits_posted - self.debits_pending
        return self.debits_posted - self.credits_posted - self.credits_pending


@dataclass
class Reservation:
    """A pending transfer and what became of it."""

    transfer: Transfer
    state: str = "open"


class RefusedError(Exception):
    """A transfer that does not happen."""

    def __init__(self, result: Result) -> None:
        super().__init__(result)
        self.result = result


class Ledger:
    """Accounts, categories' limits and every transfer that happened."""

    def __init__(self, categories: dict[int, Limits]) -> None:
        self.categories = categories
        self.accounts: dict[int, Account] = {}
        self.recorded: dict[UUID, Transfer] = {}
        self.reservations: dict[UUID, Reservation] = {}

    def open(self, account: NewAccount) -> None:
        self.accounts[account.id] = Account(account)

    def create(self, batch: list[Transfer]) -> list[Result]:
        """Decide a batch in order."""
        results: list[Result] = []
        chain: list[Transfer] = []
        for transfer in batch:
            chain.append(transfer)
            if not transfer.flags & TransferFlag.LINKED:
                results += self._chain(chain)
                chain = []
        return results + [Result.LINKED_CHAIN_OPEN] * len(chain)

    def _chain(self, chain: list[Transfer]) -> list[Result]:
        kept = self._copy() if len(chain) > 1 else None
        results: list[Result] = []
        for transfer in chain:
            result = self._one(transfer)
            if not result.recorded and kept is not None:
                self._restore(kept)
                broken = [Result.LINKED_TRANSFER_FAILED] * len(chain)
                broken[len(results)] = result
                return broken
            results.append(result)
        return results

    def _copy(self) -> tuple[dict[int, Account], dict[UUID, Transfer], dict[UUID, Reservation]]:
        return deepcopy(self.accounts), dict(self.recorded), deepcopy(self.reservations)

    def _restore(
        self, kept: tuple[dict[int, Account], dict[UUID, Transfer], dict[UUID, Reservation]]
    ) -> None:
        self.accounts, self.recorded, self.reservations = kept

    def _one(self, given: Transfer) -> Result:
        try:
            self._decide(given)
        except RefusedError as refused:
            return refused.result
        return Result.OK

    def _decide(self, given: Transfer) -> None:
        flags = given.flags & ~TransferFlag.LINKED
        resolves = bool(flags & (TransferFlag.POST | TransferFlag.VOID))
        require(not flags_invalid(given, flags), Result.FLAGS_INVALID)
        new, reserved = given, None
        if resolves:
            assert given.pending_id is not None
            reserved = self.reservations.get(given.pending_id)
            require(reserved is not None, Result.PENDING_NOT_FOUND)
            assert reserved is not None
            new = filled(given, reserved.transfer)
        if given.id in self.recorded:
            raise RefusedError(compare(self.recorded[given.id], new))
        require(1 <= new.amount <= AMOUNT_MAX, Result.AMOUNT_INVALID)
        if reserved is not None:
            require_resolvable(new, reserved)
        require(new.debit_account != new.credit_account, Result.ACCOUNTS_MUST_BE_DIFFERENT)
        payer = self.accounts.get(new.debit_account)
        payee = self.accounts.get(new.credit_account)
        if payer is None or payee is None:
            raise RefusedError(Result.ACCOUNT_NOT_FOUND)
        require(payer.opened.ledger == payee.opened.ledger == new.ledger, Result.LEDGER_MISMATCH)
        if reserved is None:
            self._check_accounts(payer, payee, new)
            self._check_limits(payer, new)
        self._check_and_move(payer, payee, new, reserved)
        self.recorded[new.id] = new

    def _check_accounts(self, payer: Account, payee: Account, new: Transfer) -> None:
        for status, result in (
            (AccountStatus.FROZEN, Result.ACCOUNT_FROZEN),
            (AccountStatus.CLOSED, Result.ACCOUNT_CLOSED),
        ):
            require(status not in (payer.status, payee.status), result)
        require(payer.opened.payee in (None, new.credit_account), Result.PAYEE_RESTRICTED)

    def _check_limits(self, payer: Account, new: Transfer) -> None:
        if not new.flags & TransferFlag.LIMITED:
            return
        own = [self._limits(payer), self.categories.get(new.strict_category or 0, NO_LIMITS)]
        breaches = breaches_of(new.amount, payer.counted + new.amount, own)
        if payer.opened.parent is not None:
            parent = self.accounts[payer.opened.parent]
            breaches += breaches_of(new.amount, parent.counted + new.amount, [self._limits(parent)])
        order = list(Result)
        if breaches:
            raise RefusedError(min(breaches, key=order.index))

    def _limits(self, account: Account) -> Limits:
        own = account.opened.limits or NO_LIMITS
        category = self.categories.get(account.opened.category or 0, NO_LIMITS)
        return Limits(
            *(
                tighter(getattr(own, name), getattr(category, name))
                for name in ("balance", "per_payment", "daily", "annual")
            )
        )

    def _check_and_move(
        self, payer: Account, payee: Account, new: Transfer, reserved: Reservation | None
    ) -> None:
        before = (payer.debits_posted, payer.debits_pending)
        before_payee = (payee.credits_posted, payee.credits_pending)
        released = reserved.transfer.amount if reserved else 0
        held = new.amount if new.flags & TransferFlag.PENDING else 0
        moved = 0 if new.flags & (TransferFlag.PENDING | TransferFlag.VOID) else new.amount
        payer.debits_posted += moved
        payer.debits_pending += held - released
        payee.credits_posted += moved
        payee.credits_pending += held - released
        cap = self._limits(payee).balance
        holds = payee.credits_posted + payee.credits_pending - payee.debits_posted
        refused = None
        if (
            reserved is None
            and not new.flags & TransferFlag.UNCAPPED
            and cap is not None
            and holds > cap
        ):
            refused = Result.BALANCE_LIMIT_EXCEEDED
        elif short(payer, Side.CREDIT) or short(payee, Side.DEBIT):
            refused = Result.INSUFFICIENT_FUNDS
        if refused is not None:
            payer.debits_posted, payer.debits_pending = before
            payee.credits_posted, payee.credits_pending = before_payee
            raise RefusedError(refused)
        self._count(payer, new, reserved)
        payer.lines.append((new.id, payer.available))
        payee.lines.append((new.id, payee.available))
        if reserved is not None:
            reserved.state = "posted" if new.flags & TransferFlag.POST else "voided"
        elif new.flags & TransferFlag.PENDING:
            self.reservations[new.id] = Reservation(new)

    def _count(self, payer: Account, new: Transfer, reserved: Reservation | None) -> None:
        counted = 0
        if new.flags & TransferFlag.LIMITED:
            counted = new.amount
        elif reserved is not None and reserved.transfer.flags & TransferFlag.LIMITED:
            kept = new.amount if new.flags & TransferFlag.POST else 0
            counted = kept - reserved.transfer.amount
        payer.counted += counted
        if payer.opened.parent is not None:
            self.accounts[payer.opened.parent].counted += counted


def require(holds: bool, otherwise: Result) -> None:
    if not holds:
        raise RefusedError(otherwise)


def flags_invalid(given: Transfer, flags: int) -> bool:
    kind = flags & _KINDS
    resolves = bool(kind & (TransferFlag.POST | TransferFlag.VOID))
    return (
        kind not in (0, TransferFlag.PENDING, TransferFlag.POST, TransferFlag.VOID)
        or not 0 <= flags <= 63
        or resolves != (given.pending_id is not None)
        or (resolves and bool(flags & (TransferFlag.LIMITED | TransferFlag.UNCAPPED)))
        or (given.expires_at is not None and not kind & TransferFlag.PENDING)
        or given.strict_category not in (None, 1, 2, 3, 4)
    )


def filled(given: Transfer, reserved: Transfer) -> Transfer:
    """A post or void takes what it leaves out from its reservation."""
    new = deepcopy(given)
    for name in ("debit_account", "credit_account", "amount", "ledger", "code"):
        object.__setattr__(new, name, getattr(given, name) or getattr(reserved, name))
    return new


def require_resolvable(new: Transfer, reserved: Reservation) -> None:
    old = reserved.transfer
    same: Callable[[str], bool] = lambda name: getattr(new, name) == getattr(old, name)  # noqa: E731
    require(
        all(map(same, ("debit_account", "credit_account", "ledger", "code"))),
        Result.PENDING_ACCOUNTS_DIFFERENT,
    )
    require(reserved.state != "posted", Result.PENDING_ALREADY_POSTED)
    require(reserved.state != "voided", Result.PENDING_ALREADY_VOIDED)
    if new.flags & TransferFlag.POST:
        expired = old.expires_at is not None and old.expires_at <= new.occurred_at
        require(not expired, Result.PENDING_EXPIRED)
    too_much = new.amount > old.amount
    voids_part = bool(new.flags & TransferFlag.VOID) and new.amount != old.amount
    require(not (too_much or voids_part), Result.PENDING_AMOUNT_EXCEEDED)


def compare(old: Transfer, new: Transfer) -> Result:
    kept = ~TransferFlag.LINKED
    for name, result in (
        ("flags", Result.EXISTS_WITH_DIFFERENT_FLAGS),
        ("pending_id", Result.EXISTS_WITH_DIFFERENT_PENDING_ID),
        ("debit_account", Result.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT),
        ("credit_account", Result.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT),
        ("amount", Result.EXISTS_WITH_DIFFERENT_AMOUNT),
        ("ledger", Result.EXISTS_WITH_DIFFERENT_LEDGER),
        ("code", Result.EXISTS_WITH_DIFFERENT_CODE),
        ("reference", Result.EXISTS_WITH_DIFFERENT_REFERENCE),
        ("expires_at", Result.EXISTS_WITH_DIFFERENT_EXPIRES_AT),
    ):
        one, other = getattr(old, name), getattr(new, name)
        if name == "flags":
            one, other = one & kept, other & kept
        if one != other:
            return result
    return Result.EXISTS


def breaches_of(amount: int, counted: int, limits: list[Limits]) -> list[Result]:
    found = []
    for limit in limits:
        if limit.per_payment is not None and amount > limit.per_payment:
            found.append(Result.PAYMENT_LIMIT_EXCEEDED)
        if limit.daily is not None and counted > limit.daily:
            found.append(Result.DAILY_LIMIT_EXCEEDED)
        if limit.annual is not None and counted > limit.annual:
            found.append(Result.ANNUAL_LIMIT_EXCEEDED)
    return found


def tighter(one: int | None, other: int | None) -> int | None:
    given = [value for value in (one, other) if value is not None]
    return min(given) if given else None


def short(account: Account, side: Side) -> bool:
    """Whether an account of that normal side is below zero and may not be."""
    return account.opened.side is side and not account.opened.overdraft and account.available < 0
