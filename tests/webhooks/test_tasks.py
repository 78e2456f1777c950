"""The doorbell: what rang is sent now, what rang no bell is found, and the schedule is whole."""

import threading
import time
from collections.abc import Callable

import pytest
from celery import current_app
from celery.signals import worker_shutting_down
from django.db import connections

from cbdc.messaging import delivery as messages
from cbdc.settings import commercial_bank
from tests.support import acting_as
from tests.webhooks.conftest import DATABASES, Owner
from tests.webhooks.receiver import Receiver
from wallets.webhooks import bell, delivery, tasks


def until(happened: Callable[[], bool], within_s: float = 5.0) -> None:
    ends = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.01)


def in_a_worker(task: Callable[[], None]) -> threading.Thread:
    """Run the task as a slot of the bank's worker does."""

    def run() -> None:
        with acting_as("harbor"):
            try:
                task()
            finally:
                connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_run_looks_on_for_what_rang_no_bell(
    owner: Owner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two payments in one second the second rings no bell in its own process."""
    owner.registers(receiver.url)
    owner.hears()
    worker = in_a_worker(tasks.deliver)
    until(lambda: len(receiver.received) == 1)
    time.sleep(bell.RING_PAUSE_S / 2)
    monkeypatch.setattr("wallets.webhooks.services.ring", lambda: None)
    owner.hears()
    until(lambda: len(receiver.received) == 2, within_s=0.5)
    worker.join()


def test_schedule_names_tasks_that_are_there() -> None:
    for name in ("webhooks", "webhooks-purge"):
        assert commercial_bank.CELERY_BEAT_SCHEDULE[name]["task"] in current_app.tasks


def test_worker_that_shuts_down_begins_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (delivery, messages):
        monkeypatch.setattr(module, "_closing", threading.Event())
    worker_shutting_down.send(sender=None, sig="SIGTERM", how="Warm", exitcode=0)
    assert delivery._closing.is_set()
