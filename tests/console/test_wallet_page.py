"""Below a wallet's page: what its holder's history says of it, each with its own page."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.console.support import QUERIES_MAX, links, person
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.merchants.support import Till, scan
from tests.people import PURSE
from tests.support import acting_as
from wallets.console import wallet
from wallets.payments.models import DepositMovement

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
MEMO = "for the cello lesson"
Rows = list[list[str]]


def page(wallet_id: str, client: Client | None = None, query: str = "") -> Any:
    """The answer with a wallet's page, as somebody of the staff gets it."""
    with acting_as("harbor"):
        client = client or person("all", superuser=True)
        with CaptureQueriesContext(connections["default"]) as queries:
            answer = client.get(f"/admin/accounts/wallet/{wallet_id}/change/{query}")
    assert len(queries) <= QUERIES_MAX
    return answer


def below(answer: Any) -> str:
    html: str = answer.content.decode()
    return html.partition('id="transactions"')[2].partition("</section>")[0]


def rows(answer: Any) -> Rows:
    """The texts of the transactions' cells, without the time."""
    found = re.findall(r"<tr>(.*?)</tr>", below(answer).partition("<tbody>")[2], re.S)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in found]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)) for cell in row][1:] for row in cells]


def test_each_kind_of_transaction_stands_there_with_its_status_and_page(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    alice.pay(bob.wallet_id, 10_00, more={"memo": MEMO})
    paid = alice.pay(carol.wallet_id, 20_00).json()["payment_id"]
    refused = alice.pay(nobodys_wallet("lotus"), 30_00).json()["payment_id"]
    network.drain()
    pending = alice.pay(carol.wallet_id, 40_00).json()["payment_id"]
    bob.pay(alice.wallet_id, 1_00)
    path = f"/api/v1/wallets/{alice.wallet_id}/withdrawals"
    alice.post(path, {"amount": 5_00, "deposit_account": alice.deposit_account})
    answer = page(alice.wallet_id)
    account, nobody = alice.deposit_account, nobodys_wallet("lotus")
    assert rows(answer) == [
        ["−5.00", "withdrawal", account, f"{(PURSE - 74_00) / 100:,.2f}", "completed"],
        ["+1.00", "payment", bob.wallet_id, f"{(PURSE - 69_00) / 100:,.2f}", "completed"],
        ["−40.00", "payment", carol.wallet_id, f"{(PURSE - 70_00) / 100:,.2f}", "pending"],
        ["+30.00", "payment, given back", nobody, f"{(PURSE - 30_00) / 100:,.2f}", "completed"],
        ["−30.00", "payment", nobody, f"{(PURSE - 60_00) / 100:,.2f}", "rejected"],
        ["−20.00", "payment", carol.wallet_id, f"{(PURSE - 30_00) / 100:,.2f}", "completed"],
        ["−10.00", "payment", bob.wallet_id, f"{(PURSE - 10_00) / 100:,.2f}", "completed"],
        [f"+{PURSE / 100:,.2f}", "top up", account, f"{PURSE / 100:,.2f}", "completed"],
    ]
    with acting_as("harbor"):
        top_up = DepositMovement.objects.earliest("id")
    wanted = {f"/admin/payment/{one}/" for one in (paid, refused, pending)}
    wanted |= {
        f"/admin/payments/depositmovement/{top_up.id}/change/",
        f"/admin/customers/depositaccount/{account}/change/",
        f"/admin/accounts/wallet/{bob.wallet_id}/change/",
    }
    assert wanted <= links(below(answer))
    assert f"/admin/accounts/wallet/{carol.wallet_id}/change/" not in links(below(answer))
    html = answer.content.decode()
    assert MEMO not in html
    assert alice.phone not in html


def test_merchants_wallet_tells_orders_fees_and_refunds(network: Network, alice: Holder) -> None:
    with acting_as("harbor"):
        person("all", superuser=True)
    shop = Till("harbor")
    shop.terms(fee_floor=10)
    order = shop.order()
    scan(alice, order)
    shop.refund(order, 5_00)
    found = [(kind, other, amount) for amount, kind, other, *_ in rows(page(shop.wallet_id))]
    assert found[:1] == [("refund", alice.wallet_id, "−5.00")]
    assert ("fee", "fees", "−0.10") in found
    assert ("payment", alice.wallet_id, "+18.00") in found


def test_older_ones_are_a_page_away(
    network: Network, alice: Holder, bob: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallet, "LATEST", 2)
    for amount in (1_00, 2_00, 3_00):
        alice.pay(bob.wallet_id, amount)
    first = page(alice.wallet_id)
    assert [row[0] for row in rows(first)] == ["−3.00", "−2.00"]
    [older] = [link for link in links(below(first)) if link.startswith("?")]
    second = page(alice.wallet_id, query=older)
    assert [row[0] for row in rows(second)] == ["−1.00", f"+{PURSE / 100:,.2f}"]
    assert not any(link.startswith("?") for link in links(below(second)))


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "٣", str(2**128), "9" * 5000])
def test_what_is_no_cursor_is_refused(network: Network, alice: Holder, cursor: str) -> None:
    assert page(alice.wallet_id, query=f"?before={cursor}").status_code == 400


def test_who_may_not_see_payments_sees_none(network: Network, alice: Holder) -> None:
    with acting_as("harbor"):
        clerk, other = person("teller", "view_wallet"), person("clerk", "view_payment")
    answer = page(alice.wallet_id, clerk)
    assert answer.status_code == 200
    assert below(answer) == ""
    assert page(alice.wallet_id, other).status_code == 403


def test_wallet_without_transactions_says_so(network: Network, bob: Holder) -> None:
    assert "Nothing of it." in below(page(bob.wallet_id))
