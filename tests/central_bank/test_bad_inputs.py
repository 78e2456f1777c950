"""The catalogue of bad inputs at what the central bank publishes: refused by code, no trace."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE
from tests import contract
from tests.books import fingerprint

pytestmark = pytest.mark.usefixtures("central_bank")
CATALOGUE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "bad_inputs.json").read_text()
)
DOCUMENT = contract.document(contract.CENTRAL_BANK)["paths"]
BAD_IDS = (
    *("0", "x", "x" * 200, "%00", "%ff", "..", "%2e%2e", "1%20OR%201=1", "%F0%9F%92%B0", "-1"),
    *("0198F2A0-7C3B-7E11-9D5A-3F0B8F6F2C11", "{}", "0198f2a07c3b7e119d5a3f0b8f6f2c11", "null"),
)


def told(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"].startswith("application/problem+json"), answer.content[:200]
    return answer.status_code, str(answer.json()["code"])


def test_methods_that_a_path_has_not_are_refused() -> None:
    before, wrong = fingerprint(CENTRAL_BANK_CODE), []
    for path in DOCUMENT:
        where = re.sub(r"{\w+}", str(new_id()), path)
        for row in CATALOGUE["methods"]:
            said = told(Client().generic(row["method"], where))
            if said != (row["status"], row["code"]):
                wrong.append(f"{row['method']} {path}: {said}")
    assert not wrong, "\n".join(wrong)
    assert fingerprint(CENTRAL_BANK_CODE) == before


def test_queries_that_are_none_are_refused() -> None:
    lists = [
        path
        for path, methods in DOCUMENT.items()
        if any(p["name"] == "limit" for p in methods["get"].get("parameters", []))
    ]
    assert lists
    for path in lists:
        for row in CATALOGUE["queries"]:
            said = told(Client().get(f"{path}?{row['query']}"))
            assert said == (row["status"], row["code"]), row["class"]


def test_paths_that_are_none_are_not_found() -> None:
    wrong = []
    for row in CATALOGUE["paths"]:
        path = f"/api/v1/{row['path']}"
        for spelling in (path, path.replace("wallets", "supply").replace("WALLETS", "SUPPLY")):
            said = told(Client().generic("GET", spelling))
            if said != (row["status"], row["code"]):
                wrong.append(f"{spelling}: {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", [path for path in DOCUMENT if "{" in path])
def test_ids_that_are_none_find_nothing(path: str) -> None:
    """404; where a signature is asked for, that it is missing, whatever the id looks like."""
    wrong = []
    for bad in BAD_IDS:
        said = told(Client().generic("GET", re.sub(r"{\w+}", bad, path)))
        if said not in {(404, "not_found"), (401, "signature_missing")}:
            wrong.append(f"{bad}: {said}")
    assert not wrong, "\n".join(wrong)


def test_accept_header_that_takes_nothing_of_ours_is_refused() -> None:
    nothing = ("text/html", "image/*", "application/xml;q=0.9", "application/json;q=0")
    for path, accept in product(DOCUMENT, nothing):
        where = re.sub(r"{\w+}", str(new_id()), path)
        said = told(Client().get(where, headers={"Accept": accept}))
        assert said in {(406, "not_acceptable"), (401, "signature_missing")}, (path, accept)
