"""What is kept of a request opens with its institution's key, in its place, and nowhere else."""

import hashlib

import pytest
from cryptography.exceptions import InvalidTag
from django.test import override_settings

from cbdc.api.sealing import fingerprint, seal, unseal

TEXT = '{"name":"茶"}'
OTHER = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMDE="


def test_sealed_text_opens_in_its_place_alone() -> None:
    sealed = seal(TEXT, place="alice\nkey-1")
    assert unseal(sealed, place="alice\nkey-1") == TEXT
    for place in ("bob\nkey-1", "alice\nkey-2", ""):
        with pytest.raises(InvalidTag):
            unseal(sealed, place=place)


def test_another_key_opens_nothing() -> None:
    sealed = seal(TEXT, place="x")
    with override_settings(PII_KEY=OTHER), pytest.raises(InvalidTag):
        unseal(sealed, place="x")


def test_same_text_is_another_ciphertext_each_time() -> None:
    assert seal(TEXT, place="x") != seal(TEXT, place="x")


def test_fingerprint_is_no_plain_hash() -> None:
    """Or a phone or a password could be found by trying all of them."""
    assert fingerprint(b"a") == fingerprint(b"a") != fingerprint(b"b")
    assert fingerprint(b"a") != hashlib.sha256(b"a").digest()
    with override_settings(PII_KEY=OTHER):
        other = fingerprint(b"a")
    assert other != fingerprint(b"a")


def test_institution_without_personal_data_uses_its_secret_key() -> None:
    with override_settings(PII_KEY=""):
        assert unseal(seal(TEXT, place="x"), place="x") == TEXT
