"""Enrolling, sessions, devices: who gets into a wallet, and who does not."""

import logging
import secrets
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cbdc.clock import injected, now
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import SESSION_COMPONENTS, sign_request
from cbdc.identifiers import new_id
from tests.holders import JSON, LIFE_S, Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from wallets.accounts import services
from wallets.accounts.models import Device, Enrolment, Wallet

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def post(path: str, body: Any) -> Any:
    return Client().post(path, body, JSON, headers={"Idempotency-Key": str(new_id())})


def enrol(phone: str) -> tuple[str, str]:
    """The path that confirms a new enrolment, and its right password."""
    public = keys.raw_b64url(keys.generate().public_key())
    body = {"phone": phone, "device_public_key": public}
    started = post("/api/v1/enrolments", body)
    assert started.status_code == 201
    otp = Client().get(f"/devnet/sms/{phone}").json()["otp"]
    return f"/api/v1/enrolments/{started.json()['enrolment_id']}/confirm", otp


def wrong(otp: str) -> str:
    return f"{(int(otp) + 1) % 10**6:06d}"


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_new_phone_gets_a_category_4_wallet(alice: Holder) -> None:
    [wallet] = alice.get("/api/v1/wallets").json()["data"]
    assert wallet == alice.get(f"/api/v1/wallets/{alice.wallet_id}").json()
    assert wallet["category"] == 4
    assert wallet["kind"] == "personal"
    assert wallet["status"] == "active"
    assert wallet["institution"] == "harbor"
    assert wallet["parent"] is None
    assert wallet["limits"] == {
        "balance": 10_000_00,
        "per_payment": 2_000_00,
        "daily": 5_000_00,
        "annual": 50_000_00,
    }


def test_known_phone_gets_its_wallet_on_one_more_device(network: Network, alice: Holder) -> None:
    again = Holder(network, "harbor", 0)
    assert again.wallet_id == alice.wallet_id
    assert again.device_id != alice.device_id
    with acting_as("harbor"):
        assert Wallet.objects.count() == 1
        first = Device.objects.get(id=alice.device_id)
        second = Device.objects.get(id=again.device_id)
    assert first.limited_until is None
    assert second.limited_until is not None
    assert second.limited_until - second.created_at >= timedelta(hours=23, minutes=59)


def test_five_wrong_passwords_end_an_enrolment(network: Network) -> None:
    phone = network.people["harbor"][3]["phone"]
    with acting_as("harbor"):
        path, otp = enrol(phone)
        for _ in range(5):
            assert code_of(post(path, {"otp": wrong(otp)})) == (422, "otp_wrong")
        assert code_of(post(path, {"otp": otp})) == (422, "otp_expired")
        assert Wallet.objects.count() == 0


