"""Access tokens name a device and its holder, for 15 minutes, at one institution."""

from datetime import timedelta

import pytest
from django.test import RequestFactory, override_settings

from cbdc import clock
from cbdc.api.tokens import bearer_credential, make_access_token, read_access_token
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id

DEVICE = new_id()


def refusal(token: str) -> ErrorCode:
    with pytest.raises(Problem) as refused:
        read_access_token(token)
    return refused.value.error


def test_token_names_its_device_and_holder() -> None:
    token, expires_at = make_access_token(device_id=DEVICE, holder_id="0011000000000018")
    read = read_access_token(token)
    assert (read.device_id, read.holder_id) == (DEVICE, "0011000000000018")
    assert read.expires_at == expires_at
    left = expires_at - clock.now()
    assert timedelta(minutes=14, seconds=58) < left <= timedelta(minutes=15)


def test_token_expires() -> None:
    token, expires_at = make_access_token(device_id=DEVICE, holder_id="h")
    with clock.injected(lambda: expires_at - timedelta(seconds=1)):
        read_access_token(token)
    with clock.injected(lambda: expires_at):
        assert refusal(token) is ErrorCode.TOKEN_EXPIRED


def test_token_that_was_changed_anywhere_is_refused() -> None:
    token, _ = make_access_token(device_id=DEVICE, holder_id="h")
    for index in range(len(token)):
        for other in ("A", "B", "=", "é"):
            changed = token[:index] + other + token[index + 1 :]
            if changed != token:
                assert refusal(changed) is ErrorCode.AUTHENTICATION_REQUIRED


@pytest.mark.parametrize("token", ["", "at_", "at_.", "x", "sk_abc", "at_AA.AA", "at_" + "A" * 999])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refusal(token) is ErrorCode.AUTHENTICATION_REQUIRED


def test_expired_and_changed_token_is_not_called_expired() -> None:
    token, _ = make_access_token(
        device_id=DEVICE, holder_id="h", expires_at=clock.now() - timedelta(days=1)
    )
    assert refusal(token) is ErrorCode.TOKEN_EXPIRED
    assert refusal(token[:-2] + "AA") is ErrorCode.AUTHENTICATION_REQUIRED


def test_token_of_another_institution_is_refused() -> None:
    token, _ = make_access_token(device_id=DEVICE, holder_id="h")
    with override_settings(INSTITUTION="harbor"):
        assert refusal(token) is ErrorCode.AUTHENTICATION_REQUIRED


def test_token_of_another_secret_is_refused() -> None:
    token, _ = make_access_token(device_id=DEVICE, holder_id="h")
    with override_settings(SECRET_KEY="another-secret-" * 5):
        assert refusal(token) is ErrorCode.AUTHENTICATION_REQUIRED


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc"])
def test_bearer_credential(header: str) -> None:
    request = RequestFactory().get("/", headers={"Authorization": header})
    assert bearer_credential(request) == "abc"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearer " + "a" * 999]
)
def test_no_bearer_credential_is_authentication_required(header: str) -> None:
    with pytest.raises(Problem) as refused:
        bearer_credential(RequestFactory().get("/", headers={"Authorization": header}))
    assert refused.value.error is ErrorCode.AUTHENTICATION_REQUIRED
