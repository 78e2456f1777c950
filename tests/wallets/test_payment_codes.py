"""A payment code: 20 digits, 60 seconds, one charge, by the terminal and order that came first."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from stdnum import luhn

from cbdc.clock import injected, now
from cbdc.errors import Problem
from tests.books import fingerprint
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.order_book import registered
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_races import THREADS, together
from wallets.payments import codes
from wallets.payments.models import Payment, PaymentCode

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def ask(holder: Holder, **changes: Any) -> Any:
    wallet = changes.pop("wallet", holder.wallet_id)
    return holder.post("/api/v1/payment-codes", {"wallet_id": wallet}, **changes)


def code_of(holder: Holder, **changes: Any) -> str:
    answer = ask(holder, **changes)
    assert answer.status_code == 201, answer.content
    code: str = answer.json()["payment_code"]
    return code


def charge(code: str, payee: str, amount: int = 5_00, **values: Any) -> Payment:
    """As a merchant of harbor does, in a transaction."""
    with acting_as("harbor"), transaction.atomic():
        return codes.charge(
            code=code,
            payee_wallet=payee,
            amount=amount,
            **{"reference": "order-1", "terminal": "till-1", **values},
        )


def refusal(code: str, payee: str, amount: int = 5_00, **values: Any) -> str:
    before = fingerprint("harbor")
    with pytest.raises(Problem) as caught:
        charge(code, payee, amount, **values)
    assert fingerprint("harbor") == before
    return caught.value.error.code


def test_code_is_20_digits_of_this_bank_and_good_for_a_minute(alice: Holder) -> None:
    answer = ask(alice)
    assert answer.status_code == 201
    assert set(answer.json()) == {"payment_code", "expires_at"}
    code = answer.json()["payment_code"]
    assert len(code) == 20
    assert code.startswith("0011")
    assert luhn.is_valid(code)
    with acting_as("harbor"):
        row = PaymentCode.objects.get()
        assert timedelta(seconds=59) < row.expires_at - now() <= timedelta(seconds=60)
        assert row.signature_base
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(c)::text FROM payments_paymentcode c")
            assert code not in str(cursor.fetchall())


def test_signature_is_not_needed_but_a_wrong_one_is_refused(alice: Holder, bob: Holder) -> None:
    assert ask(alice, signed=False).status_code == 201
    answer = ask(alice, key=bob.key)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")


def test_wallet_of_another_is_not_found(alice: Holder, bob: Holder) -> None:
    for wallet in (bob.wallet_id, nobodys_wallet("harbor")):
        answer = ask(alice, wallet=wallet)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_charge_moves_the_money_and_names_the_order(alice: Holder, bob: Holder) -> None:
    with registered() as orders:
        payment = charge(code_of(alice), bob.wallet_id)
    assert [arrived.id for arrived in orders.arrived] == [payment.id]
    shown = alice.payment(str(payment.id))
    assert (shown["status"], shown["reference"], shown["amount"]) == ("completed", "order-1", 5_00)
    assert (alice.balance, bob.balance) == (PURSE - 5_00, 5_00)
    assert_books_hold()


def test_code_is_used_by_one_order_at_one_terminal(alice: Holder, bob: Holder) -> None:
    code = code_of(alice)
    payment = charge(code, bob.wallet_id)
    assert refusal(code, bob.wallet_id, reference="order-2") == "code_used"
    assert refusal(code, bob.wallet_id, terminal="till-2") == "code_used"
    assert charge(code, bob.wallet_id).id == payment.id  # the same again, not one more
    assert alice.balance == PURSE - 5_00


def test_code_expires_after_60_seconds(alice: Holder, bob: Holder) -> None:
    code = code_of(alice)
    later = now() + timedelta(seconds=61)
    with injected(lambda: later):
        assert refusal(code, bob.wallet_id) == "code_expired"
    assert charge(code, bob.wallet_id).amount == 5_00
    with injected(lambda: later):
        assert refusal(code, bob.wallet_id, reference="order-2") == "code_used"


def test_code_that_never_was_is_no_code(alice: Holder, bob: Holder) -> None:
    assert refusal("0011" + "1" * 16, bob.wallet_id) == "validation_failed"


def test_refused_charge_leaves_the_code_as_it_was(alice: Holder, bob: Holder) -> None:
    code = code_of(alice)
    assert refusal(code, bob.wallet_id, PURSE + 1) == "insufficient_funds"
    assert charge(code, bob.wallet_id).amount == 5_00


def test_code_of_a_lost_phone_is_worth_nothing(
    network: Network, alice: Holder, bob: Holder
) -> None:
    lost = Holder(network, "harbor", 0)
    code = code_of(lost)
    assert alice.delete(f"/api/v1/devices/{lost.device_id}").status_code == 204
    assert refusal(code, bob.wallet_id) == "code_expired"


def test_new_device_pays_by_code_within_category_4(
    network: Network, alice: Holder, bob: Holder
) -> None:
    person = network.people["harbor"][0]
    body = {"category": 3, "full_name": person["full_name"], "id_number": person["id_number"]}
    assert alice.post(f"/api/v1/wallets/{alice.wallet_id}/upgrade", body).status_code == 200
    alice.top_up(5_000_00)
    code = code_of(Holder(network, "harbor", 0))
    assert refusal(code, bob.wallet_id, 2_000_01) == "payment_limit_exceeded"
    assert charge(code_of(alice), bob.wallet_id, 2_000_01).amount == 2_000_01


def test_charge_for_a_merchant_of_another_bank_goes_through_clearing(
    network: Network, alice: Holder, carol: Holder
) -> None:
    with registered() as orders:
        payment = charge(code_of(alice), carol.wallet_id)
        assert payment.status == "pending"
        network.drain()
    [arrived] = orders.arrived
    assert (arrived.id, arrived.reference) == (payment.id, "order-1")
    assert (alice.balance, carol.balance) == (PURSE - 5_00, 5_00)
    assert_books_hold()


def test_many_terminals_at_once_charge_once(alice: Holder, bob: Holder) -> None:
    code = code_of(alice)

    def attempt(index: int) -> str:
        try:
            with transaction.atomic():
                codes.charge(
                    code=code,
                    payee_wallet=bob.wallet_id,
                    amount=1_00,
                    reference=f"order-{index}",
                    terminal=f"till-{index}",
                )
        except Problem as problem:
            return problem.error.code
        return "charged"

    said = Counter(together("harbor", attempt))
    assert said == {"charged": 1, "code_used": THREADS - 1}
    assert (alice.balance, bob.balance) == (PURSE - 1_00, 1_00)


def test_old_codes_are_forgotten(alice: Holder) -> None:
    code_of(alice)
    with acting_as("harbor"):
        assert codes.purge_codes() == 0
        later = now() + timedelta(days=2)
        with injected(lambda: later):
            assert codes.purge_codes() == 1
