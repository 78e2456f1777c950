"""The engine's paths and a plain model of its rules answer alike, whatever is asked (INV-3, 4, 7).

Each machine plays three copies of a small bank in one database: one that always has a set stage,
one that never has, and one as services call it. The copies differ in their ids alone.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from cbdc.identifiers import derived_id, new_id
from cbdc.ledger import services
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.types import (
    BATCH_MAX,
    AccountCode,
    AccountStatus,
    Ledger,
    Limits,
    NewAccount,
    Result,
    Side,
    Transfer,
    TransferCode,
    TransferFlag,
)
from tests.ledger import model
from tests.scale import scaled

COPIES = {"set": 1, "exact": BATCH_MAX + 1, "as called": services.SET_FROM}
CATEGORY_LIMITS = {
    1: Limits(),
    2: Limits(50_000_000, 5_000_000, 10_000_000),
    3: Limits(2_000_000, 500_000, 1_000_000),
    4: Limits(1_000_000, 200_000, 500_000, 5_000_000),
}
# By index: an issuer's contra account, a stock, one that may go either side of zero, a hot one,
# wallets of all kinds, an account of another ledger. Limits are small, so that they are met.
KINDS: list[Callable[[int], NewAccount]] = [
    lambda n: NewAccount(
        n, Ledger.DIGITAL_CURRENCY, AccountCode.TOKENS_AT_CENTRAL_BANK, Side.DEBIT
    ),
    lambda n: NewAccount(n, Ledger.DIGITAL_CURRENCY, AccountCode.STOCK, Side.CREDIT),
    lambda n: NewAccount(
        n, Ledger.DIGITAL_CURRENCY, AccountCode.CLEARING, Side.CREDIT, overdraft=True, hot=True
    ),
    lambda n: wallet(n, hot=True),
    lambda n: wallet(n),
    lambda n: wallet(n, category=4),
    lambda n: wallet(n, limits=Limits(balance=900)),
    lambda n: wallet(n, limits=Limits(per_payment=60, daily=300, annual=400)),
    lambda n: wallet(n, parent=n - 1, limits=Limits(daily=200)),
    lambda n: wallet(n, payee=n - 5),
    lambda n: NewAccount(n, Ledger.DEPOSITS, AccountCode.DEPOSIT, Side.CREDIT, overdraft=True),
]
MISSING = len(KINDS)
first_account = count(10_000, 100)


def wallet(account: int, **fields: object) -> NewAccount:
    return NewAccount(
        account,
        Ledger.DIGITAL_CURRENCY,
        AccountCode.WALLET,
        Side.CREDIT,
        **fields,  # type: ignore[arg-type]
    )


account_index = st.integers(0, MISSING)
mostly_wallets = st.one_of(st.integers(3, 9), st.integers(3, 9), account_index)
amounts = st.one_of(
    st.integers(1, 120), st.integers(1, 120), st.sampled_from([-1, 0, 500, 10**15 + 1])
)
flag = TransferFlag
plain_flags = st.sampled_from(
    [0, 0, 0, flag.LIMITED, flag.LIMITED, flag.UNCAPPED, flag.LINKED, flag.LINKED | flag.LIMITED]
)
pending_flags = st.sampled_from(
    [flag.PENDING, flag.PENDING | flag.LIMITED, flag.PENDING | flag.LINKED]
)


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, int, int, int, int, int]:
    """What one transfer shall be: kind, two accounts, amount, flags, and which earlier one."""
    kind = draw(
        st.sampled_from(["new"] * 8 + ["pending"] * 2 + ["post", "void", "again", "changed", "odd"])
    )
    flags = draw(pending_flags if kind == "pending" else plain_flags)
    if kind == "odd":
        flags = draw(st.integers(0, 63))
    return (
        kind,
        draw(mostly_wallets),
        draw(mostly_wallets),
        draw(amounts),
        int(flags),
        draw(st.integers(0, 1_000_000)),
    )


LARGER = [st.lists(steps(), min_size=20, max_size=30)] * 3


class Bank(RuleBasedStateMachine):
    """Batches of transfers to three copies of a bank and to the model of it."""

    operations = 0

    @initialize()
    def open(self) -> None:
        self.day = today()
        self.origin = next(first_account) * 10
        self.model = model.Ledger(CATEGORY_LIMITS)
        self.sent: list[Transfer] = []
        self.model_status: dict[int, AccountStatus] = {}
        for account in self.accounts(""):
            self.model.open(account)
        for copy in COPIES:
            services.open_accounts(self.accounts(copy))
        self.send([("new", 0, 1, 5_000, 0, 0)])
        self.send([("new", 1, index, 400, 0, 0) for index in range(2, 10)])

    def accounts(self, copy: str) -> list[NewAccount]:
        return [kind(self.account(copy, index)) for index, kind in enumerate(KINDS)]

    def account(self, copy: str, index: int) -> int:
        place = ["", *COPIES].index(copy)
        return self.origin + place * 20 + index + 1

    @rule(batch=st.one_of(st.lists(steps(), min_size=1, max_size=3), *LARGER))
    def send(self, batch: list[tuple[str, int, int, int, int, int]]) -> None:
        if today() != self.day:
            return
        transfers = [self.transfer(*step) for step in batch]
        expected = self.model.create(transfers)
        for copy, set_from in COPIES.items():
            services.SET_FROM = set_from
            mapped = [self.mapped(copy, transfer) for transfer in transfers]
            if copy == "as called":
                results = services.create_transfers(mapped)
            else:  # a single transfer takes neither path when it is simple
                reasons = services._call(services._CREATE, [*services._columns(mapped), set_from])
                results = [Result(r) if r else Result.OK for r in reasons or [None] * len(mapped)]
            assert results == expected, copy
        Bank.operations += len(batch)
        self.compare()

    @rule(index=st.integers(4, 9), frozen=st.booleans())
    def freeze(self, index: int, frozen: bool) -> None:
        status = AccountStatus.FROZEN if frozen else AccountStatus.ACTIVE
        self.model.accounts[self.account("", index)].status = status
        for copy in COPIES:
            services.set_account_status(account=self.account(copy, index), status=status)

    @rule()
    def fold(self) -> None:
        services.fold_hot_accounts()

    def transfer(
        self, kind: str, payer: int, payee: int, amount: int, flags: int, which: int
    ) -> Transfer:
        """The transfer as the model gets it. `which` picks one that was sent before."""
        earlier = self.sent[which % len(self.sent)] if self.sent else None
        reservations = [t for t in self.sent if t.flags & flag.PENDING]
        new = Transfer(
            id=new_id(),
            debit_account=self.account("", payer),
            credit_account=self.account("", payee),
            amount=amount,
            ledger=Ledger.DIGITAL_CURRENCY,
            code=TransferCode.PAYMENT,
            reference=new_id(),
            occurred_at=datetime.now(UTC),
            flags=flags,
        )
        if kind == "pending" and which % 5 == 0:
            moment = timedelta(hours=1 if which % 2 else -1)
            new = replace(new, expires_at=datetime.now(UTC) + moment)
        elif kind in ("post", "void") and reservations:
            reserved = reservations[which % len(reservations)]
            new = replace(
                new,
                debit_account=0,
                credit_account=0,
                amount=amount if which % 3 == 0 else 0,
                ledger=0,
                code=0,
                flags=flag.POST if kind == "post" else flag.VOID,
                pending_id=reserved.id,
            )
        elif kind == "again" and earlier is not None:
            new = earlier
        elif kind == "changed" and earlier is not None:
            new = replace(earlier, amount=earlier.amount + 1)
        elif kind == "odd" and which % 2:
            new = replace(new, strict_category=which % 6)
        self.sent.append(new)
        return new

    def mapped(self, copy: str, transfer: Transfer) -> Transfer:
        """The transfer as a copy gets it: its own accounts and ids, everything else the same."""
        shift = self.account(copy, 0) - self.account("", 0)
        moved = {
            name: getattr(transfer, name) and getattr(transfer, name) + shift
            for name in ("debit_account", "credit_account")
        }
        own = derived_id(transfer.id, copy)
        pending = transfer.pending_id and derived_id(transfer.pending_id, copy)
        return replace(transfer, id=own, pending_id=pending, **moved)

    def compare(self) -> None:
        """Balances and counters of the copies are the model's."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT b.id, b.debits_posted, b.credits_posted, b.debits_pending,"
                " b.credits_pending, a.counted_day FROM ledger_balance b"
                " JOIN ledger_account a USING (id) WHERE b.id BETWEEN %s AND %s",
                [self.origin, self.origin + 99],
            )
            found = {row[0]: row[1:] for row in cursor.fetchall()}
        for copy in COPIES:
            for index in range(len(KINDS)):
                account = self.model.accounts[self.account("", index)]
                assert found[self.account(copy, index)] == (
                    account.debits_posted,
                    account.credits_posted,
                    account.debits_pending,
                    account.credits_pending,
                    account.counted,
                ), (copy, index)

    def teardown(self) -> None:
        if hasattr(self, "origin"):
            for copy in COPIES:
                for index in range(len(KINDS)):
                    self.compare_lines(copy, index)

    def compare_lines(self, copy: str, index: int) -> None:
        """Every transfer of the account, newest first, with what was available after it."""
        expected = [
            (derived_id(transfer, copy), after)
            for transfer, after in self.model.accounts[self.account("", index)].lines
        ]
        assert all_lines(self.account(copy, index)) == expected[::-1], (copy, index)


def all_lines(account: int) -> list[tuple[UUID, int]]:
    """An account's transfers and balances, newest first, by the chain or by the hot entries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, balance_after FROM ledger_every_line(%s)", [account])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def today() -> object:
    return (datetime.now(UTC) + timedelta(hours=8)).date()


@pytest.mark.soak
@pytest.mark.usefixtures("transactional_db")
def test_set_stage_exact_stage_single_path_and_model_agree() -> None:
    wanted = scaled(ci=20_000, soak=1_000_000)
    set_from = services.SET_FROM
    Bank.operations = 0
    try:
        for _ in range(1000):
            run_state_machine_as_test(
                Bank,
                settings=settings(
                    max_examples=20,
                    stateful_step_count=30,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate] if os.environ.get("NO_SHRINK") else list(Phase),
                    derandomize="SEED" not in os.environ and wanted < 100_000,
                    suppress_health_check=list(HealthCheck),
                ),
            )
            if Bank.operations >= wanted:
                break
    finally:
        services.SET_FROM = set_from
    assert Bank.operations >= wanted
    report = audit_ledger()
    assert report.ok, report.findings[:5]
