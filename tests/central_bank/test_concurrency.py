"""Many at once: what may happen once happens once."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models import Count

from cbdc.errors import Problem
from cbdc.identifiers import new_id
from cbdc.messaging.models import OutboxMessage
from cbdc.protocol.messages import TokenLockRequest, TokenMergeRequest, TokenRedeemRequest
from central_bank.auditor import audit_central_bank
from central_bank.clearing.models import ClearingPayment, Position
from central_bank.clearing.settlement import settle_cycle
from central_bank.issuance import services
from central_bank.issuance.models import BankAccount, Token, TokenTransaction
from central_bank.issuance.selectors import supply
from central_bank.issuance.services import AboveQuotaError, set_quota
from tests.central_bank.support import (
    Vault,
    at_once,
    close,
    deliver,
    guarantee,
    pacs008,
    pay,
    sign,
)
from tests.scale import scaled

pytestmark = pytest.mark.usefixtures("central_bank")
ATTEMPTS = 64
LIVE_TOKENS_MAX = scaled(ci=50, soak=1_000)
SPENDINGS = (
    (TokenRedeemRequest, services.redeem),
    (TokenLockRequest, services.lock),
    (TokenMergeRequest, services.merge),
)


def test_inv_4_one_of_64_attempts_to_spend_a_token_wins() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    inputs = vault.ids(locked=False)

    def redeem() -> object:
        request_id = new_id()
        return services.redeem(
            request_id=request_id,
            bank="harbor",
            amount=1_000,
            inputs=inputs,
            authorisation=sign("harbor", TokenRedeemRequest, request_id, 1_000, inputs),
        )

    results = at_once(*[redeem] * 64)

    assert sum(not isinstance(result, Problem) for result in results) == 1
    assert supply()["redeemed"] == 1_000
    assert audit_central_bank() == []


def test_inv_4_one_request_at_once_from_many_issues_once() -> None:
    request_id = new_id()
    results = at_once(
        *[lambda: services.issue(request_id=request_id, bank="harbor", amount=1_000)] * 16
    )
    assert len({str(result) for result in results}) == 1
    assert supply()["issued"] == 1_000


def test_quota_holds_at_any_concurrency() -> None:
    set_quota(bank="harbor", quota=10_000)
    results = at_once(
        *[lambda: services.issue(request_id=new_id(), bank="harbor", amount=1_000)] * 32
    )
    assert sum(isinstance(result, AboveQuotaError) for result in results) == 22
    assert BankAccount.objects.get(bank="harbor").quota_used == 10_000
    sequences = TokenTransaction.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(sequences) == list(range(1, 11))
    assert audit_central_bank() == []


def test_inv_3_cap_holds_at_any_concurrency() -> None:
    guarantee("harbor", 10_000)
    messages = [pacs008("harbor", "lotus", 1_000) for _ in range(48)]

    at_once(*[partial(deliver, "harbor", message) for message in messages])

    states = list(ClearingPayment.objects.values_list("state", flat=True))
    assert (states.count("forwarded"), states.count("held")) == (10, 38)
    assert Position.objects.get(bank="harbor").sent == 10_000
    assert audit_central_bank() == []


def test_inv_1_supply_is_consistent_while_tokens_are_made() -> None:
    seen: list[bool] = []

    def look() -> None:
        for _ in range(20):
            now = supply()
            seen.append(now["in_circulation"] == sum(now["held"].values()))

    def issue() -> None:
        for _ in range(10):
            with transaction.atomic():
                services.issue(request_id=new_id(), bank="harbor", amount=7)

    at_once(look, issue, look, issue, look, issue)

    assert all(seen)
    assert len(seen) == 60
    assert supply()["issued"] == 210


@pytest.mark.soak
def test_inv_4_one_of_64_wins_in_every_contest() -> None:
    """All 64 start at once; they mean different things with the one token."""
    barrier = Barrier(ATTEMPTS)
    vault = Vault("harbor")
    for _ in range(scaled(ci=15, soak=1_000)):
        vault.issue(10)

    def attempt(inputs: tuple[str, ...], number: int) -> bool:
        cls, act = SPENDINGS[number % len(SPENDINGS)]
        request_id = new_id()
        authorisation = sign("harbor", cls, request_id, 10, inputs)
        barrier.wait(timeout=60)
        try:
            act(
                request_id=request_id,
                bank="harbor",
                amount=10,
                inputs=inputs,
                authorisation=authorisation,
            )
        except Problem:
            return False
        return True

    def leave(number: int) -> None:
        connection.close()
        barrier.wait(timeout=60)

    with ThreadPoolExecutor(ATTEMPTS) as pool:
        for token_id in vault.ids(locked=False):
            wins = list(pool.map(partial(attempt, (token_id,)), range(ATTEMPTS)))
            assert wins.count(True) == 1
        list(pool.map(leave, range(ATTEMPTS)))
    assert audit_central_bank() == []


@pytest.mark.soak
def test_live_tokens_stay_few_after_many_settlements() -> None:
    """Every cycle harbor pays jade, and every third jade pays lotus."""
    guarantee("harbor", 100_000_000)
    for number in range(scaled(ci=60, soak=100_000)):
        pay("harbor", "jade", 7 + number % 5)
        if number % 3 == 0:
            pay("jade", "lotus", 1)
        settle_cycle(close())
        if number % 1_000 == 0:
            OutboxMessage.objects.all().delete()  # nobody takes them here
    live = Token.objects.filter(spent=False).values("institution").annotate(n=Count("pk"))
    assert max(row["n"] for row in live) < LIVE_TOKENS_MAX
    assert audit_central_bank() == []
