"""A statement adds up: opening balance, what came and went, closing balance."""

import csv
import io

import pytest

from cbdc.clock import now, rfc3339
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from wallets.payments import selectors
from wallets.payments import statement as statements

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def read(holder: Holder, **period: str) -> list[dict[str, str]]:
    answer = holder.get(f"/api/v1/wallets/{holder.wallet_id}/statement", **period)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def assert_adds_up(rows: list[dict[str, str]]) -> None:
    opening, *lines, closing = rows
    assert (opening["kind"], closing["kind"]) == ("opening_balance", "closing_balance")
    balance = int(opening["balance_after"])
    for line in lines:
        balance += int(line["amount"]) * (1 if line["direction"] == "in" else -1)
        assert int(line["balance_after"]) == balance
    assert int(closing["balance_after"]) == balance


def test_statement_adds_up_and_ties_to_the_balance(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    alice.pay(bob.wallet_id, 12_34, more={"memo": "=1+1"})
    alice.pay(carol.wallet_id, 5_00)
    alice.pay(nobodys_wallet("lotus"), 1_00)  # comes back
    network.drain()
    rows = read(alice)
    assert_adds_up(rows)
    assert rows[0]["balance_after"] == "0"
    assert rows[-1]["balance_after"] == str(alice.balance) == str(PURSE - 12_34 - 5_00)
    assert rows[1]["kind"] == "top_up"
    assert rows[2]["memo"] == "'=1+1"


def test_later_period_opens_with_what_there_was(alice: Holder, bob: Holder) -> None:
    alice.pay(bob.wallet_id, 1_00)
    moment = rfc3339(now())
    alice.pay(bob.wallet_id, 2_00)
    later, earlier = read(alice, **{"from": moment}), read(alice, to=moment)
    for rows in (later, earlier):
        assert_adds_up(rows)
    assert later[0]["balance_after"] == earlier[-1]["balance_after"] == str(PURSE - 1_00)
    assert [row["amount"] for row in later[1:-1]] == ["200"]


def test_quiet_period_opens_and_closes_alike(alice: Holder) -> None:
    assert [row["balance_after"] for row in read(alice, **{"from": rfc3339(now())})] == [
        str(PURSE),
        str(PURSE),
    ]
    assert [row["balance_after"] for row in read(alice, to="2020-01-01")] == ["0", "0"]


def test_pages_are_joined(alice: Holder, bob: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "PAGE", 2)
    for amount in range(1, 6):
        alice.pay(bob.wallet_id, amount)
    rows = read(alice)
    assert [row["amount"] for row in rows[2:-1]] == ["1", "2", "3", "4", "5"]
    assert_adds_up(rows)


def test_period_may_begin_with_the_first_day_there_is(alice: Holder) -> None:
    rows = read(alice, **{"from": "0001-01-02"})
    assert_adds_up(rows)
    assert rows[0]["occurred_at"] == "0001-01-01T16:00:00.000000Z"


def test_day_that_no_clock_can_show_is_refused(alice: Holder) -> None:
    for period in ({"from": "0001-01-01"}, {"to": "9999-12-31"}):
        answer = alice.get(f"/api/v1/wallets/{alice.wallet_id}/statement", **period)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


def test_too_long_a_period_is_refused(
    alice: Holder, bob: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "ROWS_MAX", 1)
    alice.pay(bob.wallet_id, 1)
    answer = alice.get(f"/api/v1/wallets/{alice.wallet_id}/statement")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-01", "2026-1-1", ""])
def test_wrong_time_is_refused(alice: Holder, wrong: str) -> None:
    answer = alice.get(f"/api/v1/wallets/{alice.wallet_id}/statement", **{"from": wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


def test_period_that_ends_before_it_begins_is_refused(alice: Holder) -> None:
    for what in ("statement", "transactions"):
        period = {"from": "2026-02-01", "to": "2026-01-01"}
        answer = alice.get(f"/api/v1/wallets/{alice.wallet_id}/{what}", **period)
        assert [entry["field"] for entry in answer.json()["errors"]] == ["to"]


def test_statement_of_another_is_not_found(alice: Holder, bob: Holder) -> None:
    answer = bob.get(f"/api/v1/wallets/{alice.wallet_id}/statement")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
