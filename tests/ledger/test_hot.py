"""Hot accounts: payers do not wait for one another, and every figure stays exact."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connection, transaction

from cbdc.ledger.selectors import available, balance, balances, history, ledger_credit_total
from cbdc.ledger.services import (
    create_transfers,
    fold_hot_accounts,
    make_hot,
    open_accounts,
    set_account_limits,
    set_account_status,
)
from cbdc.ledger.types import (
    AccountCode,
    AccountStatus,
    Ledger,
    Limits,
    NewAccount,
    Result,
    Side,
    TransferCode,
    TransferFlag,
)
from tests.ledger.conftest import ALICE, BOB, CHARLIE, CLEARING, FUNDED, STOCK, TOKENS, move
from tests.scale import scaled

pytestmark = pytest.mark.usefixtures("bank")

MERCHANT = 201
PAYERS = range(301, 307)
EACH = scaled(ci=40, soak=2000)


@pytest.fixture(autouse=True)
def _merchant(bank: None) -> None:
    digital = Ledger.DIGITAL_CURRENCY
    wallets = [NewAccount(MERCHANT, digital, AccountCode.WALLET, Side.CREDIT, hot=True)]
    wallets += [NewAccount(p, digital, AccountCode.WALLET, Side.CREDIT) for p in PAYERS]
    open_accounts(wallets)
    funds = [move(TOKENS, STOCK, 10 * FUNDED)] + [move(STOCK, p, FUNDED) for p in PAYERS]
    assert create_transfers(funds) == [Result.OK] * len(funds)


def together(actions: list[Callable[[], object]]) -> None:
    def run(action: Callable[[], object]) -> None:
        try:
            action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        for done in [pool.submit(run, action) for action in actions]:
            done.result()


def pay(payer: int, amount: int = 1) -> None:
    assert create_transfers([move(payer, MERCHANT, amount)]) == [Result.OK]


def paying(payer: int, amounts: Iterable[int]) -> Callable[[], None]:
    def pay_all() -> None:
        for amount in amounts:
            pay(payer, amount)

    return pay_all


def test_shown_balances_are_exact_while_credits_are_appended_and_folded() -> None:
    running = threading.Event()
    running.set()
    seen: list[tuple[int, int]] = []

    def payers() -> None:
        try:
            together([paying(payer, range(1, EACH)) for payer in PAYERS])
        finally:
            running.clear()

    def reader() -> None:
        while running.is_set():
            shown = balances([MERCHANT, *PAYERS])
            seen.append((shown[MERCHANT], sum(shown.values())))

    def folder() -> None:
        while running.is_set():
            fold_hot_accounts()

    together([payers, reader, folder])
    assert {total for _, total in seen} <= {len(PAYERS) * FUNDED}
    shown = [merchant for merchant, _ in seen]
    assert shown == sorted(shown)
    assert balance(MERCHANT) == len(PAYERS) * EACH * (EACH - 1) // 2
    assert ledger_credit_total(Ledger.DIGITAL_CURRENCY) == 20 * FUNDED


def test_a_debit_from_a_hot_account_takes_all_that_is_there_and_never_more() -> None:
    for payer in PAYERS:
        pay(payer, 100)
    assert create_transfers([move(MERCHANT, BOB, 601)]) == [Result.INSUFFICIENT_FUNDS]
    assert create_transfers([move(MERCHANT, BOB, 600)]) == [Result.OK]
    assert available(MERCHANT) == 0
    assert create_transfers([move(MERCHANT, BOB, 1)]) == [Result.INSUFFICIENT_FUNDS]


def test_concurrent_debits_of_a_hot_account_never_overdraw_it() -> None:
    taken: list[int] = []

    def take() -> None:
        for _ in range(EACH):
            if create_transfers([move(MERCHANT, BOB, 7)]) == [Result.OK]:
                taken.append(7)  # noqa: PERF401

    together([*[paying(payer, [3] * EACH) for payer in PAYERS], *[take] * 3])
    rest = 3 * EACH * len(PAYERS) - sum(taken)
    assert balance(MERCHANT) == rest >= 0
    assert create_transfers([move(MERCHANT, BOB, rest + 1)]) == [Result.INSUFFICIENT_FUNDS]
    if rest:
        assert create_transfers([move(MERCHANT, BOB, rest)]) == [Result.OK]


@pytest.mark.parametrize("size", [1, 9])
@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (AccountStatus.FROZEN, Result.ACCOUNT_FROZEN),
        (AccountStatus.CLOSED, Result.ACCOUNT_CLOSED),
    ],
)
def test_a_frozen_or_closed_hot_account_refuses(
    size: int, status: AccountStatus, refusal: Result
) -> None:
    pay(PAYERS[0], 5)
    set_account_status(account=MERCHANT, status=status)
    batch = [move(PAYERS[0], MERCHANT, 1) for _ in range(size)]
    assert create_transfers(batch) == [refusal] * size
    assert create_transfers([move(MERCHANT, BOB, 1)]) == [refusal]
    assert balance(MERCHANT) == 5


@pytest.mark.parametrize("size", [1, 9])
def test_a_capped_hot_account_takes_what_its_cap_allows(size: int) -> None:
    pay(PAYERS[0], 5)
    set_account_limits(account=MERCHANT, limits=Limits(balance=8))
    batch = [move(PAYERS[0], MERCHANT, 1) for _ in range(size)]
    expected = [Result.OK if n < 3 else Result.BALANCE_LIMIT_EXCEEDED for n in range(size)]
    assert create_transfers(batch) == expected
    set_account_limits(account=MERCHANT, limits=None)
    assert create_transfers([move(PAYERS[1], MERCHANT, 100)]) == [Result.OK]


def test_to_freeze_waits_for_no_payment_that_comes_after() -> None:
    """A credit either stands before the freeze, or is refused: none slips in after it."""
    results: list[Result] = []

    def payer() -> None:
        for _ in range(EACH):
            results.extend(create_transfers([move(PAYERS[0], MERCHANT, 1)]))

    def freeze() -> None:
        set_account_status(account=MERCHANT, status=AccountStatus.FROZEN)
        frozen_at.append(balance(MERCHANT))

    frozen_at: list[int] = []
    together([payer, freeze])
    assert results == sorted(results, key=[Result.OK, Result.ACCOUNT_FROZEN].index)
    assert [balance(MERCHANT)] == frozen_at == [results.count(Result.OK)]


def whole_history(account: int, page: int) -> list[tuple[str, int, int]]:
    lines: list[tuple[str, int, int]] = []
    cursor = None
    while entries := history(account, before=cursor, limit=page):
        lines += [(e.direction, e.amount, e.balance_after) for e in entries]
        cursor = entries[-1].cursor
    return lines


@pytest.mark.parametrize("page", [1, 3, 7, 100])
def test_history_of_a_hot_account_telescopes_over_pages_folds_and_its_chained_past(
    page: int,
) -> None:
    for amount in (100, 20, 3):  # Bob's account is like any other
        assert create_transfers([move(ALICE, BOB, amount)]) == [Result.OK]
    assert create_transfers([move(BOB, CHARLIE, 50)]) == [Result.OK]
    make_hot(account=BOB)
    expected = [("in", 100), ("in", 20), ("in", 3), ("out", 50)]
    for number, payer in enumerate(PAYERS):
        assert create_transfers([move(payer, BOB, number + 1)]) == [Result.OK]
        expected.append(("in", number + 1))
        if number == 2:
            fold_hot_accounts()
        if number == 4:  # in a batch, and debits between credits
            moves = [(ALICE, BOB, 9), (BOB, CHARLIE, 60), (ALICE, BOB, 2)] * 3
            batch = [move(*one) for one in moves]
            assert create_transfers(batch) == [
                Result.OK, Result.OK, Result.OK,
                Result.OK, Result.INSUFFICIENT_FUNDS, Result.OK,
                Result.OK, Result.INSUFFICIENT_FUNDS, Result.OK,
            ]  # fmt: skip
            expected += [("in", 9), ("out", 60), ("in", 2)] + [("in", 9), ("in", 2)] * 2
    for _ in range(2):
        lines = whole_history(BOB, page)
        assert [(way, amount) for way, amount, _ in lines] == expected[::-1]
        assert lines[0][2] == balance(BOB)
        for (way, amount, after), (_, _, before) in pairwise(lines):
            assert after == before + (amount if way == "in" else -amount)
        assert lines[-1] == ("in", 100, 100)
        fold_hot_accounts()


def test_reservations_on_a_hot_clearing_account_are_exact() -> None:
    make_hot(account=CLEARING)
    pending = [move(p, CLEARING, 10, flags=TransferFlag.PENDING) for p in PAYERS]
    assert create_transfers(pending) == [Result.OK] * len(pending)
    assert (balance(CLEARING), available(PAYERS[0])) == (0, FUNDED - 10)
    post, void = (
        move(0, 0, 0, ledger=0, code=0, flags=flag, pending_id=of.id)
        for flag, of in zip((TransferFlag.POST, TransferFlag.VOID), pending[:2], strict=True)
    )
    assert create_transfers([post]) == [Result.OK]
    assert create_transfers([void]) == [Result.OK]
    assert create_transfers([move(CLEARING, BOB, 25, code=TransferCode.INTERBANK_IN)]) == [
        Result.OK
    ]
    for _ in range(2):
        assert (balance(CLEARING), available(CLEARING)) == (-15, -15)
        assert [e.amount for e in history(CLEARING, limit=10)] == [25, 10]
        with connection.cursor() as cursor:
            cursor.execute("SELECT credits_pending FROM ledger_balance WHERE id = %s", [CLEARING])
            assert cursor.fetchone() == (10 * (len(PAYERS) - 2),)
        fold_hot_accounts()


@pytest.mark.parametrize("size", [1, 9])
def test_payers_of_one_hot_account_do_not_wait_for_one_another(size: int) -> None:
    assert other_payer_finishes(MERCHANT, size)
    assert balance(MERCHANT) == 2 * size


def test_payers_of_an_account_that_is_not_hot_do_wait() -> None:
    """So the test above can fail."""
    assert not other_payer_finishes(BOB, 1)


def other_payer_finishes(payee: int, size: int) -> bool:
    """Whether a payment commits while another one to the same payee is still open."""
    finished = threading.Event()

    def other() -> None:
        batch = [move(PAYERS[1], payee, 1) for _ in range(size)]
        try:
            assert create_transfers(batch) == [Result.OK] * size
            finished.set()
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        batch = [move(PAYERS[0], payee, 1) for _ in range(size)]
        assert create_transfers(batch) == [Result.OK] * size
        thread.start()
        done_meanwhile = finished.wait(timeout=2)
    thread.join()
    assert finished.is_set()
    return done_meanwhile
