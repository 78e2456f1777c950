"""INV-7: what an account may hold and pay, decided where the money moves."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.selectors import balance, limits, usage
from cbdc.ledger.services import (
    create_transfers,
    open_accounts,
    publish_limit_table,
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
    Transfer,
    TransferFlag,
    Usage,
)
from tests.ledger.conftest import ALICE, BOB, CLEARING, STOCK, TOKENS, move

pytestmark = pytest.mark.usefixtures("bank")

LIMITED, UNCAPPED = TransferFlag.LIMITED, TransferFlag.UNCAPPED
SUB_WALLET = 201
YUAN = 100


def one(transfer: Transfer) -> Result:
    [result] = create_transfers([transfer])
    return result


def pay(amount: int, payer: int = ALICE, payee: int = BOB, **changes: Any) -> Result:
    return one(move(payer, payee, amount, **{"flags": LIMITED, **changes}))


def resolve(pending: Transfer, flag: TransferFlag, amount: int = 0) -> Transfer:
    return replace(
        pending, id=new_id(), amount=amount, flags=flag, pending_id=pending.id, expires_at=None
    )


def wallet(account: int, **fields: Any) -> NewAccount:
    return NewAccount(account, Ledger.DIGITAL_CURRENCY, AccountCode.WALLET, Side.CREDIT, **fields)


def a_day_passes(account: int, days: int = 1) -> None:
    """Move the account's counters into the past: the engine's clock is the database's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_account SET counted_on = counted_on - %s WHERE id = %s", [days, account]
        )


@pytest.mark.parametrize(
    ("own", "amounts", "expected"),
    [
        (Limits(per_payment=100), [100, 101], [Result.OK, Result.PAYMENT_LIMIT_EXCEEDED]),
        (Limits(daily=150), [100, 51, 50], [Result.OK, Result.DAILY_LIMIT_EXCEEDED, Result.OK]),
        (Limits(annual=150), [100, 51, 50], [Result.OK, Result.ANNUAL_LIMIT_EXCEEDED, Result.OK]),
    ],
)
def test_a_payment_is_held_to_the_limits(
    own: Limits, amounts: list[int], expected: list[Result]
) -> None:
    set_account_limits(account=ALICE, limits=own)
    assert [pay(amount) for amount in amounts] == expected
    taken = sum(
        amount for amount, result in zip(amounts, expected, strict=True) if result is Result.OK
    )
    assert usage(ALICE) == Usage(daily=taken, annual=taken)
    assert audit_ledger().ok


def test_what_is_no_payment_is_neither_held_nor_counted() -> None:
    set_account_limits(account=ALICE, limits=Limits(per_payment=1, daily=1, annual=1))
    assert pay(100, flags=TransferFlag(0)) is Result.OK
    assert usage(ALICE) == Usage(0, 0)


@pytest.mark.parametrize("flags", [0, TransferFlag.PENDING])
def test_a_credit_is_held_to_the_balance_cap(flags: int) -> None:
    set_account_limits(account=BOB, limits=Limits(balance=100))
    assert one(move(ALICE, BOB, 101, flags=flags)) is Result.BALANCE_LIMIT_EXCEEDED
    assert one(move(ALICE, BOB, 100, flags=flags)) is Result.OK
    assert one(move(ALICE, BOB, 1, flags=flags)) is Result.BALANCE_LIMIT_EXCEEDED
    assert one(move(ALICE, BOB, 1, flags=flags | UNCAPPED)) is Result.OK


def test_money_reserved_to_leave_still_counts_for_the_cap() -> None:
    """Else a reservation that is voided would leave more than the cap."""
    set_account_limits(account=BOB, limits=Limits(balance=100))
    one(move(ALICE, BOB, 100))
    leaving = move(BOB, CLEARING, 100, flags=TransferFlag.PENDING)
    assert one(leaving) is Result.OK
    assert one(move(ALICE, BOB, 1)) is Result.BALANCE_LIMIT_EXCEEDED
    assert one(resolve(leaving, TransferFlag.POST)) is Result.OK
    assert one(move(ALICE, BOB, 1)) is Result.OK


