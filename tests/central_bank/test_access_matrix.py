"""Every call and page of the central bank × everyone who must not make it: refused, no trace.

What it publishes is for all to read and for nobody to write. The calls come from its OpenAPI
document and its admin's registry, so that a new one is in the matrix from its first day.
"""

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, override_settings

from cbdc.crypto import keys
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE
from central_bank.issuance.models import Token
from central_bank.supervision import directory
from tests import contract
from tests.books import fingerprint
from tests.central_bank.support import guarantee
from tests.central_bank.test_tokens_api import headers, key_of

pytestmark = pytest.mark.usefixtures("central_bank")
DOCUMENT = contract.document(contract.CENTRAL_BANK)["paths"]
SIGNED = [path for path in DOCUMENT if "Signature" in str(DOCUMENT[path])]
PUBLIC = [path for path in DOCUMENT if path not in SIGNED]
WRITING = ("POST", "PUT", "PATCH", "DELETE")
BODIES = (b"", b"{}", b'{"amount": 1}')


def own(path: str) -> str:
    """With the id of a token that there is."""
    token = Token.objects.first()
    return re.sub(r"{\w+}", token.token_id if token else str(new_id()), path)


@pytest.fixture(autouse=True)
def _something_to_see(central_bank: None) -> None:
    guarantee("harbor", 1_000)


def test_there_are_calls() -> None:
    assert SIGNED == ["/api/v1/tokens/{token_id}"]
    assert len(PUBLIC) >= 6


def test_nobody_writes_what_is_published() -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss", password="not a secret"))
    before = fingerprint(CENTRAL_BANK_CODE)
    for path, client, method, body in product(DOCUMENT, (Client(), boss), WRITING, BODIES):
        answer = client.generic(method, own(path), body, "application/json")
        said = (answer.status_code, answer.json()["code"])
        assert said == (405, "method_not_allowed"), f"{method} {path}"
    assert fingerprint(CENTRAL_BANK_CODE) == before


CALLERS: dict[str, Callable[[str], dict[str, str]]] = {
    "nobody": lambda path: {},
    "a bearer token": lambda path: {"Authorization": "Bearer at_AAAA.BBBB"},
    "a stranger": lambda path: headers("harbor", keys.generate(), path),
    "an unknown institution": lambda path: headers("phantom", keys.generate(), path),
    "another's key": lambda path: headers("harbor", key_of("lotus"), path),
    "a signature for another path": lambda path: headers("harbor", key_of("harbor"), path + "0"),
    "the issuer": lambda path: headers("central-bank", key_of("issuer"), path),
}


def test_nobody_sees_a_token_without_the_right_signature() -> None:
    before = fingerprint(CENTRAL_BANK_CODE)
    for path, caller in product(SIGNED, CALLERS):
        where = own(path)
        with override_settings(PUBLIC_BASE_URL="http://testserver"):
            answer = Client().get(where, headers=CALLERS[caller](where))
        assert answer.status_code == 401, caller
        assert answer.json()["code"] in {"signature_missing", "signature_invalid"}, caller
    assert fingerprint(CENTRAL_BANK_CODE) == before


def test_retired_key_of_the_owner_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    where = own(SIGNED[0])
    monkeypatch.setattr(directory, "signing_keys", lambda code: {})
    with override_settings(PUBLIC_BASE_URL="http://testserver"):
        answer = Client().get(where, headers=headers("harbor", key_of("harbor"), where))
    assert answer.json()["code"] == "signature_invalid"


def test_calls_of_a_bank_are_not_there() -> None:
    """The role of a process decides its paths (DESIGN section 2)."""
    of_banks = contract.document(contract.BANK)["paths"]
    before, wrong = fingerprint(CENTRAL_BANK_CODE), []
    for path, methods in of_banks.items():
        for method in methods:
            where = re.sub(r"{\w+}", str(new_id()), path)
            answer = Client().generic(method.upper(), where, b"{}", "application/json")
            if (answer.status_code, answer.json()["code"]) != (404, "not_found"):
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert fingerprint(CENTRAL_BANK_CODE) == before


def test_calls_of_the_central_bank_are_not_there_at_a_bank() -> None:
    with override_settings(ROOT_URLCONF=contract.BANK):
        for path in DOCUMENT:
            assert Client().get(re.sub(r"{\w+}", str(new_id()), path)).status_code == 404


def pages() -> list[str]:
    """The list, the form and one row of each model in the admin."""
    found = []
    for model in admin.site._registry:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found += [base, f"{base}add/", f"{base}1/change/", f"{base}1/delete/", f"{base}1/history/"]
    return found


def answers_of(client: Client) -> dict[str, Any]:
    """What each page says to a look and to a form."""
    return {
        f"{method} {page}": client.generic(method, page)
        for page in pages()
        for method in ("GET", "POST")
    }


def test_admin_lets_nobody_in_without_a_log_in() -> None:
    before = fingerprint(CENTRAL_BANK_CODE)
    for page, answer in answers_of(Client()).items():
        assert answer.status_code == 302, page
        assert answer["Location"].startswith("/admin/login/"), page
    assert fingerprint(CENTRAL_BANK_CODE) == before


def test_staff_without_a_role_sees_and_does_nothing() -> None:
    client = Client()
    client.force_login(User.objects.create_user("clerk", password="x", is_staff=True))
    before = fingerprint(CENTRAL_BANK_CODE)
    for page, answer in answers_of(client).items():
        refused = answer.status_code == 403
        there_is_none = answer.status_code == 302 and answer["Location"] == "/admin/"
        assert refused or there_is_none, f"{page}: {answer.status_code}"
    assert fingerprint(CENTRAL_BANK_CODE) == before


def test_person_who_is_not_staff_sees_nothing() -> None:
    client = Client()
    client.force_login(User.objects.create_user("customer", password="x"))
    for page, answer in answers_of(client).items():
        assert answer.status_code == 302, page
        assert answer["Location"].startswith("/admin/login/"), page


def test_auditor_writes_nothing() -> None:
    client = Client()
    client.force_login(User.objects.get(username="auditor"))
    before = fingerprint(CENTRAL_BANK_CODE)
    for page in pages():
        answer = client.generic("POST", page)
        if not page.endswith(("add/", "change/", "delete/")):
            continue  # a list or a history is shown, whatever it is sent
        found_none = answer.status_code == 302 and answer["Location"] == "/admin/"
        assert found_none or answer.status_code == 403, f"{page}: {answer.status_code}"
    assert fingerprint(CENTRAL_BANK_CODE) == before
