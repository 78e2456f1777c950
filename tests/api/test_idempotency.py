"""INV-4 at the door: one effect per caller and key, and the first answer again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cbdc import clock
from cbdc.api.idempotency import RETENTION, purge_records
from cbdc.api.models import IdempotencyRecord
from cbdc.api.tasks import purge_idempotency_records
from tests.api.conftest import Pay
from tests.api.support import PAYEE, code_of
from tests.api.urls import effects

pytestmark = pytest.mark.django_db


def records() -> int:
    return IdempotencyRecord.objects.count()


def test_same_key_and_body_takes_effect_once_and_answers_the_same(pay: Pay) -> None:
    first = pay("key-1", memo="早餐")
    again = pay("key-1", memo="早餐")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert effects() == 1


def test_order_and_spacing_of_the_body_do_not_matter(pay: Pay) -> None:
    pay("key-1", body=f'{{"payee_wallet":"{PAYEE}","amount":5}}'.encode())
    again = pay("key-1", body=f'{{ "amount": 5, "payee_wallet": "{PAYEE}" }}'.encode())
    assert again["Idempotency-Replayed"] == "true"
    assert effects() == 1


@pytest.mark.parametrize(
    "body",
    [
        f'{{"payee_wallet":"{PAYEE}","amount":6}}',
        f'{{"payee_wallet":"{PAYEE}","amount":5.0}}',
        f'{{"payee_wallet":"{PAYEE}","amount":"5"}}',
        f'{{"payee_wallet":"{PAYEE}","amount":5,"x":1}}',
        "{}",
        "",
        "{not json",
    ],
)
def test_same_key_with_another_body_is_reused_whatever_else_is_wrong(pay: Pay, body: str) -> None:
    pay("key-1", body=f'{{"payee_wallet":"{PAYEE}","amount":5}}'.encode())
    response = pay("key-1", body=body.encode())
    assert response.status_code == 409
    assert code_of(response) == "idempotency_key_reused"
    assert effects() == 1


def test_same_key_of_another_caller_is_another_key(pay: Pay) -> None:
    assert pay("key-1", headers={"X-Test-Caller": "alice"}).json()["number"] == 1
    assert pay("key-1", headers={"X-Test-Caller": "bob"}).json()["number"] == 2


@pytest.mark.parametrize("body", [b'{"amount":5}', b"", b"{not json"])
def test_missing_key_goes_before_the_shape(pay: Pay, body: bytes) -> None:
    response = pay(None, body=body)
    assert response.status_code == 400
    assert code_of(response) == "idempotency_key_missing"


@pytest.mark.parametrize("key", ["k" * 65, "ключ", "tab\tkey", "é"])
def test_key_that_is_not_1_to_64_printable_ascii_is_refused(pay: Pay, key: str) -> None:
    assert pay(key).status_code == 400
    assert effects() == records() == 0


@pytest.mark.parametrize("key", ["k", "k" * 64, "a b~!\"'{}"])
def test_key_of_1_to_64_printable_ascii_is_taken(pay: Pay, key: str) -> None:
    assert pay(key).status_code == 201


@pytest.mark.parametrize(
    ("amount", "code"), [(404, "not_found"), (422, "insufficient_funds"), (0, "invalid_amount")]
)
def test_refusal_is_stored_and_its_effect_is_not(pay: Pay, amount: int, code: str) -> None:
    first, again = pay("key-1", amount=amount), pay("key-1", amount=amount)
    assert code_of(first) == code_of(again) == code
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    assert effects() == 0
    assert records() == 1


@pytest.mark.parametrize("amount", [401, 429, 500, 503])
def test_what_may_be_retried_is_not_stored(pay: Pay, amount: int) -> None:
    for _ in range(2):
        response = pay("key-1", amount=amount)
        assert response.status_code == amount
        assert "Idempotency-Replayed" not in response
    assert effects() == records() == 0


def test_answer_that_is_not_stored_takes_its_effect_back(pay: Pay) -> None:
    assert code_of(pay("key-1", amount=504)) == "institution_unavailable"
    assert effects() == records() == 0


def test_malformed_body_is_not_stored(pay: Pay) -> None:
    assert code_of(pay("key-1", body=b"{")) == "malformed_request"
    assert code_of(pay("key-1", body=b"")) == "malformed_request"
    assert pay("key-1").status_code == 201


def test_refusal_that_is_returned_keeps_what_the_action_wrote(pay: Pay) -> None:
    assert code_of(pay("key-1", amount=423)) == "otp_wrong"
    assert code_of(pay("key-1", amount=423)) == "otp_wrong"
    assert effects() == 1


def test_prefer_wait_answers_and_keeps_the_final_status(pay: Pay) -> None:
    first = pay("key-1", headers={"Prefer": "wait=60"})
    assert first.json()["status"] == "completed"
    assert first.json()["waited"] == 10
    again = pay("key-1")
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"


def test_prefer_wait_does_not_settle_a_refusal(pay: Pay) -> None:
    assert code_of(pay("key-1", amount=422, headers={"Prefer": "wait=5"})) == "insufficient_funds"


def test_first_payment_costs_one_insert_and_one_update_besides_its_effect(pay: Pay) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        pay("key-1")
    own = [q["sql"] for q in queries if "api_idempotencyrecord" in q["sql"]]
    assert [sql.split()[0] for sql in own] == ["INSERT", "UPDATE"]


def test_records_are_kept_for_24_hours_and_then_purged(pay: Pay) -> None:
    start = clock.now()
    pay("key-1")
    with clock.injected(lambda: start + RETENTION - timedelta(minutes=1)):
        purge_idempotency_records()
        assert records() == 1
    with clock.injected(lambda: start + RETENTION + timedelta(minutes=1)):
        purge_idempotency_records()
    assert records() == 0


def test_purge_says_how_many_went(pay: Pay) -> None:
    pay("key-1")
    pay("key-2")
    assert purge_records(before=clock.now() + timedelta(seconds=1)) == 2
