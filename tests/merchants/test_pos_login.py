"""Who is let in to the cashier page, and who no longer."""

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.template.loader import get_template
from django.test import Client

from cbdc.clock import injected, now
from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.cashier import CSRF, Cashier
from tests.merchants.support import Till
from tests.support import acting_as
from wallets.merchants import pos, pos_session
from wallets.merchants.keys import Scope
from wallets.merchants.models import ApiKey, Merchant

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
COOKIE = "pos-harbor"
PAGES = ["/pos/", "/pos/orders", f"/pos/orders/{'0' * 8}-0000-7000-8000-{'0' * 12}"]
TEMPLATES = ["login", "till", "order", "day", "refused", "base"]


@pytest.fixture
def cashier(network: Network, shop: Till) -> Cashier:
    """In front of harbor's coffee shop's till, not logged in."""
    return Cashier(shop)


def test_key_opens_the_till(cashier: Cashier) -> None:
    answer = cashier.log_in()
    assert (answer.status_code, answer["Location"]) == (302, "/pos/")
    page = cashier.get("/pos/").content.decode()
    assert "Harbor Bank Coffee House" in page
    assert '<html lang="en">' in page


def test_cookie_is_signed_strict_and_holds_no_key(cashier: Cashier) -> None:
    cashier.log_in()
    cookie = cashier.client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/pos/")
    name, *rest = cookie.value.split(":")
    assert len(rest) == 2  # when, and a signature
    with acting_as("harbor"):
        kept = Session.objects.get(session_key=name).get_decoded()
        key = ApiKey.objects.get(name="seeded")
    assert kept == {"key_id": str(key.id), "_session_expiry": 12 * 3600}


def test_session_names_must_be_signed_by_this_bank(cashier: Cashier, far_shop: Till) -> None:
    cashier.log_in()
    signed = cashier.client.cookies[COOKIE].value
    name, when, signature = signed.split(":")
    for forged in (name, f"{name}:{when}:{signature[::-1]}", f"x{signed}", ""):
        cashier.client.cookies[COOKIE] = forged
        assert not cashier.is_logged_in, forged
    other = Cashier(far_shop)
    other.log_in()
    other.client.cookies["pos-lotus"] = signed
    assert not other.is_logged_in


@pytest.mark.parametrize("key", ["", "sk_", "sk_wrong", "x" * 300, "sk_\x00", "sk_密钥"])
def test_wrong_key_opens_nothing(cashier: Cashier, key: str) -> None:
    answer = cashier.log_in(key)
    assert answer.status_code == 401
    assert "This key is not in use." in answer.content.decode()
    if len(key) > 3:
        assert key not in answer.content.decode()
    assert COOKIE not in cashier.client.cookies
    assert not cashier.is_logged_in


