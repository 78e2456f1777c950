"""Personal data is ciphertext at rest, stays in the bank, and is the holder's to have."""

import base64
import json
import logging
from typing import Any

import pytest
from django.db import connection

from commercial_banks.customers.models import Customer
from commercial_banks.customers.privacy import decrypt, encrypt, look_up_hash
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import NUMBERS, acting_as
from tests.wallets.test_states import tell
from tests.wallets.test_sub_wallets import sub_of
from wallets.accounts.models import Device

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
LABEL = "canary phone of Ms Canary"


def everything_in(code: str) -> str:
    """All rows of an institution's database, as text; byte columns both ways."""
    parts = []
    with acting_as(code), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')  # noqa: S608
            parts += [row[0] for row in cursor.fetchall()]
    return "\n".join(parts)


def spellings(secret: str) -> list[str]:
    """How a canary may hide."""
    raw = secret.encode()
    return [
        secret,
        secret.removeprefix("+"),
        json.dumps(secret)[1:-1],
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
    ]


def test_canaries_are_found_in_no_database_and_no_log(
    network: Network,
    alice: Holder,
    bob: Holder,
    carol: Holder,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    person = network.people["harbor"][0]
    papers = {name: person[name] for name in ("full_name", "id_number")}
    path = f"/api/v1/wallets/{alice.wallet_id}/upgrade"
    assert alice.post(path, {"category": 3, **papers}).status_code == 200
    assert alice.post(path, {"category": 3, **papers, "full_name": LABEL}).status_code == 422
    Holder(network, "harbor", 0, device_name=LABEL)
    alice.pay(bob.wallet_id, 1_00)
    alice.pay(carol.wallet_id, 1_00)
    alice.post("/api/v1/payment-codes", {"wallet_id": alice.wallet_id})
    asked = {"payee_wallet": alice.wallet_id, "payer_wallet": carol.wallet_id, "amount": 1}
    alice.post("/api/v1/payment-requests", asked)
    alice.get("/api/v1/export")
    sub_of(alice, name=LABEL)
    tell(alice, "freeze")
    network.drain()
    heard = capsys.readouterr()
    written = caplog.text + heard.out + heard.err
    written = written.replace(f"/devnet/sms/{alice.phone}", "")  # the test's own question
    places = {code: everything_in(code) for code in NUMBERS} | {"the log": written}
    assert alice.wallet_id in places["central-bank"]  # it would find what is there
    for secret in (person["phone"], *papers.values(), LABEL, alice.token):
        for place, text in places.items():
            for spelling in spellings(secret):
                assert spelling not in text, (place, spelling)


def test_names_are_ciphertext_and_read_as_they_were(network: Network, alice: Holder) -> None:
    Holder(network, "harbor", 0, device_name=LABEL)
    devices = alice.get("/api/v1/devices").json()["data"]
    assert [device["name"] for device in devices] == ["", LABEL]
    sub_of(alice, name=LABEL)
    with acting_as("harbor"), connection.cursor() as cursor:
        for table in ("accounts_device", "accounts_wallet"):
            cursor.execute(f"SELECT name FROM {table} WHERE name <> ''")  # noqa: S608
            [(kept,)] = cursor.fetchall()
            assert kept != LABEL
            assert decrypt(kept) == LABEL
        assert Device.objects.filter(name=LABEL).count() == 0  # each time another ciphertext


def test_keyed_hashes_find_and_tell_nothing(network: Network) -> None:
    phone = network.people["harbor"][0]["phone"]
    with acting_as("harbor"):
        assert Customer.objects.filter(phone_hash=look_up_hash(phone)).count() == 1
        assert encrypt(phone) != encrypt(phone)
        assert decrypt(encrypt(phone)) == phone


def export(holder: Holder) -> dict[str, Any]:
    answer = holder.get("/api/v1/export")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_holder_gets_all_that_the_bank_has(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    person = network.people["harbor"][0]
    papers = {name: person[name] for name in ("full_name", "id_number")}
    path = f"/api/v1/wallets/{alice.wallet_id}/upgrade"
    assert alice.post(path, {"category": 3, **papers}).status_code == 200
    sub = sub_of(alice)
    inside = alice.pay(bob.wallet_id, 1_00).json()["payment_id"]
    across = alice.pay(carol.wallet_id, 2_00).json()["payment_id"]
    bob.pay(alice.wallet_id, 50)
    alice.post("/api/v1/payment-codes", {"wallet_id": alice.wallet_id})
    body = export(alice)
    assert body["phone"] == person["phone"]
    assert body["person"]["full_name"] == person["full_name"]
    assert body["person"]["id_number"] == person["id_number"]
    [account] = body["person"]["deposit_accounts"]
    assert account["number"] == alice.deposit_account
    assert [wallet["wallet_id"] for wallet in body["wallets"]] == [alice.wallet_id, sub]
    assert [device["id"] for device in body["devices"]] == [alice.device_id]
    assert len(body["transactions"][alice.wallet_id]) == 4
    paid = {payment["payment_id"]: payment for payment in body["payments"]}
    assert {inside, across} < set(paid)
    assert paid[inside]["signature_base"].startswith('"@method": POST')
    assert [row["kind"] for row in body["deposit_movements"]] == ["top_up"]
    assert len(body["payment_codes"]) == 1
    assert {row["event"] for row in body["notifications"]} == {"money_in", "money_out"}
    theirs = json.dumps(export(bob))
    for secret in (person["phone"], person["full_name"], person["id_number"], sub):
        assert secret not in theirs
    bobs = {row["payment_id"]: row for row in export(bob)["payments"]}
    assert "signature" not in bobs[inside]


def test_who_only_has_the_phone_number_learns_no_name(network: Network, alice: Holder) -> None:
    person = network.people["harbor"][0]
    assert export(alice)["person"] is None  # category 4: nobody was identified
    papers = {name: person[name] for name in ("full_name", "id_number")}
    path = f"/api/v1/wallets/{alice.wallet_id}/upgrade"
    assert alice.post(path, {"category": 3, **papers}).status_code == 200
    assert export(alice)["person"] is not None
    assert export(Holder(network, "harbor", 0))["person"] is None  # a device of today