def test_a_posting_and_a_voiding_are_never_stopped_by_a_cap() -> None:
    coming, leaving = (
        move(ALICE, BOB, 100, flags=TransferFlag.PENDING),
        move(ALICE, CLEARING, 50, flags=TransferFlag.PENDING),
    )
    assert create_transfers([coming, leaving]) == [Result.OK, Result.OK]
    for account in (ALICE, BOB):
        set_account_limits(account=account, limits=Limits(balance=0))
    assert one(resolve(coming, TransferFlag.POST)) is Result.OK
    assert one(resolve(leaving, TransferFlag.VOID)) is Result.OK


def test_a_reservation_counts_and_is_given_back_when_voided() -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING | LIMITED)
    assert one(pending) is Result.OK
    assert usage(ALICE) == Usage(400, 400)
    assert one(resolve(pending, TransferFlag.VOID)) is Result.OK
    assert usage(ALICE) == Usage(0, 0)
    assert audit_ledger().ok


def test_a_posted_part_gives_the_rest_back() -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING | LIMITED)
    create_transfers([pending, resolve(pending, TransferFlag.POST, 150)])
    assert usage(ALICE) == Usage(150, 150)
    assert audit_ledger().ok


def test_a_new_day_starts_at_zero_and_the_year_goes_on() -> None:
    set_account_limits(account=ALICE, limits=Limits(daily=100, annual=250))
    assert pay(100) is Result.OK
    a_day_passes(ALICE)
    same_year = (datetime.now(UTC) + timedelta(hours=8)).strftime("%m-%d") != "01-01"
    assert usage(ALICE) == Usage(0, 100 if same_year else 0)
    assert pay(100) is Result.OK
    assert usage(ALICE) == Usage(100, 200 if same_year else 100)


def test_a_new_year_starts_at_zero() -> None:
    pay(100)
    a_day_passes(ALICE, days=366)
    assert usage(ALICE) == Usage(0, 0)
    pay(30)
    assert usage(ALICE) == Usage(30, 30)


def test_what_was_counted_yesterday_is_not_given_back_today() -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING | LIMITED)
    one(pending)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_pending SET counted_on = counted_on - 1")
    a_day_passes(ALICE)
    pay(30)
    before = usage(ALICE)
    assert one(resolve(pending, TransferFlag.VOID)) is Result.OK
    assert usage(ALICE).daily == before.daily == 30


def test_the_tighter_of_own_and_category_counts() -> None:
    set_account_limits(account=ALICE, category=4, limits=Limits(per_payment=3000 * YUAN, daily=1))
    assert limits(ALICE) == Limits(10_000 * YUAN, 2000 * YUAN, 1, 50_000 * YUAN)
    set_account_limits(account=ALICE, limits=None)
    assert limits(ALICE).daily == 5000 * YUAN
    set_account_limits(account=ALICE, category=None)
    assert limits(ALICE) == Limits()


def test_a_new_device_is_held_to_a_stricter_category() -> None:
    one(move(STOCK, ALICE, 9000 * YUAN))
    strict: dict[str, Any] = {"strict_category": 4}
    assert pay(2001 * YUAN, **strict) is Result.PAYMENT_LIMIT_EXCEEDED
    assert pay(2000 * YUAN) is Result.OK
    assert pay(2000 * YUAN, **strict) is Result.OK
    assert pay(1001 * YUAN, **strict) is Result.DAILY_LIMIT_EXCEEDED
    assert pay(1001 * YUAN) is Result.OK


def test_what_a_sub_wallet_pays_counts_at_its_parent() -> None:
    open_accounts([wallet(SUB_WALLET, parent=ALICE, limits=Limits(daily=500))])
    one(move(ALICE, SUB_WALLET, 1000))
    set_account_limits(account=ALICE, limits=Limits(daily=600))
    assert pay(400) is Result.OK
    assert pay(201, payer=SUB_WALLET) is Result.DAILY_LIMIT_EXCEEDED
    assert pay(200, payer=SUB_WALLET) is Result.OK
    assert (usage(ALICE).daily, usage(SUB_WALLET).daily) == (600, 200)
    assert pay(1) is Result.DAILY_LIMIT_EXCEEDED
    assert audit_ledger().ok


