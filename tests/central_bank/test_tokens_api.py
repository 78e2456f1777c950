"""GET /api/v1/tokens/{token_id}: for its owner and for auditors, who sign; for others not there."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

from cbdc.approvals import four_eyes
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import INTERBANK_COMPONENTS, sign_request
from cbdc.crypto.tokens import SignedToken, verify_token
from cbdc.identifiers import new_id
from cbdc.protocol.messages import TokenRedeemRequest
from central_bank.issuance.issuer import issuer_public_keys
from tests.central_bank.support import Vault
from tests.support import key_file

pytestmark = pytest.mark.usefixtures("central_bank")
UNKNOWN = "ab" * 32


def headers(code: str, key: Ed25519PrivateKey, path: str) -> dict[str, str]:
    moment = int(now().timestamp())
    return sign_request(
        method="GET",
        path=path,
        authority="testserver",
        headers={},
        body=b"",
        key=key,
        keyid=f"{code}#{keys.key_id(key.public_key())}",
        components=INTERBANK_COMPONENTS,
        created=moment,
        expires=moment + 60,
        nonce=str(new_id()),
    )


def key_of(bank: str) -> Ed25519PrivateKey:
    return keys.load_private_key(key_file(bank), settings.KEY_PASSPHRASE)


def get(code: str, key: Ed25519PrivateKey, token_id: str) -> tuple[int, dict[str, Any]]:
    path = f"/api/v1/tokens/{token_id}"
    with override_settings(PUBLIC_BASE_URL="http://testserver"):
        answer = Client().get(path, headers=headers(code, key, path))
    return answer.status_code, answer.json()


def test_owner_sees_its_token_and_what_became_of_it() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    [token_id] = vault.ids(locked=False)
    _, shown = get("harbor", key_of("harbor"), token_id)
    assert (shown["token_id"], shown["value"], shown["status"]) == (token_id, 1_000, "live")
    verify_token(SignedToken.from_wire(shown["signed"]), issuer_public_keys().get)
    vault.spend(TokenRedeemRequest, 1_000)
    _, shown = get("harbor", key_of("harbor"), token_id)
    assert (shown["status"], shown["spent_by"]["kind"]) == ("spent", "redeem")


def test_another_bank_is_told_that_there_is_none() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    [token_id] = vault.ids(locked=False)
    assert get("lotus", key_of("lotus"), token_id)[0] == 404
    assert get("harbor", key_of("harbor"), UNKNOWN)[0] == 404


def test_auditor_that_two_people_admitted_sees_every_token() -> None:
    vault, key = Vault("harbor"), keys.generate()
    vault.issue(1_000)
    [token_id] = vault.ids(locked=False)
    assert get("court-of-audit", key, token_id)[0] == 401
    request = four_eyes.propose(
        kind="admit_auditor",
        subject="court-of-audit",
        payload={"public_key": keys.raw_b64url(key.public_key())},
        maker=User.objects.get(username="maker"),
    )
    four_eyes.approve(request_id=request.id, checker=User.objects.get(username="checker"))
    assert get("court-of-audit", key, token_id)[0] == 200


def test_request_without_a_signature_or_with_anothers_is_refused() -> None:
    assert Client().get(f"/api/v1/tokens/{UNKNOWN}").json()["code"] == "signature_missing"
    assert get("harbor", key_of("lotus"), UNKNOWN)[1]["code"] == "signature_invalid"


def test_signature_is_used_once() -> None:
    path = f"/api/v1/tokens/{UNKNOWN}"
    signed = headers("harbor", key_of("harbor"), path)
    with override_settings(PUBLIC_BASE_URL="http://testserver"):
        assert Client().get(path, headers=signed).status_code == 404
        assert Client().get(path, headers=signed).json()["code"] == "signature_replayed"
