"""The staff consoles in a real browser, against real processes: log in, with a second factor too,
issue with two people, freeze a wallet, find a payment.
"""

from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.support.select import Select

from cbdc.access.second_factor import RECOVERY_CODES
from cbdc.client.central_bank import CentralBankClient
from cbdc.client.transport import ApiProblem
from cbdc.devnet.stack import Devnet
from tests.access.factor import code_of
from tests.system.browser import DESK, PHONE, Browser, programs
from tests.system.conftest import STRICT
from tests.system.support import DECIDED_TIMEOUT_S, Holder, open_wallet, wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(programs() is None, reason="Chromium is not on this machine"),
]
PURSE = 100_00
ABOVE_QUOTA = 60_000_000_00
REQUESTS = "/admin/approvals/approvalrequest/"
NOT_THE_CODE = "not the code"
STEPS = range(-3, 4)  # of an authenticator's clock: more than a server forgives


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "profile") as running:
        yield running
        assert running.faults() == []


@pytest.fixture(scope="module")
def customer(devnet: Devnet) -> Holder:
    """A holder of harbor with 100.00 yuan."""
    return open_wallet(devnet, "harbor", 17, top_up=PURSE)


def give_password(devnet: Devnet, browser: Browser, code: str, username: str) -> str:
    """Give a seeded person's name and password at an institution; its address."""
    url = devnet.network.member(code).base_url
    browser.open(f"{url}/admin/")
    browser.driver.delete_all_cookies()
    browser.open(f"{url}/admin/")
    browser.find("#id_username").send_keys(username)
    browser.find("#id_password").send_keys(f"{username}-devnet-1")
    browser.type("", enter=True)
    return url


def log_in(devnet: Devnet, browser: Browser, code: str, username: str) -> str:
    """Log in at an institution that wants no second factor; its address."""
    url = give_password(devnet, browser, code, username)
    browser.find("#dashboard")
    return url


def said(browser: Browser) -> str:
    """What the page tells, in small letters."""
    return browser.text("#main").lower()


def act_on_first(browser: Browser, url: str, action: str) -> str:
    """Choose the first row of the list of requests, and an action for it."""
    browser.open(url + REQUESTS)
    browser.click("#changelist-form tbody input.action-select")
    Select(browser.find('select[name="action"]')).select_by_value(action)
    for reason in browser.shown('#changelist-form input[name="reason"]'):
        reason.send_keys("letter of 1 December")
    browser.run("document.getElementById('changelist-form').requestSubmit()")
    browser.until(lambda: browser.run("return document.readyState") == "complete", action)
    return said(browser)


def test_issuance_takes_two_people_in_the_browser(devnet: Devnet, browser: Browser) -> None:
    central = CentralBankClient(devnet.network.member("central-bank").base_url)
    url = log_in(devnet, browser, "harbor", "treasurer")
    browser.open(f"{url}/admin/treasury/tokenrequest/propose_request/")
    Select(browser.find("#id_operation")).select_by_value("issue")
    browser.find("#id_amount").send_keys("60,000,000.00")
    browser.find("#id_reason").send_keys("a holiday")
    browser.type("", enter=True)
    browser.until(lambda: "approvalrequest" in browser.driver.current_url, "it is proposed")

    url = log_in(devnet, browser, "harbor", "approver")
    assert "done" in act_on_first(browser, url, "approve")

    url = log_in(devnet, browser, "central-bank", "maker")

    def asked() -> bool:
        browser.open(url + REQUESTS)
        return "asked" in said(browser)

    wait_for(asked, DECIDED_TIMEOUT_S, "the request came in")
    before = central.supply().issued
    assert "done" in act_on_first(browser, url, "take_up")
    assert "cannot approve" in act_on_first(browser, url, "approve")
    assert central.supply().issued < before + ABOVE_QUOTA

    url = log_in(devnet, browser, "central-bank", "checker")
    assert "done" in act_on_first(browser, url, "approve")
    wait_for(
        lambda: central.supply().issued >= before + ABOVE_QUOTA, DECIDED_TIMEOUT_S, "it is issued"
    )


def test_wallet_that_is_frozen_in_the_browser_pays_nothing(
    devnet: Devnet, browser: Browser, customer: Holder
) -> None:
    payee = open_wallet(devnet, "harbor", 18)
    url = log_in(devnet, browser, "harbor", "teller")
    browser.find('.search-box input[name="q"]').send_keys(customer.wallet_id)
    browser.type("", enter=True)
    browser.until(lambda: customer.wallet_id in browser.driver.current_url, "the wallet's page")
    dialog(browser, "freeze_wallet")
    browser.until(lambda: "frozen" in said(browser), "it is frozen")
    with pytest.raises(ApiProblem) as refused:
        customer.client().pay(payee.wallet_id, 1_00)
    assert refused.value.code == "wallet_frozen"
    browser.open(f"{url}/admin/accounts/wallet/{customer.wallet_id}/change/")
    dialog(browser, "propose_unfreezing")
    browser.until(lambda: "proposed" in said(browser), "another person is asked")
    with pytest.raises(ApiProblem):
        customer.client().pay(payee.wallet_id, 1_00)
    url = log_in(devnet, browser, "harbor", "approver")
    assert "done" in act_on_first(browser, url, "approve")
    assert customer.client().pay(payee.wallet_id, 1_00).status == "completed"


