"""A merchant's day ties to its wallet to the fen, as CSV and as camt.053."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyiso20022.camt.camt_053_001_08 import camt_053_001_08 as camt
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

from cbdc.clock import CHINA_STANDARD_TIME, injected, now
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, refused, scan
from tests.support import acting_as
from wallets.merchants import statement
from wallets.merchants.returns import send_due_returns

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
PATH = "/api/v1/merchant/statements/"


def today() -> str:
    return now().astimezone(CHINA_STANDARD_TIME).date().isoformat()


def read(till: Till, day: str = "") -> list[dict[str, str]]:
    answer = till.get(PATH + (day or today()))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    with acting_as(till.bank):
        text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def busy_day(network: Network, till: Till, payer: Holder) -> list[dict[str, Any]]:
    """Three orders and one static payment, a refund, and money that goes back."""
    orders = [till.order(PRICE + index, description=f"={index}") for index in range(3)]
    for order in orders:
        scan(payer, order)
    network.drain()
    till.refund(orders[0], 7_00, out_refund_no="R-1")
    closed = till.order()
    till.post(f"{ORDERS}/{closed['order_id']}/close")
    scan(payer, closed)
    qr = till.post("/api/v1/merchant/static-qr").json()["qr"]
    payer.post("/api/v1/payments", {"payer_wallet": payer.wallet_id, "qr": qr, "amount": 5_00})
    network.drain()
    later = now() + timedelta(seconds=1)
    with injected(lambda: later):
        with acting_as(till.bank):
            send_due_returns()
        network.drain()
    return orders


@pytest.mark.parametrize("page", [500, 2])
def test_day_adds_up_and_ties_to_the_wallet(
    network: Network,
    far_shop: Till,
    alice: Holder,
    monkeypatch: pytest.MonkeyPatch,
    page: int,
) -> None:
    monkeypatch.setattr(statement, "PAGE", page)
    far_shop.terms(fee_basis_points=100)
    orders = busy_day(network, far_shop, alice)
    opening, *lines = read(far_shop)
    totals = [line for line in lines if line["kind"].startswith("total_")]
    closing, lines = lines[-len(totals) - 1], lines[: -len(totals) - 1]
    assert (opening["kind"], closing["kind"]) == ("opening_balance", "closing_balance")
    balance = int(opening["balance_after"])
    for line in lines:
        balance += int(line["amount"]) * (1 if line["direction"] == "in" else -1)
        assert int(line["balance_after"]) == balance, line
    assert int(closing["balance_after"]) == balance == far_shop.balance
    payments = [line for line in lines if line["kind"] == "payment"]
    assert [line["order_id"] for line in payments[:3]] == [order["order_id"] for order in orders]
    assert payments[0]["description"] == "'=0"
    assert payments[3]["order_id"] == ""
    [refund] = [line for line in lines if line["kind"] == "refund"]
    assert (refund["out_refund_no"], refund["out_trade_no"]) == ("R-1", orders[0]["out_trade_no"])
    [back] = [line for line in lines if line["kind"] == "return"]
    assert (back["direction"], back["amount"]) == ("out", str(PRICE))
    summed = {line["kind"]: int(line["amount"]) for line in totals}
    assert summed["total_payment"] == 4 * PRICE + 3 + 5_00
    assert (summed["total_refund"], summed["total_return"]) == (7_00, PRICE)
    assert summed["total_fee"] == sum(far_shop.see(order)["fee"] for order in orders)


def test_quiet_day_opens_and_closes_alike(network: Network, shop: Till, alice: Holder) -> None:
    scan(alice, shop.order())
    yesterday = (now().astimezone(CHINA_STANDARD_TIME) - timedelta(days=1)).date().isoformat()
    opening, closing = read(shop, yesterday)
    assert (opening["balance_after"], closing["balance_after"]) == ("0", "0")
    tomorrow = now() + timedelta(days=1)
    with injected(lambda: tomorrow):
        opening, closing = read(shop)
        assert (opening["balance_after"], closing["balance_after"]) == (str(PRICE), str(PRICE))


def test_days_that_are_none_are_not_found(shop: Till) -> None:
    later = (now() + timedelta(days=2)).date().isoformat()
    for day in (later, "2026-02-30", "20260101", "yesterday", "2026-1-1"):
        assert refused(shop.get(PATH + day)) == (404, "not_found"), day
    assert refused(shop.other_key(shop="North").get(PATH + today())) == (403, "permission_denied")
    assert refused(shop.get(PATH + today(), format="pdf")) == (422, "validation_failed")


def test_camt053_says_the_same_by_its_schema(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    busy_day(network, far_shop, alice)
    answer = far_shop.get(PATH + today(), format="camt.053")
    assert answer["Content-Type"] == "application/xml"
    strict = ParserConfig(fail_on_unknown_properties=True, fail_on_unknown_attributes=True)
    document = XmlParser(config=strict).from_bytes(answer.content, camt.Document)
    [told] = document.bk_to_cstmr_stmt.stmt
    opening, closing = told.bal
    assert told.acct.id.othr.id == far_shop.wallet_id
    assert closing.amt.value == Decimal(far_shop.balance) / 100
    signs = {camt.CreditDebitCode.CRDT: 1, camt.CreditDebitCode.DBIT: -1}
    change = sum(entry.amt.value * signs[entry.cdt_dbt_ind] for entry in told.ntry)
    assert opening.amt.value + change == closing.amt.value
    assert {entry.sts.cd for entry in told.ntry} == {"BOOK"}
    kinds = [entry.bk_tx_cd.prtry.cd for entry in told.ntry]
    assert sorted(kinds) == ["payment"] * 5 + ["refund", "return"]
