"""Production settings start with every secret there, and with none missing."""

import os
import subprocess
import sys

import pytest

from cbdc.devnet.stack import ROOT

SHARED = {
    "INSTITUTION": "harbor",
    "INSTITUTION_NUMBER": "0011",
    "PUBLIC_BASE_URL": "https://harbor.example",
    "SECRET_KEY": "s3cret-" * 10,
    "INSTITUTION_KEY_FILE": "harbor.pem",
    "KEY_PASSPHRASE": "a phrase",
    "DATABASE_URL": "postgresql://harbor@db.example/harbor",
    "BROKER_URL": "rediss://broker.example",
    "TRUSTED_PROXIES": "10.1.2.3, 10.2.0.0/16",
}
BANK = {
    **SHARED,
    "CENTRAL_BANK_URL": "https://central-bank.example",
    "CENTRAL_BANK_PUBLIC_KEY": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "PII_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}
CENTRAL_BANK = {**SHARED, "INSTITUTION": "central-bank", "ISSUER_KEY_FILE": "issuer.pem"}


def starts(environment: dict[str, str], holds: str = "") -> str:
    """The error of a start, or nothing; `holds` is asserted of the settings, which are `m`."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", f"import cbdc.settings.production as m\n{holds}"],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("whole", [BANK, CENTRAL_BANK], ids=["a bank", "the central bank"])
def test_nothing_starts_without_one_of_its_secrets(whole: dict[str, str]) -> None:
    assert starts(whole) == ""
    for name in whole.keys() - {"INSTITUTION"}:
        without = {key: value for key, value in whole.items() if key != name}
        error = starts(without)
        assert "ImproperlyConfigured" in error, name
        assert name in error


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.1,*"])
def test_proxies_are_addresses_and_networks(proxies: str) -> None:
    assert "TRUSTED_PROXIES" in starts({**BANK, "TRUSTED_PROXIES": proxies})


def test_no_proxy_is_said_and_not_forgotten() -> None:
    assert starts({**BANK, "TRUSTED_PROXIES": "none"}) == ""


@pytest.mark.parametrize("key", ["short", "django-insecure-" + "x" * 50])
def test_secret_key_that_is_none_is_refused(key: str) -> None:
    assert "SECRET_KEY" in starts({**BANK, "SECRET_KEY": key})


def test_nothing_of_the_environment_turns_the_second_factor_off() -> None:
    for whole in (BANK, CENTRAL_BANK):
        said = {**whole, "SECOND_FACTOR_REQUIRED": "false", "STAFF_IDLE_S": "60"}
        assert starts(said, "assert m.SECOND_FACTOR_REQUIRED is True") == ""
        assert starts(said, "assert m.SESSION_COOKIE_SECURE and m.SESSION_COOKIE_HTTPONLY") == ""
        assert starts(said, "assert m.STAFF_IDLE_S == 60") == ""
