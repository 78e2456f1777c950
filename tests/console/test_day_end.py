"""The day-end report: figures of one business day in China, for who may see it, to be printed."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cbdc import clock
from cbdc.clock import CHINA_STANDARD_TIME
from cbdc.console import sampling
from central_bank.clearing.settlement import settle_cycle
from tests.central_bank.support import close
from tests.console.support import QUERIES_MAX, links, person
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from wallets.accounts.supervision import report_day

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
DAY_END = "/admin/day-end/"


def today() -> datetime:
    return clock.now().astimezone(CHINA_STANDARD_TIME)


def cells(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    return [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in rows]


@pytest.fixture
def busy(network: Network, alice: Holder, carol: Holder) -> Network:
    for code in ("central-bank", "harbor"):
        with acting_as(code):
            sampling.take()
    alice.pay(carol.wallet_id, 20_00)
    network.drain()
    settle_cycle(close())
    network.drain()
    with acting_as("harbor"):
        report_day(today().date())
        later = clock.now() + timedelta(minutes=2)
        with clock.injected(lambda: later):
            sampling.take()
    network.drain()
    return network


def test_report_of_the_central_bank_adds_up(busy: Network) -> None:
    client = person("all", superuser=True)
    with CaptureQueriesContext(connections["default"]) as queries:
        page = client.get(DAY_END).content.decode()
    assert len(queries) <= QUERIES_MAX
    rows = cells(page)
    assert ["#1", "settled", "1", "20.00", "20.00", "0 %"] in rows
    assert ["Sum", "", "1", "20.00", "20.00", "0 %"] in rows
    assert ["issue", "2", "0.00", "4,000,000.00"] in rows
    assert ["harbor", "1", "480.00", "1,999,500.00"] in rows
    assert "Print" in page


def test_report_of_a_bank_has_its_payments_cycles_and_stock(busy: Network) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        later = clock.now() + timedelta(minutes=3)
        with (
            clock.injected(lambda: later),
            CaptureQueriesContext(connections["default"]) as queries,
        ):
            page = client.get(DAY_END).content.decode()
    assert len(queries) <= QUERIES_MAX
    rows = cells(page)
    assert ["Out to other banks", "1", "20.00"] in rows
    assert ["e-CNY stock", "1,999,500.00"] in rows
    assert any(row[4:] == ["20.00", "-20.00", "yes"] for row in rows), rows


@pytest.mark.parametrize("day", ["2019-12-31", "tomorrow", "2026-13-01", "9999-12-31"])
def test_day_that_is_none_or_not_over_is_not_found(network: Network, day: str) -> None:
    for code in ("central-bank", "harbor"):
        with acting_as(code):
            assert person("all", superuser=True).get(DAY_END, {"day": day}).status_code == 404


def test_day_of_another_time_has_nothing_of_this_one(busy: Network) -> None:
    before: Any = (today() - timedelta(days=1)).date().isoformat()
    page = person("all", superuser=True).get(DAY_END, {"day": before}).content.decode()
    assert "#1" not in page
    assert "Nothing of it." in page


def test_report_is_for_who_may_see_it(network: Network) -> None:
    for code, right in (("central-bank", "view_dailyreport"), ("harbor", "view_vaulttoken")):
        with acting_as(code):
            clerk = person("clerk", "view_outboxmessage")
            assert clerk.get(DAY_END).status_code == 403
            assert DAY_END not in links(clerk.get("/admin/").content.decode())
            entitled = person("treasurer", right)
            assert DAY_END in links(entitled.get("/admin/").content.decode())
            assert entitled.get(DAY_END).status_code == 200
