"""docs/reference/webhooks.md: its example works, and its figures are the code's."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from cbdc.identifiers import new_id
from tests.webhooks.conftest import DATABASES, Owner
from tests.webhooks.receiver import Received, Receiver
from wallets.webhooks import batch, delivery, domain, guard, names, pinned, purging, queue, services
from wallets.webhooks.delivery import deliver_due
from wallets.webhooks.models import Delivery

PAGE = (Path(settings.BASE_DIR) / "docs/reference/webhooks.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
UNITS = {"s": "seconds", "min": "minutes", "h": "hours"}


def receiving() -> Any:
    """The page's `receive`."""
    names_of_the_page: dict[str, Any] = {}
    exec(EXAMPLES[0], names_of_the_page)  # noqa: S102 - our own page
    return names_of_the_page["receive"]


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_receiver_of_the_page_takes_an_event_once(
    owner: Owner, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = owner.registers(receiver.url)
    secret, receive = owner.secrets[endpoint.id], receiving()

    def answer(request: Received) -> int:
        return int(receive(secret, dict(request.headers), request.body))

    receiver.answer = answer
    event_id = owner.hears()
    assert deliver_due() == 1
    services.redeliver(owner_id=owner.id, endpoint_id=endpoint.id, event_id=event_id)
    assert deliver_due() == 1
    assert capsys.readouterr().out.count("order.paid") == 1
    [one, two] = receiver.received
    assert receive(secret, dict(one.headers), one.body + b" ") == 401
    other = services.rotate_secret(owner_id=owner.id, endpoint_id=endpoint.id)
    assert receive(other, dict(two.headers), two.body) == 401


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_call_of_the_page_tells(owner: Owner) -> None:
    owner.registers("http://127.0.0.1:9999/")
    exec(EXAMPLES[1], {"merchant_id": owner.id, "event_id": new_id()})  # noqa: S102 - our own page
    assert Delivery.objects.count() == 1


def test_table_of_retries_is_the_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) (s|min|h) \|$", PAGE, re.MULTILINE)
    delays = [timedelta(**{UNITS[unit]: int(number)}) for _, number, unit in rows]
    assert tuple(delays) == domain.RETRY_AFTER
    assert [int(attempt) for attempt, *_ in rows] == list(range(2, len(rows) + 2))


@pytest.mark.parametrize(
    "words",
    [
        f"longer by up to {domain.JITTER * 100:.0f} %",
        f"given up after {domain.GIVE_UP_AFTER.days} days",
        f"stay for {purging.KEPT_FOR.days} days",
        f"signs too for {services.ROTATION_OVERLAP.total_seconds() / 3600:.0f} hours",
        f"At most {services.SECRETS_MAX} secrets",
        f"at most {guard.URL_LENGTH_MAX:,} characters",
        f"or from {guard.PORT_UNPRIVILEGED_MIN} on",
        f"{names.LOOK_UP_S:.0f} s for each look-up",
        f"{pinned.CONNECT_S:.0f} s to connect",
        f"{pinned.TOTAL_S:.0f} s for the whole attempt",
        f"takes {pinned.TOTAL_S:.0f} seconds is a failure",
        f"lease of {queue.LEASE.seconds} seconds",
        f"up to {batch.ENDPOINT_FLIGHTS_MAX} while",
        f"({delivery.SLOW_MAX} requests)",
        f"quick ones ({delivery.QUICK_MAX})",
        f"at most {services.ENDPOINTS_MAX} live endpoints",
        f"at most {services.EVENTS_MAX} events",
    ],
)
def test_page_names_the_limit(words: str) -> None:
    assert words in PAGE


def test_page_names_every_status_that_says_of_the_receiver() -> None:
    assert ", ".join(map(str, sorted(domain.BUSY))) in PAGE
    assert f"| {domain.GONE} |" in PAGE
