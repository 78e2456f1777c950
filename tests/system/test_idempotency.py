"""50 requests at once with one key, key after key, and a kill in the middle: one effect each."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from cbdc.client.wallet_client import WalletClient
from cbdc.devnet.stack import Devnet
from cbdc.identifiers import new_id
from tests.scale import scaled
from tests.system.support import Holder, assert_books_hold, balances, open_wallet

pytestmark = [pytest.mark.system, pytest.mark.soak]

KEYS = scaled(ci=10, soak=1000)
AT_ONCE = 50
KILLS = scaled(ci=1, soak=20)
AMOUNT = 1
PATH = "/api/v1/payments"
KILL_AFTER_S = 0.05  # while the requests of a key are under way
TRIES_MAX = 60
TIMEOUT_S = 30.0


class Caller:
    """One connection of the payer's device; `pay` goes on until there is an answer."""

    def __init__(self, payer: Holder, body: bytes) -> None:
        self.client = WalletClient(payer.base_url, payer.device)
        self.session = requests.Session()
        self.session.trust_env = False
        self.body = body

    def pay(self, key: str) -> requests.Response:
        for _ in range(TRIES_MAX):
            try:
                headers = self.client.headers_for("POST", PATH, self.body, idempotency_key=key)
                answer = self.session.post(
                    self.client.base_url + PATH, self.body, headers=headers, timeout=TIMEOUT_S
                )
            except requests.RequestException:
                threading.Event().wait(0.2)
                continue
            if answer.status_code == 401 and answer.json()["code"] == "token_expired":
                self.client.login()
                continue
            if answer.status_code < 500:
                return answer
        raise AssertionError(f"no answer to {key}")


def later(action: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(KILL_AFTER_S, action)
    timer.start()
    return timer


def test_one_key_has_one_effect_however_often_it_comes(devnet: Devnet) -> None:
    alice = open_wallet(devnet, "harbor", 0, top_up=1_000_00)
    bob = open_wallet(devnet, "harbor", 1)
    before = balances(alice, bob)
    body = json.dumps(
        {"payer_wallet": alice.wallet_id, "payee_wallet": bob.wallet_id, "amount": AMOUNT}
    ).encode()
    callers = [Caller(alice, body) for _ in range(AT_ONCE)]
    kill_at = {KEYS * (i + 1) // (KILLS + 1) for i in range(KILLS)}
    payments, first_answers, killed = set(), 0, 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(KEYS):
            key = str(new_id())
            timer = None
            if number in kill_at:
                killed += 1
                timer = later(lambda: devnet.kill("harbor-web"))
            answers = list(pool.map(lambda caller, key=key: caller.pay(key), callers))
            if timer is not None:
                timer.join()
            assert {answer.status_code for answer in answers} == {201}, answers[0].text
            assert len({answer.content for answer in answers}) == 1
            payments.add(answers[0].json()["payment_id"])
            firsts = sum("Idempotency-Replayed" not in answer.headers for answer in answers)
            # The one answer that is no replay may have been lost with the process.
            assert firsts <= 1
            first_answers += firsts
    assert killed == KILLS
    assert len(payments) == KEYS
    assert first_answers >= KEYS - KILLS
    paid = KEYS * AMOUNT
    assert balances(alice, bob) == {
        alice.wallet_id: before[alice.wallet_id] - paid,
        bob.wallet_id: before[bob.wallet_id] + paid,
    }
    received = bob.received()
    assert all(received[payment] == 1 for payment in payments)
    assert_books_hold(devnet)
