"""A payment's whole life on one page, at each institution that it concerns."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cbdc import clock, identifiers
from cbdc.messaging import selectors
from central_bank.clearing.chase import chase
from commercial_banks.clearing.tasks import chase as ask_again
from tests.console.support import life_of, links, person
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import Till, scan
from tests.merchants.test_webhooks import register
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_auto_top_up import switch_on
from tests.webhooks.receiver import Receiver
from wallets.merchants.models import Refund
from wallets.payments.models import DepositMovement, Payment
from wallets.webhooks.models import Delivery

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@contextmanager
def later(hours: float) -> Iterator[None]:
    """The clock, and the ids that are made by it, so many hours on."""
    moment = clock.now() + timedelta(hours=hours)
    milliseconds = int(moment.timestamp() * 1000)
    with (
        clock.injected(lambda: moment),
        identifiers.injected(lambda: (milliseconds, secrets.randbits(74))),
    ):
        yield


def test_life_of_a_payment_between_banks_is_whole_at_all_three(
    payment_id: str, alice: Holder, carol: Holder
) -> None:
    payer = life_of("harbor", payment_id)
    for said in (
        *["20.00", "completed", "settled with its cycle", "its cycle was reconciled"],
        *["interbank out (pending)", "interbank out (post)", "pacs.008", "pacs.002"],
        *["valid, key", "signed by us, taken at"],
    ):
        assert said in payer, said
    assert "NOT VALID" not in payer
    assert f"/admin/accounts/wallet/{alice.wallet_id}/change/" in links(payer)
    assert f"/admin/accounts/wallet/{carol.wallet_id}/change/" not in links(payer)
    payee = life_of("lotus", payment_id)
    for said in ("from another bank", "interbank in", "pacs.008", "No device of this bank"):
        assert said in payee, said
    central = life_of("central-bank", payment_id)
    for said in ("came in", "decided: completed", "cycle 1, settled", "from harbor", "from lotus"):
        assert said in central, said


def test_life_tells_a_signature_that_is_not_the_payers(payment_id: str) -> None:
    with acting_as("harbor"):
        Payment.objects.filter(id=payment_id).update(signature_base="another text")
    assert "NOT VALID" in life_of("harbor", payment_id)


def test_life_of_an_order_tells_its_refund_and_webhook(network: Network, alice: Holder) -> None:
    with acting_as("harbor"):
        person("all", superuser=True)
    shop = Till("harbor")
    order = shop.order()
    payment = scan(alice, order).json()["payment_id"]
    page = life_of("harbor", payment)
    assert f"/admin/merchants/order/{order['order_id']}/change/" in links(page)
    assert "the order was paid" in page
    shop.refund(order, 5_00)
    with acting_as("harbor"):
        refund = Refund.objects.get()
    assert f"/admin/merchants/refund/{refund.id}/change/" in links(
        life_of("harbor", str(refund.payment_id))
    )


def lotus_is_away_for_hours(network: Network, alice: Holder, carol: Holder) -> str:
    """A payment that harbor and the central bank asked about each hour, before lotus took it."""
    network.away.add("lotus")
    paid = alice.pay(carol.wallet_id, 20_00).json()["payment_id"]
    network.drain()
    for hours in (1, 2, 3):
        with later(hours):
            chase()
            with acting_as("harbor"):
                ask_again()
        network.drain()
    network.away.clear()
    network.drain()
    return str(paid)


def test_payment_that_took_hours_has_the_messages_of_every_hour(
    network: Network, alice: Holder, carol: Holder
) -> None:
    payment_id = lotus_is_away_for_hours(network, alice, carol)
    central = life_of("central-bank", payment_id)
    assert central.count("camt.056") == 3  # one each hour
    assert central.count("pacs.028") == 3  # harbor's questions
    assert "There are more" not in central
    assert life_of("harbor", payment_id).count("pacs.028") == 3
    assert life_of("lotus", payment_id).count("camt.056") == 3


def test_messages_of_a_payment_are_found_by_their_indexes(payment_id: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert selectors.letters_about(UUID(payment_id)).letters
    plans = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows need no index
        for query in list(asked):
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    sent, came = plans
    assert "messaging_outbox_about" in sent
    assert "messaging_inbox_about" in came
    assert "Sort" not in sent + came  # the index has them in their order


def test_of_very_many_messages_the_first_and_the_last_are_shown(
    network: Network, alice: Holder, carol: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id = lotus_is_away_for_hours(network, alice, carol)
    monkeypatch.setattr(selectors, "LETTERS_MAX", 1)
    central = life_of("central-bank", payment_id)
    assert "There are more" in central
    assert central.count("pacs.008") == 2  # that came, and that went: the first each way
    assert central.count("camt.056") < 3
    assert central.count("from harbor") == central.count("from lotus") == 1  # the last that came
    monkeypatch.setattr(selectors, "LETTERS_MAX", 50)
    assert "There are more" not in life_of("central-bank", payment_id)


def test_top_up_of_what_a_payment_lacked_is_in_its_life(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    switch_on(alice)
    plain = alice.pay(bob.wallet_id, 100_00).json()["payment_id"]
    for payee in (bob, carol):
        lacking = alice.pay(payee.wallet_id, alice.balance + 12_34).json()["payment_id"]
        page = life_of("harbor", lacking)
        assert "12.34 yuan that it lacked were topped up" in page
        assert page.count("<td>top up</td>") == 2  # out of the deposit, into the wallet
        with acting_as("harbor"):
            movement = DepositMovement.objects.get(payment_id=lacking)
        assert f"/admin/payments/depositmovement/{movement.id}/change/" in links(page)
    assert "lacked" not in life_of("harbor", plain)
    assert "top up</td>" not in life_of("harbor", plain)
    assert (alice.balance, bob.balance) == (0, PURSE + 12_34)


def test_every_webhook_that_told_of_an_order_and_its_refunds_is_in_the_lives_of_its_payments(
    network: Network, alice: Holder
) -> None:
    with acting_as("harbor"):
        person("all", superuser=True)
    shop = Till("harbor")
    with ExitStack() as stack:
        register(shop, stack.enter_context(Receiver()))
    order, other = shop.order(), shop.order()
    payment = scan(alice, order).json()["payment_id"]
    scan(alice, other)
    for amount in (5_00, 1_00):
        shop.refund(order, amount)
    with acting_as("harbor"):
        refund = Refund.objects.earliest("id")
        told = {
            f"/admin/webhooks/delivery/{one.pk}/change/": one.event
            for one in Delivery.objects.exclude(body__contains=other["order_id"])
        }
    assert sorted(told.values()) == ["order.paid", "refund.completed", "refund.completed"]
    for one in (payment, str(refund.payment_id)):
        page = life_of("harbor", one)
        found = {link for link in links(page) if link.startswith("/admin/webhooks/delivery/")}
        assert found - {"/admin/webhooks/delivery/"} == set(told)  # that one is in the menu
        assert page.count("refund.completed") == 2
