"""Keys: names, wire form, encrypted files."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from cbdc.crypto import keys
from cbdc.crypto.encoding import b64url_decode
from tests.crypto import vectors


def test_thumbprint_of_rfc_8037() -> None:
    vector = vectors.load("rfc8037_thumbprint")
    public = keys.public_from_raw(vector["x"])
    assert keys.key_id(public) == vector["thumbprint"]
    assert keys.jwk(public) == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": vector["x"],
        "kid": vector["thumbprint"],
        "alg": "EdDSA",
        "use": "sig",
    }


def test_raw_form_round_trips() -> None:
    public = keys.generate().public_key()
    assert keys.public_from_raw(keys.raw_b64url(public)) == public


X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


@pytest.mark.parametrize(
    "text",
    ["", X[:-1], X + "A", X + "=", X.replace("_", "/"), X[:-1] + "p", f" {X}", f"{X}\n"],
    ids=["empty", "short", "long", "padded", "base64", "bits left over", "space", "newline"],
)
def test_other_spellings_of_a_key_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        keys.public_from_raw(text)


@pytest.mark.parametrize(
    "text", ["A", "AA=", "A+AA", "A/AA", "AB", "é", "AA AA", "AAAA\n", "A.AAA"]
)
def test_base64url_is_strict(text: str) -> None:
    with pytest.raises(ValueError):
        b64url_decode(text)


def test_base64url_of_another_length_is_refused() -> None:
    assert b64url_decode("AAAA", length=3) == bytes(3)
    for length in (0, 2, 4):
        with pytest.raises(ValueError):
            b64url_decode("AAAA", length=length)


def test_key_file_round_trips_and_is_its_owners_alone(tmp_path: Path) -> None:
    path, key = tmp_path / "key.pem", keys.generate()
    keys.save_private_key(path, key, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert keys.load_private_key(path, "secret").private_bytes_raw() == key.private_bytes_raw()
    assert list(tmp_path.iterdir()) == [path]


def test_key_file_is_replaced_whole(tmp_path: Path) -> None:
    path, second = tmp_path / "key.pem", keys.generate()
    keys.save_private_key(path, keys.generate(), "first")
    keys.save_private_key(path, second, "second")
    assert keys.load_private_key(path, "second").public_key() == second.public_key()


def test_wrong_passphrase_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    keys.save_private_key(path, keys.generate(), "secret")
    with pytest.raises(ValueError):
        keys.load_private_key(path, "wrong")


def test_unencrypted_key_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(
        keys.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(ValueError, match="not encrypted"):
        keys.load_private_key(path, "secret")


def test_key_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        )
    )
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        keys.load_private_key(path, "secret")