def test_nobody_is_let_in_without_a_session(cashier: Cashier) -> None:
    cashier.get("/pos/login")
    for path in PAGES:
        answer = cashier.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/pos/login"), path
    before = fingerprint("harbor")
    for answer in (
        cashier.call("orders", {"amount": "1"}),
        cashier.call("charges", {"amount": "1", "payment_code": "1" * 20}),
        cashier.get("/pos/calls/orders/x"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")
    assert fingerprint("harbor") == before


@pytest.mark.parametrize("how", ["revoked", "expired", "suspended"])
def test_key_that_ended_is_logged_out_at_the_next_request(cashier: Cashier, how: str) -> None:
    cashier.log_in()
    assert cashier.is_logged_in
    with acting_as("harbor"):
        if how == "suspended":
            Merchant.objects.update(status=Merchant.Status.SUSPENDED)
        else:
            field = "revoked_at" if how == "revoked" else "expires_at"
            ApiKey.objects.update(**{field: now()})
    assert cashier.call("orders", {"amount": "1"}).status_code == 401
    assert not cashier.is_logged_in
    with acting_as("harbor"):
        assert Session.objects.count() == 0
        Merchant.objects.update(status=Merchant.Status.ACTIVE)
        ApiKey.objects.update(revoked_at=None, expires_at=None)
    assert not cashier.is_logged_in


def test_suspended_merchant_is_told_to_call_the_bank(cashier: Cashier) -> None:
    cashier.till.terms(status=Merchant.Status.SUSPENDED)
    answer = cashier.log_in()
    assert answer.status_code == 403
    assert "The merchant is suspended" in answer.content.decode()
    assert COOKIE not in cashier.client.cookies


def test_log_out_ends_the_session(cashier: Cashier) -> None:
    cashier.log_in()
    kept = cashier.client.cookies[COOKIE].value
    answer = cashier.form("/pos/logout")
    assert (answer.status_code, answer["Location"]) == (302, "/pos/login")
    assert cashier.client.cookies[COOKIE].value == ""
    cashier.client.cookies[COOKIE] = kept
    assert not cashier.is_logged_in


def test_logging_in_again_is_a_new_session(cashier: Cashier) -> None:
    cashier.log_in()
    first = cashier.client.cookies[COOKIE].value
    cashier.log_in()
    assert cashier.is_logged_in
    cashier.client.cookies[COOKIE] = first
    assert not cashier.is_logged_in


def test_session_ends_after_a_working_day(cashier: Cashier) -> None:
    cashier.log_in()
    with acting_as("harbor"):
        Session.objects.update(expire_date=now() - timedelta(seconds=1))
        assert Session.objects.count() == 1
        pos_session.purge()
        assert Session.objects.count() == 0
    assert not cashier.is_logged_in


def test_eleventh_try_of_a_minute_is_refused_to_the_right_key_too(cashier: Cashier) -> None:
    minute = now().replace(second=10)
    with injected(lambda: minute):
        for _ in range(pos.LOGINS_PER_MINUTE):
            assert cashier.log_in("sk_wrong").status_code == 401
        answer = cashier.log_in()
        assert (answer.status_code, answer["Retry-After"]) == (429, "50")
        assert "Too many tries" in answer.content.decode()
        assert not cashier.is_logged_in


def test_posts_of_other_sites_are_refused(cashier: Cashier, alice: Holder) -> None:
    assert cashier.form("/pos/login", csrf=False, key=cashier.till.key).status_code == 403
    cashier.log_in()
    refused = cashier.form("/pos/logout", csrf=False)
    assert refused.status_code == 403
    assert "This page is too old" in refused.content.decode()
    order = cashier.order()
    before = fingerprint("harbor")
    for path in (
        "orders",
        "charges",
        f"orders/{order['order_id']}/close",
        f"orders/{order['order_id']}/refunds",
    ):
        answer = cashier.call(path, {"amount": "1.00"}, csrf=False)
        assert answer.status_code == 403, path
        assert answer.json()["reason"]["en"].startswith("This page is too old"), path
    assert fingerprint("harbor") == before
    assert cashier.is_logged_in


def test_staff_pages_keep_their_own_answer_to_a_missing_token(network: Network) -> None:
    with acting_as("harbor"):
        answer = Client(enforce_csrf_checks=True).post("/admin/login/", {})
    assert answer.status_code == 403
    assert b"CSRF verification failed" in answer.content


def test_key_is_in_no_log(cashier: Cashier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cashier.log_in("sk_" + "w" * 40)
    cashier.log_in()
    cashier.get("/pos/")
    assert cashier.till.key not in caplog.text
    assert "w" * 40 not in caplog.text


def test_pages_show_what_the_key_may_do(cashier: Cashier) -> None:
    seller = Cashier(cashier.till.other_key(Scope.CHARGES))
    seller.log_in()
    page = seller.get("/pos/").content.decode()
    assert 'id="charge"' in page
    assert 'id="show"' not in page
    answer = seller.call("orders", {"amount": "1.00"})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert seller.is_logged_in


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_have_no_script_or_style_of_their_own(name: str) -> None:
    template = get_template(f"pos/{name}.html")
    text = Path(str(template.origin)).read_text()  # type: ignore[attr-defined]
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script
    assert "<style" not in text
    assert not re.search(r"\s(style|on\w+)=", text)
    assert "|safe" not in text


def test_pos_without_a_slash_leads_there(cashier: Cashier) -> None:
    with acting_as("harbor"):
        answer = Client().get("/pos")
    assert (answer.status_code, answer["Location"]) == (302, "/pos/")


def test_csrf_token_changes_at_the_log_in(cashier: Cashier) -> None:
    cashier.get("/pos/login")
    before = cashier.client.cookies[CSRF].value
    cashier.log_in()
    assert cashier.client.cookies[CSRF].value != before
