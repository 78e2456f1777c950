"""Dashboards: the figures are those of the books, the queries are few, and each sees its own."""

import re
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cbdc.clock import now
from cbdc.console import sampling
from cbdc.messaging.models import OutboxMessage
from central_bank.clearing.settlement import settle_cycle
from central_bank.issuance.models import BankAccount
from commercial_banks.clearing.models import Break
from commercial_banks.treasury.replenishment import set_marks
from tests.central_bank.support import close
from tests.console.support import QUERIES_MAX, person
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def tiles(page: str) -> dict[str, str]:
    """Title and value of each tile."""
    pattern = r'<div class="tile[^"]*">\s*<h2>(.*?)</h2>\s*<p class="value">(.*?)</p>'
    plain = [(re.sub(r"<[^>]+>", "", title), value) for title, value in re.findall(pattern, page)]
    return dict(plain)


def alerts(page: str) -> list[str]:
    return re.findall(r'<a href="[^"]+">([^<]+)</a>\s*</li>', page)


def opened(client: Client) -> tuple[str, int]:
    """The dashboard, and how many queries it took."""
    with CaptureQueriesContext(connections["default"]) as queries:
        answer: Any = client.get("/admin/")
    assert answer.status_code == 200
    return answer.content.decode(), len(queries)


@pytest.fixture
def busy(network: Network, alice: Holder, carol: Holder) -> Network:
    """Alice at harbor has 500 yuan, and paid 20 of them to carol at lotus; it is settled."""
    for code in ("central-bank", "harbor"):
        with acting_as(code):
            sampling.take()
    alice.pay(carol.wallet_id, 20_00)
    network.drain()
    settle_cycle(close())
    network.drain()
    return network


def test_central_bank_sees_supply_clearing_and_what_waits(busy: Network) -> None:
    OutboxMessage.objects.filter(id=OutboxMessage.objects.all()[0].id).update(parked_at=now())
    page, queries = opened(person("all", superuser=True))
    assert queries <= QUERIES_MAX
    shown = tiles(page)
    assert shown["Currency in circulation"] == "4 M"
    assert shown["Liquidity saved by netting"] == "0 %"
    assert shown["Requests to decide"] == "0"
    assert "1 message is parked: its peer refused it." in alerts(page)
    assert "#1" in page
    for bank in BankAccount.objects.values_list("bank", flat=True):
        assert bank in page


def test_bank_sees_stock_wallets_clearing_and_what_waits(busy: Network) -> None:
    with acting_as("harbor"):
        set_marks(low=300_000_000, high=400_000_000, by="treasurer")
        Break.objects.create(kind="amount", detail="5 here, 6 there")
        sampling.take()
        sampling.take_slowly()
        page, queries = opened(person("all", superuser=True))
    assert queries <= QUERIES_MAX
    shown = tiles(page)
    assert shown["e-CNY stock"] == "2 M"
    assert shown["Clearing position"] == "0.00"
    assert shown["Open wallets"] == "1"
    assert shown["Webhooks waiting"] == "0"
    found = alerts(page)
    assert "The stock of 2 M yuan is below its low mark of 3 M." in found
    assert "1 break with the central bank is not explained." in found


@pytest.mark.parametrize("code", ["central-bank", "harbor"])
def test_who_may_see_nothing_sees_no_figure(busy: Network, code: str) -> None:
    with acting_as(code):
        page, _ = opened(person("nobody"))
        assert tiles(page) == {}
        assert "<svg" not in page
        clerk, queries = opened(person("clerk", "view_outboxmessage"))
        assert list(tiles(clerk)) == ["Messages waiting"]
        assert queries <= QUERIES_MAX


def test_dashboard_of_a_new_institution_says_that_there_is_nothing_yet() -> None:
    page, _ = opened(person("all", superuser=True))
    assert "Nothing to show yet." in page
