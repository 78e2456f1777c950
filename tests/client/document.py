"""Which calls of a bank's OpenAPI document a client made."""

import re
from collections.abc import Iterable
from typing import Any

from tests import contract
from tests.client.stub import Asked

Call = tuple[str, str]  # method, path template


def promised(*prefixes: str) -> dict[Call, dict[str, Any]]:
    """The operations of the document below these paths."""
    return {
        (method.upper(), template): operation
        for template, operations in contract.document()["paths"].items()
        if template.startswith(prefixes)
        for method, operation in operations.items()
    }


def called(
    asked: Iterable[Asked], operations: dict[Call, dict[str, Any]]
) -> dict[Call, tuple[Asked, dict[str, Any]]]:
    """Of these operations those that were asked for: a request of each, and its parameters."""
    found = {}
    for request in asked:
        for method, template in operations:
            pattern = re.sub(r"{\w+}", "[^/]+", template)
            if method == request.method and re.fullmatch(pattern, request.path):
                parameters = operations[method, template].get("parameters", [])
                found[method, template] = request, {p["name"]: p for p in parameters}
    return found