def test_password_works_once_and_not_late(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = network.people["harbor"][3]["phone"]
    with acting_as("harbor"):
        path, otp = enrol(phone)
        assert post(path, {"otp": otp}).status_code == 201
        assert code_of(post(path, {"otp": otp})) == (422, "otp_expired")
        monkeypatch.setattr(services, "OTP_VALID_FOR", timedelta(0))
        path, otp = enrol(phone)
        assert code_of(post(path, {"otp": otp})) == (422, "otp_expired")
        assert Device.objects.count() == 1


def test_unknown_enrolment_is_not_found(network: Network) -> None:
    with acting_as("harbor"):
        for unknown in (str(new_id()), "no-uuid"):
            answer = post(f"/api/v1/enrolments/{unknown}/confirm", {"otp": "123456"})
            assert code_of(answer) == (404, "not_found")


@pytest.mark.parametrize("phone", ["138", "+0123456789", "+86 138", 8613800000000, "", None])
def test_wrong_phone_is_refused(network: Network, phone: Any) -> None:
    public = keys.raw_b64url(keys.generate().public_key())
    with acting_as("harbor"):
        answer = post("/api/v1/enrolments", {"phone": phone, "device_public_key": public})
        assert code_of(answer) == (422, "validation_failed")
        assert [entry["field"] for entry in answer.json()["errors"]] == ["phone"]
        assert Enrolment.objects.count() == 0


def open_session(holder: Holder, nonce: str, **changes: Any) -> Any:
    body = b'{"device_id": "%s"}' % holder.device_id.encode()
    begins = int(time.time())
    headers = sign_request(
        method="POST",
        path="/api/v1/sessions",
        authority="testserver",
        headers={},
        body=body,
        key=changes.get("key", holder.key),
        keyid=holder.device_id,
        components=SESSION_COMPONENTS,
        created=begins,
        expires=begins + LIFE_S,
        nonce=nonce,
    )
    with acting_as(holder.bank):
        return Client().post("/api/v1/sessions", body, JSON, headers=headers)


def test_session_needs_the_device_key_and_a_fresh_nonce(alice: Holder) -> None:
    nonce = secrets.token_urlsafe(16)
    opened = open_session(alice, nonce)
    assert opened.status_code == 200
    assert set(opened.json()) == {"access_token", "expires_at"}
    assert code_of(open_session(alice, nonce)) == (401, "signature_replayed")
    stranger = open_session(alice, secrets.token_urlsafe(16), key=keys.generate())
    assert code_of(stranger) == (401, "signature_invalid")


def test_lost_device_is_shut_out_at_once(network: Network, alice: Holder, bob: Holder) -> None:
    lost = Holder(network, "harbor", 0)
    with acting_as("harbor"):
        headers = {"Authorization": f"Bearer {alice.token}"}
        path = f"/api/v1/devices/{lost.device_id}"
        assert Client().delete(path, headers=headers).status_code == 204
    assert code_of(lost.get("/api/v1/wallets")) == (401, "authentication_required")
    assert code_of(lost.pay(bob.wallet_id, 1)) == (401, "authentication_required")
    assert code_of(open_session(lost, secrets.token_urlsafe(16))) == (401, "signature_invalid")
    assert alice.get("/api/v1/wallets").status_code == 200


def test_objects_of_others_are_not_found(alice: Holder, bob: Holder, carol: Holder) -> None:
    paid = alice.pay(carol.wallet_id, 1_00).json()
    theirs = [
        f"/api/v1/wallets/{alice.wallet_id}",
        f"/api/v1/wallets/{alice.wallet_id}/transactions",
        f"/api/v1/payments/{paid['payment_id']}",
    ]
    nobodys = [
        "/api/v1/wallets/0011000000000000",
        "/api/v1/wallets/nonsense/transactions",
        f"/api/v1/payments/{new_id()}",
    ]
    bodies = set()
    for path in theirs + nobodys:
        answer = bob.get(path)
        assert code_of(answer) == (404, "not_found")
        bodies.add(answer.content)
    assert len(bodies) == 1  # nothing tells another's object from one that is not there
    with acting_as("harbor"):
        headers = {"Authorization": f"Bearer {bob.token}"}
        answer = Client().delete(f"/api/v1/devices/{alice.device_id}", headers=headers)
        assert code_of(answer) == (404, "not_found")
    movement = {"amount": 1, "deposit_account": bob.deposit_account}
    for verb in ("top-ups", "withdrawals"):
        answer = bob.post(f"/api/v1/wallets/{alice.wallet_id}/{verb}", movement)
        assert code_of(answer) == (404, "not_found")


def test_no_personal_data_in_logs(
    network: Network, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    phone = network.people["harbor"][4]["phone"]
    with acting_as("harbor"):
        path, otp = enrol(phone)
        post(path, {"otp": wrong(otp)})
        post(path, {"otp": otp})
    heard = capsys.readouterr()
    written = caplog.text.replace(f"/devnet/sms/{phone}", "") + heard.out + heard.err
    for secret in (phone, phone.removeprefix("+"), f'"{otp}"'):
        assert secret not in written


def test_lists_are_paged(network: Network, alice: Holder) -> None:
    for _ in range(2):
        Holder(network, "harbor", 0)
        alice.post(f"/api/v1/wallets/{alice.wallet_id}/sub-wallets", {"name": "metro"})
    for path, key in (("/api/v1/wallets", "wallet_id"), ("/api/v1/devices", "device_id")):
        whole = alice.get(path).json()
        assert whole["next_cursor"] is None
        first = alice.get(path, limit="2").json()
        rest = alice.get(path, limit="2", cursor=first["next_cursor"]).json()
        assert rest["next_cursor"] is None
        assert [row[key] for row in first["data"] + rest["data"]] == [
            row[key] for row in whole["data"]
        ]
        for wrong in ({"limit": "0"}, {"limit": "201"}, {"cursor": "forged"}):
            assert code_of(alice.get(path, **wrong)) == (422, "validation_failed")


def test_old_enrolments_are_forgotten(network: Network) -> None:
    with acting_as("harbor"):
        enrol(network.people["harbor"][3]["phone"])
        assert services.purge_enrolments() == 0
        later = now() + timedelta(days=91)
        with injected(lambda: later):
            assert services.purge_enrolments() == 1