def dialog(browser: Browser, action: str) -> None:
    """Press a button of the page, say why in its dialog, and send it."""
    wanted = action.replace("_", "-")
    links = f'a[href*="{action}"], a[href*="{wanted}"]'
    browser.until(lambda: browser.run(f"return document.querySelector('{links}') !== null"), action)
    browser.run(f"document.querySelector('{links}').click()")
    browser.find("#modal-content #id_reason, #dialog #id_reason").send_keys("police letter")
    for case in browser.shown("#dialog input[name*=case]"):
        case.send_keys("K-2026-7")
    browser.type("", enter=True)


def test_payment_is_found_by_its_id_and_shown_whole(
    devnet: Devnet, browser: Browser, customer: Holder
) -> None:
    payee = open_wallet(devnet, "lotus", 18)
    client = customer.client()
    paid = client.pay(payee.wallet_id, 2_00)
    client.await_payment(paid.payment_id, timeout_s=DECIDED_TIMEOUT_S)
    for code, username in (("harbor", "auditor"), ("central-bank", "auditor")):
        log_in(devnet, browser, code, username)
        browser.find('.search-box input[name="q"]').send_keys(paid.payment_id)
        browser.type("", enter=True)
        browser.until(lambda: paid.payment_id in browser.driver.current_url, "the payment's page")
        page = browser.text("article.report")
        assert "2.00" in page
        assert "pacs.008" in page
        assert "NOT VALID" not in page


def test_console_fits_a_phone_and_speaks_chinese(devnet: Devnet, browser: Browser) -> None:
    url = log_in(devnet, browser, "harbor", "administrator")
    for size in (PHONE, DESK):
        browser.size(size)
        for path in ("/admin/", "/admin/day-end/", "/admin/payments/payment/"):
            browser.open(url + path)
            browser.find("#main")
            assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), path
    browser.driver.add_cookie({"name": "django_language", "value": "zh-hans", "path": "/admin/"})
    browser.open(f"{url}/admin/")
    assert "数字人民币库存" in browser.text("#dashboard")


def give_code(browser: Browser, code: str) -> None:
    """Type a code where it is asked for, in place of what stands there."""
    field = browser.find("#id_code")
    field.clear()
    field.send_keys(code)
    browser.type("", enter=True)


def is_refused(browser: Browser) -> None:
    """Wait until the page says so, and see that the console is shut."""
    browser.until(lambda: NOT_THE_CODE in browser.text("body"), "the code is refused")
    browser.open(browser.driver.current_url.partition("/admin/")[0] + "/admin/")
    browser.find("#second-factor-form")
    assert browser.shown("#dashboard") == []


def log_out(browser: Browser) -> None:
    """By the menu under one's own name."""
    browser.click(r'[x-on\:click^="openUserLinks"]')
    browser.click("#logout-form button")
    browser.until(lambda: browser.shown("#dashboard") == [], "logged out")


def test_second_factor_is_set_up_from_the_page_and_asked_for_at_each_log_in(
    devnet: Devnet, browser: Browser, tmp_path: Path
) -> None:
    give_password(devnet, browser, STRICT, "auditor")
    typed = browser.text("[data-secret]").replace(" ", "")
    scanned = browser.scan(tmp_path / "qr.png")
    assert scanned is None or f"secret={typed}" in scanned
    secret = b32decode(typed).hex()
    right = {code_of(secret, step) for step in STEPS}
    wrong = next(code for code in map("{:06d}".format, range(10)) if code not in right)
    give_code(browser, wrong)
    browser.until(lambda: NOT_THE_CODE in browser.text("body"), "the code is refused")
    assert browser.text("[data-secret]").replace(" ", "") == typed
    give_code(browser, code_of(secret))
    recovery, *others = browser.text("[data-recovery-codes]").split()
    assert len(others) == RECOVERY_CODES - 1
    browser.click('a[href="/admin/"]')
    browser.find("#dashboard")
    log_out(browser)

    give_password(devnet, browser, STRICT, "auditor")
    give_code(browser, wrong)
    is_refused(browser)
    give_code(browser, code_of(secret, 1))  # the next one: the first was used
    browser.find("#dashboard")
    log_out(browser)

    give_password(devnet, browser, STRICT, "auditor")
    give_code(browser, recovery)
    browser.find("#dashboard")
    log_out(browser)

    give_password(devnet, browser, STRICT, "auditor")
    give_code(browser, recovery)
    is_refused(browser)
