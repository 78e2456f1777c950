"""INV-12 where no table shows it: no customer in any log, nor in what passes through the broker."""

import base64
import json
import threading
from urllib.parse import urlsplit

import pytest
import redis

from cbdc.client.devnet import DevnetClient
from cbdc.devnet.stack import Devnet
from tests.system.support import DECIDED_TIMEOUT_S, open_wallet

pytestmark = pytest.mark.system

PAYMENTS = 5
STOP = "no-customer-test-ends"


def test_inv_12_no_log_and_no_broker_message_names_a_customer(devnet: Devnet) -> None:
    """Everyone who is seeded is a canary; two of them enrol, top up and pay each other."""
    assert devnet.valkey is not None
    socket = urlsplit(devnet.valkey.url).path
    heard: list[str] = []
    listener = threading.Thread(target=_listen, args=(socket, heard))
    listener.start()
    try:
        payer = open_wallet(devnet, "harbor", 7, top_up=100_00)
        payee = open_wallet(devnet, "lotus", 7)
        for _ in range(PAYMENTS):
            payment = payer.client().pay(payee.wallet_id, 100)
            ended = payer.client().await_payment(payment.payment_id, timeout_s=DECIDED_TIMEOUT_S)
            assert ended.status == "completed"
    finally:
        with redis.Redis(unix_socket_path=socket) as broker:
            broker.publish(STOP, "")
        listener.join(20)
    assert not listener.is_alive()

    logs = [path.read_text() for path in (devnet.state_dir / "log").iterdir()]
    assert len(logs) >= 2 * len(devnet.network.members)
    assert any("deliver" in text for text in heard)  # doorbells rang, and we heard them
    for canary in _canaries(devnet):
        assert not any(canary in text for text in logs)
        assert not any(canary in text for text in heard)


def _canaries(devnet: Devnet) -> set[str]:
    """What is known of people, also as JSON writes it."""
    found = set()
    for bank in devnet.network.banks:
        for person in DevnetClient(bank.base_url).seed().people:
            found |= {person.full_name, person.phone, person.id_number, person.deposit_account}
    return found | {json.dumps(text).strip('"') for text in found}


def _listen(socket: str, heard: list[str]) -> None:
    """Every command that the broker gets, bodies of tasks decoded, until the end is published."""
    connection = redis.Redis(unix_socket_path=socket, encoding_errors="backslashreplace")
    with connection as broker, broker.monitor() as monitor:
        for command in monitor.listen():
            text = str(command["command"])
            if STOP in text:
                return
            heard.append(text)
            start, _, _ = text.partition('{"body": "')
            if start != text:
                body = text[len(start) + len('{"body": "') :].partition('"')[0]
                heard.append(base64.b64decode(body).decode())
