"""A code generator makes a client of the bank's OpenAPI document, and the document is complete."""

import compileall
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from jsonschema import Draft202012Validator

from cbdc.errors import ErrorCode
from cbdc.settings import commercial_bank
from tests import contract
from wallets.merchants.events import EVENTS

PROBLEM = "application/problem+json"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in contract.document()["paths"].items()
        for method, operation in methods.items()
    ]


def test_generator_makes_a_client_without_a_complaint(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(contract.document()))
    config = tmp_path / "config.yml"
    config.write_text("post_hooks: []\n")
    made = tmp_path / "client"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--path", str(document), "--config", str(config), "--output-path", str(made)]
    done = subprocess.run(
        [*command, "--fail-on-warning"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert compileall.compile_dir(made, quiet=2)
    names = {path.stem for path in (made / "api").rglob("*.py")}
    assert {operation["operationId"] for _, _, operation in operations()} <= names
    models = {path.stem for path in (made / "models").glob("*.py")}
    assert {"wallet", "payment", "transaction", "problem"} <= models


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [pytest.param(*row, id=f"{row[0]} {row[1]}") for row in operations()],
)
def test_operation_is_whole(method: str, path: str, operation: dict[str, Any]) -> None:
    """Summary, parameters, examples that fit their schemas, and refusals by code."""
    components = {"components": contract.document()["components"]}
    assert operation["summary"]
    named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    assert named == set(re.findall(r"{(\w+)}", path))
    contents = [operation.get("requestBody", {}).get("content", {})]
    contents += [answer.get("content", {}) for answer in operation["responses"].values()]
    for content in contents:
        for media in content.values():
            for example in media.get("examples", {}).values():
                validator = Draft202012Validator({**media["schema"], **components})
                faults = [error.message for error in validator.iter_errors(example["value"])]
                assert not faults, (operation["operationId"], example, faults)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if body.get("schema", {}).get("properties"):
        assert body["examples"]
    codes = {
        example["value"]["code"]: int(status)
        for status, answer in operation["responses"].items()
        if status.isdigit() and int(status) >= 400
        for example in answer["content"][PROBLEM]["examples"].values()
    }
    registry = {error.code: error.status for error in ErrorCode}
    assert codes
    assert codes.items() <= registry.items()
    success = [status for status in operation["responses"] if status.startswith("2")]
    assert len(success) == 1
    if success != ["204"] and "text/csv" not in str(operation["responses"][success[0]]):
        assert "examples" in operation["responses"][success[0]]["content"]["application/json"]


def test_document_of_a_bank_describes_its_webhooks() -> None:
    make: Any = SchemaGenerator
    with patched_settings({"WEBHOOKS": commercial_bank.SPECTACULAR_SETTINGS["WEBHOOKS"]}):
        told = make(urlconf="wallets.urls").get_schema(request=None, public=True)
    assert set(told["webhooks"]) == set(EVENTS)
    for event, hook in told["webhooks"].items():
        body = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
        named = told["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        assert named["properties"]["type"]["enum"] == [event]
        assert named["properties"]["data"]["$ref"].rpartition("/")[2] in ("Order", "Refund")


def test_every_path_of_the_bank_is_in_the_document() -> None:
    found = {
        f"/api/v1/{one.pattern}"
        for entry in get_resolver("wallets.urls").url_patterns
        if str(entry.pattern) == "api/v1/" and isinstance(entry, URLResolver)
        for one in entry.url_patterns
    }
    documented = contract.document()["paths"]
    assert {re.sub(r"<str:(\w+)>", r"{\1}", path) for path in found} == set(documented)
