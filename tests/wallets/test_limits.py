"""Category limits hold at the fen under many threads, at the minute, and on new devices (INV-7)."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import requests

from cbdc.clock import now, rfc3339
from cbdc.ledger.services import publish_limit_table, set_account_limits
from cbdc.ledger.types import Limits
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_races import payment, together
from wallets.accounts import limits
from wallets.accounts.models import Device

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
MANY = 50
EACH = 1_00


def own_limits(holder: Holder, **values: int) -> None:
    with acting_as("harbor"):
        set_account_limits(account=int(holder.wallet_id), limits=Limits(**values))


def all_at_once(payer: Holder, payee: Holder, amounts: list[int]) -> Counter[str]:
    bodies = [payment(payer, payee, amount) for amount in amounts]
    answers = together(
        "harbor", lambda i: payer.post_here("/api/v1/payments", bodies[i]), count=len(bodies)
    )
    return Counter(answer.json().get("code", "paid") for answer in answers)


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize(("limit", "across"), [("daily", False), ("annual", True)])
def test_50_payments_at_once_stay_within_the_limit_and_reach_it(
    network: Network, alice: Holder, bob: Holder, carol: Holder, limit: str, more: int, across: bool
) -> None:
    """49 payments of 1.00 and one of 1.00 more or less a fen: together the limit, −1, 0 or +1."""
    ceiling = MANY * EACH
    own_limits(alice, **{limit: ceiling})
    payee = carol if across else bob
    said = all_at_once(alice, payee, [EACH] * (MANY - 1) + [EACH + more])
    if more <= 0:
        assert said == {"paid": MANY}
    else:
        assert said == {"paid": MANY - 1, f"{limit}_limit_exceeded": 1}
    used = alice.wallet()["used"][limit]
    assert used == PURSE - alice.balance
    assert used <= ceiling
    assert used >= ceiling - EACH
    network.drain()
    assert payee.balance == used
    assert_books_hold()


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_50_payments_at_once_fill_a_wallet_to_its_cap(
    alice: Holder, bob: Holder, more: int
) -> None:
    own_limits(bob, balance=MANY * EACH)
    said = all_at_once(alice, bob, [EACH] * (MANY - 1) + [EACH + more])
    expected = {"paid": MANY} if more <= 0 else {"paid": MANY - 1, "balance_limit_exceeded": 1}
    assert said == expected
    assert MANY * EACH - EACH <= bob.balance <= MANY * EACH


def test_one_payment_is_measured_to_the_fen(network: Network, alice: Holder, bob: Holder) -> None:
    alice.top_up(5_000_00)
    for amount, code in ((1_999_99, "paid"), (2_000_00, "paid"), (2_000_01, "payment_limit_")):
        said = alice.pay(bob.wallet_id, amount).json().get("code", "paid")
        assert said.startswith(code), amount
    rest = 5_000_00 - 1_999_99 - 2_000_00
    assert alice.pay(bob.wallet_id, rest + 1).json()["code"] == "daily_limit_exceeded"
    assert alice.pay(bob.wallet_id, rest).status_code == 201


def test_wallet_over_a_lowered_cap_spends_and_does_not_receive(alice: Holder, bob: Holder) -> None:
    bob.top_up(PURSE)
    with acting_as("harbor"):
        lowered = Limits(balance=100_00, per_payment=50_00, daily=80_00, annual=None)
        publish_limit_table(effective_from=now(), limits={4: lowered})
    assert alice.wallet()["limits"]["balance"] == 100_00
    assert bob.pay(alice.wallet_id, 1).json()["code"] == "balance_limit_exceeded"
    movement = {"amount": 1, "deposit_account": alice.deposit_account}
    top_up = alice.post(f"/api/v1/wallets/{alice.wallet_id}/top-ups", movement)
    assert top_up.json()["code"] == "balance_limit_exceeded"
    withdrawal = alice.post(f"/api/v1/wallets/{alice.wallet_id}/withdrawals", movement)
    assert withdrawal.status_code == 201
    with acting_as("harbor"):
        publish_limit_table(effective_from=now(), limits={4: Limits(balance=PURSE)})
    assert bob.pay(alice.wallet_id, 1).status_code == 201  # room again, for one fen
    assert bob.pay(alice.wallet_id, 1).json()["code"] == "balance_limit_exceeded"
    assert alice.pay(bob.wallet_id, 60_00).status_code == 422  # bob is over it too
    assert_books_hold()


class Published:
    """The central bank's answer."""

    def __init__(self, tables: list[dict[str, Any]]) -> None:
        self.tables = tables

    def raise_for_status(self) -> None:
        return None

    def json(self) -> Any:
        return {"data": self.tables}


def test_published_table_holds_from_its_minute_on(
    alice: Holder, bob: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def table(after: timedelta, daily: int) -> dict[str, Any]:
        row = {"category": 4, "balance": None, "per_payment": None, "annual": None, "daily": daily}
        return {"effective_from": rfc3339(now() + after), "categories": [row]}

    published = [table(timedelta(seconds=-1), 70_00), table(timedelta(minutes=5), 90_00)]
    monkeypatch.setattr(requests, "get", lambda *_, **__: Published(published))
    with acting_as("harbor"):
        for _ in range(2):  # fetching the same again changes nothing
            limits.refresh_limits()
    assert alice.wallet()["limits"]["daily"] == 70_00
    assert alice.pay(bob.wallet_id, 70_01).json()["code"] == "daily_limit_exceeded"
    assert alice.pay(bob.wallet_id, 70_00).status_code == 201


def test_central_bank_that_is_away_leaves_the_limits_as_they_are(
    alice: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", away)
    with acting_as("harbor"):
        limits.refresh_limits()
    monkeypatch.setattr(requests, "get", lambda *_, **__: Published([{"wrong": 1}]))
    with acting_as("harbor"):
        limits.refresh_limits()
    assert alice.wallet()["limits"]["daily"] == 5_000_00


def test_new_device_is_held_to_category_4_for_24_hours(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    person = network.people["harbor"][0]
    body = {"category": 3, "full_name": person["full_name"], "id_number": person["id_number"]}
    assert alice.post(f"/api/v1/wallets/{alice.wallet_id}/upgrade", body).status_code == 200
    alice.top_up(9_000_00)
    new = Holder(network, "harbor", 0)
    for payee in (bob, carol):
        assert new.pay(payee.wallet_id, 2_000_01).json()["code"] == "payment_limit_exceeded"
    assert alice.pay(bob.wallet_id, 4_000_00).status_code == 201  # the old one is not
    assert new.pay(bob.wallet_id, 1_000_01).json()["code"] == "daily_limit_exceeded"
    assert new.pay(bob.wallet_id, 1_000_00).status_code == 201
    with acting_as("harbor"):
        Device.objects.filter(id=new.device_id).update(limited_until=now() - timedelta(seconds=1))
    assert new.pay(bob.wallet_id, 2_000_01).status_code == 201
