"""Every answer that a test's holder gets is held against the bank's OpenAPI document."""

import json
import re
from functools import cache
from typing import Any

from django.test import override_settings
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

BANK, CENTRAL_BANK = "wallets.urls", "central_bank.urls"


@cache
def document(urls: str = BANK) -> dict[str, Any]:
    """The OpenAPI document of a role, as /api/schema/ answers it."""
    with override_settings(ROOT_URLCONF=urls):
        make: Any = SchemaGenerator
        generated = make(urlconf=urls).get_schema(request=None, public=True)
    plain: dict[str, Any] = json.loads(json.dumps(generated))
    return plain


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """Each path as a pattern; one without parameters before one with."""
    templates = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), path) for path in templates]


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The operation that a request calls, or None."""
    for pattern, template in _paths():
        if pattern.fullmatch(path):
            found: dict[str, Any] | None = document()["paths"][template].get(method.lower())
            return found
    return None


def caller_of(operation: dict[str, Any]) -> str:
    """Who must prove who they are to call it: "holder", "merchant", or nobody."""
    schemes = {name for entry in operation.get("security", []) for name in entry}
    return next(iter(schemes), "")


def check(method: str, path: str, answer: Any) -> None:
    """Assert that the document promises this answer: its status, its code, its members."""
    operation = operation_of(method, path)
    if operation is None:
        return
    named = f"{method} {path} answered {answer.status_code}"
    promised = operation["responses"].get(str(answer.status_code))
    assert promised is not None, f"{named}, which is not documented: {answer.content!r}"
    if answer.status_code >= 400:
        code = answer.json()["code"]
        examples = promised["content"]["application/problem+json"]["examples"].values()
        codes = {example["value"]["code"] for example in examples}
        assert code in codes, f"{named} {code}, which is not documented"
    elif answer.status_code != 204 and "application/json" in promised["content"]:
        _validate(promised["content"]["application/json"]["schema"], answer.json(), named)


def _validate(schema: dict[str, Any], value: Any, named: str) -> None:
    whole = {**schema, "components": document()["components"]}
    faults = [error.message for error in Draft202012Validator(whole).iter_errors(value)]
    assert not faults, f"{named}: {faults}"
