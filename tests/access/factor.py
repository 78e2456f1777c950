"""A person with an authenticator, in tests."""

import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

PASSWORD = "correct horse battery"
FACTOR = "/admin/second-factor/"
ENROL = f"{FACTOR}enrol/"


def code_of(secret: str, steps: int = 0) -> str:
    """What the authenticator shows now, or so many times 30 s later."""
    totp = TOTP(bytes.fromhex(secret))
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def logged_in(person: User, password: str = PASSWORD, **headers: Any) -> Client:
    """By the password alone."""
    client = Client(**headers)
    answer = client.post(
        "/admin/login/?next=/admin/", {"username": person.username, "password": password}
    )
    assert answer.status_code == 302, "the password is wrong"
    return client


def enrolled(person: User) -> tuple[Client, TOTPDevice, list[str]]:
    """A client that has set the factor up, the device, and the recovery codes."""
    client = logged_in(person)
    client.get(ENROL)
    answer = client.post(ENROL, {"code": code_of(client.session["second_factor_to_enrol"])})
    assert answer.status_code == 200
    return client, TOTPDevice.objects.get(user=person), answer.context["codes"]


def gives(client: Client, code: str) -> Any:
    """What comes of a code on the page that asks for it."""
    return client.post(FACTOR, {"code": code})
