"""The cashier page in a real browser, against real processes of two banks.

`SCREENSHOTS=folder` keeps pictures of every page; docs/reference/pos.md shows three of them.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cbdc.client.devnet import DevnetClient
from cbdc.client.transport import Transport
from cbdc.devnet.stack import Devnet
from tests.merchants.cashier import wait_past_midnight
from tests.system.browser import DESK, PHONE, Browser, programs
from tests.system.support import DECIDED_TIMEOUT_S, Holder, assert_books_hold, open_wallet

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(programs() is None, reason="Chromium is not on this machine"),
]
PURSE = 100_00
PRICE = 18_00
SOON_S = 3.0  # a look each half second; the rest is for a machine with four busy institutions


class Shop:
    """Harbor's seeded coffee shop: its page, and its key."""

    def __init__(self, devnet: Devnet) -> None:
        self.url = devnet.network.member("harbor").base_url
        self.key = DevnetClient(self.url).seed().merchants[0].api_key

    def qr_of(self, order_id: str) -> str:
        """What the code of an order says, as its merchant's programs see it."""
        wire = Transport(self.url).request(
            "GET",
            f"/api/v1/merchant/orders/{order_id}",
            headers={"Authorization": f"Bearer {self.key}"},
        )
        return str(wire.body["qr"])

    def log_in(self, browser: Browser) -> None:
        browser.open(f"{self.url}/pos/")
        browser.find("#key").send_keys(self.key)
        browser.type("", enter=True)
        browser.find("#amount")


@pytest.fixture
def shop(devnet: Devnet) -> Shop:
    wait_past_midnight()
    return Shop(devnet)


@pytest.fixture(scope="module")
def customer(devnet: Devnet) -> Holder:
    """A holder of lotus, the other bank, with 100.00 yuan."""
    return open_wallet(devnet, "lotus", 19, top_up=PURSE)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "profile") as running:
        yield running
        assert running.faults() == []


def look_at(browser: Browser, name: str) -> None:
    """The page fits a desk and a phone; keep a picture of each when they are wanted."""
    folder = os.environ.get("SCREENSHOTS")
    for form, size in (("phone", PHONE), ("desk", DESK)):
        browser.size(size)
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), name
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            browser.picture(Path(folder) / f"pos-{name}-{form}.png")
            if size == DESK:
                browser.picture(Path(folder) / f"pos-{name}.png", scale=0.5)


def state(browser: Browser) -> str:
    return str(browser.run("return document.getElementById('order')?.dataset.status ?? ''"))


def until_state(browser: Browser, wanted: str) -> None:
    browser.until(lambda: state(browser) == wanted, f"the order is {wanted}")


