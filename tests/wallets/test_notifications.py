"""Holders hear of money in, money out and a new device; and nothing is lost on the way."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import override_settings

from cbdc.clock import injected, now
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from wallets.accounts.sms import FileSms
from wallets.notifications import services
from wallets.notifications.channels import Notice, WebhookChannel
from wallets.notifications.models import Notification

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
SENT: list[Notice] = []
CHANNELS = "tests.wallets.test_notifications"


class Recorder:
    def send(self, notice: Notice) -> None:
        SENT.append(notice)


class Broken:
    def send(self, notice: Notice) -> None:
        raise ConnectionError("the operator is away")


def send_due(code: str = "harbor", channel: str = "Recorder") -> list[tuple[str, str, int | None]]:
    """What went out: wallet, event, amount."""
    SENT.clear()
    with acting_as(code), override_settings(NOTIFICATION_CHANNEL=f"{CHANNELS}.{channel}"):
        services.send_due()
    return sorted((notice.wallet_id, notice.event, notice.amount) for notice in SENT)


def test_payer_and_payee_hear_of_a_payment(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    assert send_due() == [(alice.wallet_id, "money_in", PURSE)]  # the top-up
    alice.pay(bob.wallet_id, 12_34)
    assert send_due() == sorted(
        [(alice.wallet_id, "money_out", 12_34), (bob.wallet_id, "money_in", 12_34)]
    )
    alice.pay(carol.wallet_id, 5_00)
    network.drain()
    assert send_due() == [(alice.wallet_id, "money_out", 5_00)]
    assert send_due("lotus") == [(carol.wallet_id, "money_in", 5_00)]
    assert send_due() == []  # each once


def test_refused_payment_tells_nobody_and_money_back_does(
    network: Network, alice: Holder, carol: Holder
) -> None:
    send_due()
    alice.pay(carol.wallet_id, PURSE + 1)
    assert send_due() == []
    carol.post(f"/api/v1/wallets/{carol.wallet_id}/freeze", {})
    alice.pay(carol.wallet_id, 1_00)
    network.drain()
    assert send_due() == [(alice.wallet_id, "money_in", 1_00), (alice.wallet_id, "money_out", 1_00)]


def test_new_device_is_told_of(network: Network, alice: Holder) -> None:
    send_due()
    Holder(network, "harbor", 0)
    assert send_due() == [(alice.wallet_id, "new_device", None)]


def test_channel_that_is_away_is_tried_again_and_given_up(alice: Holder) -> None:
    send_due(channel="Broken")
    with acting_as("harbor"):
        assert Notification.objects.get().state == "due"
    assert send_due() == []  # not before its time
    later = now() + timedelta(minutes=1)
    with injected(lambda: later):
        assert send_due() == [(alice.wallet_id, "money_in", PURSE)]
    with acting_as("harbor"):
        Notification.objects.update(state="due", attempts=services.ATTEMPTS_MAX - 1)
    with injected(lambda: later):
        send_due(channel="Broken")
    with acting_as("harbor"):
        assert Notification.objects.get().state == "given_up"
        assert services.purge_notifications() == 0
        next_year = now() + timedelta(days=365)
        with injected(lambda: next_year):
            assert services.purge_notifications() == 1


def test_sms_names_no_more_than_the_last_digits(alice: Holder) -> None:
    with acting_as("harbor"):
        services.send_due()
        text = FileSms().last_text(alice.phone)
    assert text == f"e-CNY wallet {alice.wallet_id[-4:]}: 500.00 yuan received."


def test_webhook_gets_no_phone(alice: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[Any] = []

    def post(url: str, **values: Any) -> Any:
        posted.append((url, values))
        answer = requests.Response()
        answer.status_code = 204
        return answer

    monkeypatch.setattr(requests, "post", post)
    notice = Notice(alice_id(alice), alice.wallet_id, "money_in", 5, now(), alice.phone)
    with override_settings(NOTIFICATION_URL="https://push.bank.example/e-cny"):
        WebhookChannel().send(notice)
    [(url, values)] = posted
    assert url == "https://push.bank.example/e-cny"
    assert values["json"]["event"] == "money_in"
    assert values["allow_redirects"] is False
    assert alice.phone not in str(values)


def alice_id(alice: Holder) -> Any:
    with acting_as("harbor"):
        return Notification.objects.get(wallet_id=alice.wallet_id).id


def test_every_channel_of_the_documents_is_there() -> None:
    from django.utils.module_loading import import_string

    assert settings.NOTIFICATION_CHANNEL.endswith("SmsChannel")
    for name in ("SmsChannel", "WebhookChannel", "ConsoleChannel"):
        assert import_string(f"wallets.notifications.channels.{name}")
