"""Many threads at once: one key pays once, and nobody spends a fen twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from cbdc.identifiers import new_id
from tests.holders import Holder
from tests.in_process import DATABASES
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
THREADS = 20


def together(bank: str, work: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """`work(0)` to `work(count - 1)` at the same time, at that bank."""

    def run(index: int) -> Any:
        # Threads share the settings and have connections of their own.
        connections["default"] = connections[bank]
        try:
            return work(index)
        finally:
            connections[bank].close()

    with acting_as(bank), ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def payment(payer: Holder, payee: Holder, amount: int) -> dict[str, Any]:
    return {"payer_wallet": payer.wallet_id, "payee_wallet": payee.wallet_id, "amount": amount}


def test_one_key_from_many_threads_pays_once(alice: Holder, bob: Holder) -> None:
    key = str(new_id())
    body = payment(alice, bob, 3_00)
    answers = together(
        "harbor", lambda _: alice.post_here("/api/v1/payments", body, idempotency_key=key)
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["payment_id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert (alice.balance, bob.balance) == (PURSE - 3_00, 3_00)


@pytest.mark.parametrize("across", [False, True])
def test_together_they_spend_no_more_than_there_is(
    alice: Holder, bob: Holder, carol: Holder, across: bool
) -> None:
    payee = carol if across else bob
    body = payment(alice, payee, 100_00)  # the purse holds five of them
    answers = together("harbor", lambda _: alice.post_here("/api/v1/payments", body))
    said = Counter(answer.json().get("code", "paid") for answer in answers)
    assert said == {"paid": 5, "insufficient_funds": THREADS - 5}
    assert alice.balance == 0
    assert_books_hold()


def test_payments_to_each_other_do_not_deadlock(alice: Holder, bob: Holder) -> None:
    bob.top_up(PURSE)
    bodies = [payment(alice, bob, 1_00), payment(bob, alice, 1_00)]
    holders = [alice, bob]
    answers = together(
        "harbor", lambda i: holders[i % 2].post_here("/api/v1/payments", bodies[i % 2])
    )
    assert {answer.status_code for answer in answers} == {201}
    assert (alice.balance, bob.balance) == (PURSE, PURSE)
    assert_books_hold()