def test_customer_of_another_bank_pays_and_is_refunded(
    devnet: Devnet, shop: Shop, browser: Browser, customer: Holder, tmp_path: Path
) -> None:
    browser.open(f"{shop.url}/pos/")
    browser.find("#key")
    look_at(browser, "login")
    shop.log_in(browser)
    assert "pos-" not in browser.run("return document.cookie")
    assert shop.key not in browser.driver.page_source + browser.driver.current_url

    for key in ("1", "8", ".", "0", "0"):
        browser.click(f'#keypad [data-key="{key}"]')
    assert browser.run("return document.activeElement.id") == "amount"
    browser.find("#description").send_keys("Flat white 拿铁")
    look_at(browser, "till")
    browser.click("#show")

    drawn = "const qr = document.querySelector('.qr'); return qr.complete && qr.naturalWidth > 0"
    browser.find(".qr")
    browser.until(lambda: browser.run(drawn), "the code is drawn")
    assert browser.text(".about .sum").endswith("¥18.00")
    assert browser.text("#left").startswith(("5:00", "4:5"))
    assert browser.shown("#next") == []
    look_at(browser, "qr")
    order_id = str(browser.run("return document.getElementById('order').dataset.order"))
    qr = shop.qr_of(order_id)
    assert browser.scan(tmp_path / "qr.png") in (qr, None)
    browser.run("window.notReloaded = true")
    client = customer.client()
    payment = client.pay_qr(qr)
    client.await_payment(payment.payment_id, timeout_s=DECIDED_TIMEOUT_S)
    completed = time.monotonic()
    until_state(browser, "paid")
    assert time.monotonic() - completed < SOON_S
    assert browser.text(".about .state").startswith("PAID")
    assert browser.run("return window.notReloaded")
    look_at(browser, "paid")
    assert customer.balance() == PURSE - PRICE

    browser.open(f"{shop.url}/pos/orders")
    browser.click(f'[data-refund="{order_id}"]')
    amount = browser.find("#refund-amount")
    assert amount.get_attribute("value") == "18.00"
    browser.type("5.50")  # over the selected amount
    browser.find("#refund-reason").send_keys("Cold")
    browser.click("#refund-go")
    assert browser.text("#refund-said").startswith("Give ¥5.50 back")
    look_at(browser, "refund")
    browser.click("#refund-go")
    browser.until(lambda: "Refunded" in browser.text("#refund-said"), "the refund is done")
    browser.click("#refund-go")
    browser.find(f'[data-refund="{order_id}"][data-left="12.50"]')
    assert "¥5.50" in browser.text("tbody tr:first-child")
    assert customer.balance() == PURSE - PRICE + 5_50
    assert shop.key not in devnet.runner.log_file("harbor-web").read_text()
    assert_books_hold(devnet)


def test_codes_of_another_bank_are_scanned_at_the_keyboard_alone(
    shop: Shop, browser: Browser, customer: Holder
) -> None:
    shop.log_in(browser)
    client, before = customer.client(), customer.balance()
    browser.type("3.20", enter=True)
    assert browser.run("return document.activeElement.id") == "code"
    browser.type(client.payment_code().payment_code, enter=True)
    until_state(browser, "paid")
    assert customer.balance() == before - 3_20
    browser.until(
        lambda: browser.run("return document.activeElement.id") == "next", "the next sale"
    )

    browser.type("", enter=True)  # a new sale; the scanner fires while the amount has the focus
    browser.find("#amount")
    browser.type("500" + client.payment_code().payment_code, enter=True)
    until_state(browser, "refused")
    assert browser.text("#reason").startswith("There is not enough money in the wallet.")
    look_at(browser, "refused")

    browser.open(f"{shop.url}/pos/")
    browser.find("#amount")
    browser.type("1.00", enter=True)
    browser.type("00121234", enter=True)
    browser.until(lambda: "no payment code" in browser.text("#said"), "the reason")
    assert browser.run("return document.activeElement.id") == "code"
    look_at(browser, "wrong-code")
    assert browser.faults() != []  # Chromium notes each 422
    browser.open(f"{shop.url}/pos/orders")
    assert "Refused" in browser.text("tbody tr:first-child")
    look_at(browser, "list")


def test_cancelled_code_is_not_paid_and_log_out_closes_the_till(
    shop: Shop, browser: Browser
) -> None:
    shop.log_in(browser)
    browser.type("2.00")
    browser.click("#show")
    browser.click("#cancel")
    until_state(browser, "closed")
    assert browser.text(".about .state").startswith("Cancelled")
    browser.click("nav button")
    browser.find("#key")
    browser.open(f"{shop.url}/pos/orders")
    browser.find("#key")


def test_page_goes_on_when_the_bank_was_away(
    devnet: Devnet, shop: Shop, browser: Browser, customer: Holder
) -> None:
    shop.log_in(browser)
    browser.type("1.00")
    browser.click("#show")
    browser.find(".qr")
    order_id = str(browser.run("return document.getElementById('order').dataset.order"))
    qr = shop.qr_of(order_id)
    devnet.stop_process("harbor-web")
    try:
        browser.find("#offline")
    finally:
        devnet.start_process("harbor-web")
        devnet.wait_ready("harbor")
    customer.client().pay_qr(qr)
    until_state(browser, "paid")
    assert browser.shown("#offline") == []
    browser.faults()  # what Chromium said of the connection