def test_a_sub_wallet_that_pays_its_parent_counts_there_once() -> None:
    open_accounts([wallet(SUB_WALLET, parent=ALICE)])
    one(move(ALICE, SUB_WALLET, 1000))
    held = balance(ALICE)
    assert pay(300, payer=SUB_WALLET, payee=ALICE) is Result.OK
    assert (balance(ALICE), usage(ALICE).daily) == (held + 300, 300)
    assert audit_ledger().ok


def test_a_restricted_sub_wallet_pays_its_payee_alone() -> None:
    open_accounts([wallet(SUB_WALLET, payee=BOB)])
    one(move(ALICE, SUB_WALLET, 100))
    assert pay(1, payer=SUB_WALLET, payee=ALICE) is Result.PAYEE_RESTRICTED
    assert pay(1, payer=SUB_WALLET) is Result.OK
    set_account_limits(account=SUB_WALLET, payee=None)
    assert pay(1, payer=SUB_WALLET, payee=ALICE) is Result.OK


def test_the_first_reason_in_the_order_of_precedence_is_given() -> None:
    """Each step takes away the reason that was given, and meets the next."""
    set_account_limits(
        account=ALICE, limits=Limits(per_payment=1, daily=1, annual=1), payee=CLEARING
    )
    set_account_limits(account=BOB, limits=Limits(balance=1))
    set_account_status(account=BOB, status=AccountStatus.FROZEN)
    huge = move(ALICE, BOB, 9_000_00, flags=LIMITED)
    given = [one(huge)]
    set_account_status(account=BOB, status=AccountStatus.ACTIVE)
    given.append(one(huge))
    set_account_limits(account=ALICE, payee=None)
    given.append(one(huge))
    for left in (Limits(daily=1, annual=1), Limits(annual=1), None):
        set_account_limits(account=ALICE, limits=left)
        given.append(one(huge))
    set_account_limits(account=BOB, limits=None)
    given.append(one(huge))
    assert given == [
        Result.ACCOUNT_FROZEN,
        Result.PAYEE_RESTRICTED,
        Result.PAYMENT_LIMIT_EXCEEDED,
        Result.DAILY_LIMIT_EXCEEDED,
        Result.ANNUAL_LIMIT_EXCEEDED,
        Result.BALANCE_LIMIT_EXCEEDED,
        Result.INSUFFICIENT_FUNDS,
    ]


def test_a_published_table_holds_from_its_moment_on_and_only_grows() -> None:
    set_account_limits(account=ALICE, category=4)
    tighter = {4: Limits(balance=900, per_payment=10, daily=20, annual=30)}
    publish_limit_table(effective_from=now() + timedelta(days=1), limits=tighter)
    assert limits(ALICE).daily == 5000 * YUAN
    effective_from = now() - timedelta(seconds=1)
    publish_limit_table(effective_from=effective_from, limits=tighter)
    publish_limit_table(effective_from=effective_from, limits=tighter)
    assert limits(ALICE) == tighter[4]
    assert pay(11) is Result.PAYMENT_LIMIT_EXCEEDED
    with pytest.raises(ValueError, match="other limits"):
        publish_limit_table(effective_from=effective_from, limits={4: Limits()})
    assert limits(ALICE) == tighter[4]


def test_a_reservation_and_its_limit_are_known_by_one_id() -> None:
    transfer = move(ALICE, BOB, 100, flags=LIMITED)
    assert [one(transfer), one(transfer)] == [Result.OK, Result.EXISTS]
    assert one(replace(transfer, strict_category=4)) is Result.EXISTS
    assert one(replace(transfer, flags=0)) is Result.EXISTS_WITH_DIFFERENT_FLAGS
    assert usage(ALICE).daily == 100


def test_writers_at_once_never_pay_more_than_the_day_allows_nor_fill_over_the_cap() -> None:
    set_account_limits(account=ALICE, limits=Limits(daily=500))
    set_account_limits(account=BOB, limits=Limits(balance=300))

    def write(_: int) -> None:
        try:
            for _ in range(10):
                pay(30)
                one(move(TOKENS, BOB, 30))
                pay(30, payee=CLEARING)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert (usage(ALICE).daily, balance(BOB)) == (480, 300)
    assert audit_ledger().ok
