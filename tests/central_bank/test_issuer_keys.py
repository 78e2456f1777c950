"""The issuer's keys: rotated by two people, in files or in a device, old tokens verify on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from cbdc import clock
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from cbdc.crypto import hsm
from cbdc.crypto.algorithms import ECDSA_P256, VerifyingKey, key_id_of
from cbdc.crypto.encoding import b64url
from cbdc.crypto.tokens import SignedToken, issue_token, verify_token
from cbdc.verify.__main__ import verify
from central_bank.auditor import audit_central_bank
from central_bank.issuance import issuer
from central_bank.issuance.models import IssuerKey, Token
from tests.central_bank.support import Vault

pytestmark = pytest.mark.usefixtures("central_bank")
SOFTHSM = [Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/local/lib/softhsm/libsofthsm2.so")]


@pytest.fixture
def location() -> Iterator[str]:
    """The name of a key file that is not there yet."""
    name = f"issuer-{uuid4().hex}.pem"
    yield name
    issuer.path_of(name).unlink(missing_ok=True)


def rotate(monkeypatch: pytest.MonkeyPatch, place: str, *options: str) -> str:
    monkeypatch.setattr("sys.stdin", StringIO("maker-devnet-1\nchecker-devnet-1\n"))
    out = StringIO()
    call_command("rotate_issuer_key", place, "--maker=maker", *options, stdout=out)
    return out.getvalue()


def issued_with() -> list[str]:
    return list(Token.objects.order_by("issued_at").values_list("issuer_key_id", flat=True))


def assert_all_verifies(folder: Path) -> None:
    assert audit_central_bank() == []
    call_command("export_registry", str(folder / "r.jsonl"), stdout=StringIO())
    assert verify(folder / "r.jsonl", processes=1)[1] == []


def test_new_key_signs_and_old_tokens_verify(
    monkeypatch: pytest.MonkeyPatch, location: str, tmp_path: Path
) -> None:
    Vault("harbor").issue(1_000)
    rotate(monkeypatch, location, "--checker=checker")
    Vault("harbor").issue(1_000)
    first, second = issued_with()
    assert first != second
    assert_all_verifies(tmp_path)
    assert b"ENCRYPTED" in issuer.path_of(location).read_bytes()
    entry = AuditEntry.objects.get(action="approve_rotate_issuer_key")
    assert entry.actor == "checker"
    assert entry.source.startswith("console ")


def test_keys_overlap_until_the_new_one_begins(
    monkeypatch: pytest.MonkeyPatch, location: str, client: Client
) -> None:
    rotate(monkeypatch, location, "--checker=checker", "--in-hours=48")
    old, new = client.get("/api/v1/issuer-keys").json()["data"]
    assert old["valid_to"] == new["valid_from"]
    assert issuer.issuer_signer().key_id == old["kid"]
    later = clock.now() + timedelta(hours=49)
    with clock.injected(lambda: later):
        assert issuer.issuer_signer().key_id == new["kid"]


def test_one_person_rotates_nothing(monkeypatch: pytest.MonkeyPatch, location: str) -> None:
    assert "waits for another person" in rotate(monkeypatch, location)
    assert ApprovalRequest.objects.get().state == "proposed"
    assert IssuerKey.objects.count() == 1


def test_same_person_twice_is_refused(monkeypatch: pytest.MonkeyPatch, location: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("maker-devnet-1\n" * 2))
    with pytest.raises(CommandError, match="maker of a request cannot approve"):
        call_command("rotate_issuer_key", location, "--maker=maker", "--checker=maker")
    assert IssuerKey.objects.count() == 1


def test_wrong_password_is_refused(monkeypatch: pytest.MonkeyPatch, location: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("wrong\n"))
    with pytest.raises(CommandError, match="wrong password"):
        call_command("rotate_issuer_key", location, "--maker=maker")
    assert not issuer.path_of(location).exists()


def test_file_that_holds_another_key_is_not_used(
    monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    rotate(monkeypatch, location, "--checker=checker")
    IssuerKey.objects.filter(location=location).update(location="")
    with pytest.raises(RuntimeError, match="does not hold"):
        issuer.issuer_signer()


class P256Signer:
    """Another algorithm, behind the same protocol."""

    alg = ECDSA_P256

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        public = self.private.public_key()
        raw = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = b64url(raw)
        self.key_id = key_id_of(self.alg, self.public_key)

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_another_algorithm_signs_transactions_and_tokens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Vault("harbor").issue(1_000)
    signer = P256Signer()
    issuer.enter_key(
        key_id=signer.key_id,
        alg=signer.alg,
        public_key=signer.public_key,
        location="p256",
        valid_from=clock.now(),
    )
    load = issuer.load_signer
    monkeypatch.setattr(
        issuer, "load_signer", lambda place: signer if place == "p256" else load(place)
    )
    Vault("harbor").issue(1_000)
    assert set(Token.objects.values_list("alg", flat=True)) == {"ed25519", ECDSA_P256}
    assert_all_verifies(tmp_path)


def test_signature_cannot_choose_its_algorithm() -> None:
    signer = P256Signer()
    Vault("harbor").issue(1_000)
    row = Token.objects.select_related("transaction").get()
    token = row.signed(row.transaction.transaction_id).token
    signed = issue_token(token, signer)
    key = VerifyingKey.of(signer.alg, signer.public_key)
    verify_token(signed, {signer.key_id: key}.get)
    other = SignedToken(token, signed.issuer_key_id, signed.signature, "ed25519")
    with pytest.raises(ValueError, match="algorithm"):
        verify_token(other, {signer.key_id: key}.get)


def test_key_in_a_device_signs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = next((path for path in SOFTHSM if path.exists()), None)
    program = shutil.which("softhsm2-util")
    if module is None or program is None:
        pytest.skip("SoftHSM2 is not on this machine")
    config = tmp_path / "softhsm2.conf"
    (tmp_path / "tokens").mkdir()
    config.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setitem(os.environ, "SOFTHSM2_CONF", str(config))
    pins = ["--pin", "1234", "--so-pin", "5678"]
    command = [program, "--init-token", "--free", "--label", "issuer", *pins]
    subprocess.run(command, check=True, capture_output=True)
    uri = "pkcs11:token=issuer;object=issuer-1"
    with override_settings(PKCS11_MODULE=str(module), PKCS11_PIN="1234"):
        Vault("harbor").issue(1_000)
        rotate(monkeypatch, uri, "--checker=checker")
        Vault("harbor").issue(1_000)
        assert len(set(issued_with())) == 2
        assert isinstance(issuer.issuer_signer(), hsm.HsmSigner)
        assert_all_verifies(tmp_path)
        with pytest.raises(CommandError, match="exists already"):
            rotate(monkeypatch, uri, "--checker=checker")
