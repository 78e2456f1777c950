"""A bank's real worker sends webhooks; killed with one in the air, it sends that one again."""

import time
from collections.abc import Callable

import pytest

from cbdc.devnet.stack import Devnet
from cbdc.identifiers import new_id
from tests.webhooks.receiver import Receiver
from wallets.webhooks.queue import LEASE

pytestmark = pytest.mark.system
OWNER = new_id()
BEGIN = f"""
from uuid import UUID
from wallets.webhooks.services import emit, register_endpoint
owner = UUID("{OWNER}")
"""
SPARE_S = 15.0


def at_harbor(devnet: Devnet, code: str) -> None:
    done = devnet.manage("harbor", "shell", "-c", BEGIN + code)
    assert done.returncode == 0, done.stderr


def until(happened: Callable[[], bool], within_s: float) -> None:
    ends = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_killed_workers_webhook_is_sent_again_with_its_id(devnet: Devnet) -> None:
    with Receiver() as hanging, Receiver() as healthy:
        for url in (hanging.url, healthy.url):
            at_harbor(devnet, f"register_endpoint(owner_id=owner, url='{url}', events=['a.b'])")
        hanging.hangs()
        event_id = new_id()
        tell = "emit(owner_id=owner, event='a.b', event_id=UUID('{}'), data={{}})"
        at_harbor(devnet, tell.format(event_id))
        until(lambda: bool(hanging.received and healthy.received), SPARE_S)
        devnet.kill("harbor-worker")
        hanging.answers(204)
        hanging.wake()
        until(lambda: len(hanging.received) == 2, LEASE.total_seconds() + SPARE_S)
        one, two = hanging.received
        assert one.headers["webhook-id"] == two.headers["webhook-id"] == f"msg_{event_id.hex}"
        assert one.body == two.body
        at_harbor(devnet, tell.format(new_id()))
        until(lambda: len(healthy.received) >= 2, SPARE_S)
