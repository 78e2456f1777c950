"""The catalogue of bad inputs at every call of a bank: refused by code, without trace (INV-10).

`tests/vectors/bad_inputs.json` has the classes. Which of them a call gets follows from its
OpenAPI description: a class of amounts goes to each amount, a class of bodies to each body.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.test import Client

from cbdc.api import rate_limits
from cbdc.api.parsing import LARGE_BODY_PATHS
from cbdc.identifiers import new_id
from tests import contract
from tests.books import fingerprint
from tests.holders import JSON, Holder
from tests.in_process import DATABASES
from tests.merchants.conftest import shop as shop
from tests.merchants.support import Till
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
CATALOGUE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "bad_inputs.json").read_text()
)
CLASSES_LEAST, CASES_LEAST = 100, 5_000
LIMITED: tuple[str, ...] = (
    "wallets.accounts.api",
    "wallets.accounts.wallet_api",
    "wallets.payments.api",
)
LIMITED += ("wallets.payments.history_api", "wallets.payments.requests_api")
LIMITED += ("wallets.transit.riders.api",)
# A session's door looks at the body only to know whose key must have signed it.
OWN_DOOR = {"open_a_session"}
EMPTY = {"array": "[]", "object": "{}"}  # a right value of a list, and of an object by names
EXAMPLES: dict[str, dict[str, Any]] = {
    "pay": {"currency": "CNY", "memo": "tea"},
    "ask_for_a_payment": {"currency": "CNY"},
    "top_up": {"currency": "CNY"},
    "withdraw": {"currency": "CNY"},
    "close_a_wallet": {"deposit_account": "620011000000000011"},
}


Caller = Holder | Till


class Operation(NamedTuple):
    """A call with a body, as the document describes it."""

    name: str
    method: str
    path: str
    properties: dict[str, Any]
    required: tuple[str, ...]
    body: dict[str, Any]
    signed: bool
    keyed: bool  # takes an Idempotency-Key
    caller: str  # "holder", "merchant", or nobody: who must prove who they are


class Case(NamedTuple):
    name: str
    send: Callable[[Caller], Any]
    status: int
    code: str


@pytest.fixture(autouse=True)
def _shop_runs_gates(shop: Till) -> None:
    """So that the calls of transit operators look at what it sends."""
    shop.terms(transit=True)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of calls of one holder in a minute: what limits them is tested elsewhere."""
    for module in LIMITED:
        monkeypatch.setattr(f"{module}.rate_limit", lambda *_: None, raising=False)
    assert callable(rate_limits.rate_limit)


def operations() -> Iterator[Operation]:
    for path, methods in contract.document()["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None or operation["operationId"] in OWN_DOOR:
                continue
            examples = [example["value"] for example in content.get("examples", {}).values()]
            name, schema = operation["operationId"], content["schema"]
            known = {n: v for n, v in EXAMPLES.get(name, {}).items() if n in schema["properties"]}
            body = {**(examples[0] if examples else {}), **known}
            headers = {p["name"] for p in operation.get("parameters", [])}
            yield Operation(
                name=name,
                method=method.upper(),
                path=path,
                properties=schema["properties"],
                required=tuple(schema.get("required", ())),
                body=body,
                signed="Signature" in headers,
                keyed="Idempotency-Key" in headers,
                caller=contract.caller_of(operation),
            )


OPERATIONS = {operation.name: operation for operation in operations()}


def kinds_of(name: str, schema: dict[str, Any]) -> set[str]:
    """Which classes of values a member of a body gets."""
    by_pattern = {
        "^[0-9]{16}$": "wallet_id",
        "^[A-Za-z0-9_-]{43}$": "key",
        "^\\+[1-9][0-9]{6,14}$": "phone",
        "^62[0-9]{16}$": "deposit_account",
        "^[0-9]{6}$": "digits",
    }
    if schema.get("enum") == ["CNY"]:
        return {"currency"}
    if schema.get("pattern") in by_pattern:
        return {by_pattern[schema["pattern"]]}
    if schema.get("format") == "uuid":
        return {"uuid"}
    if schema.get("description") == "fen":
        return {"amount"}
    if isinstance(schema.get("additionalProperties"), dict):
        return {"integer"}  # its names are data: none is unknown, and there may be none
    if schema.get("type") in {"integer", "object"}:
        return {schema["type"]}
    if schema.get("maxLength") == 140:
        return {"text", "memo"}
    if schema.get("maxLength") == 512:
        return {"qr"}
    return {"text", "name"} if schema.get("maxLength") == 60 else {"text"}


def repeated(text: str, row: dict[str, Any]) -> str:
    return text.replace("REPEAT", row["repeat"][0] * row["repeat"][1]) if "repeat" in row else text


def with_ids(path: str, holder: Caller) -> str:
    """The holder's own wallet, and objects that nobody has."""
    ids = {"wallet_id": holder.wallet_id}
    return re.sub(r"{(\w+)}", lambda match: ids.get(match[1]) or str(new_id()), path)


def owned(content: bytes, holder: Caller) -> bytes:
    """The example's deposit account becomes the holder's own."""
    if isinstance(holder, Till):
        return content
    return content.replace(b"620011000000000011", holder.deposit_account.encode())


def sent(operation: Operation, content: bytes) -> Callable[[Caller], Any]:
    return lambda holder: holder.post(
        with_ids(operation.path, holder), owned(content, holder), method=operation.method
    )


def with_value(operation: Operation, member: str, text: str) -> bytes:
    """The right body, but for one member: its JSON text is put in as it stands."""
    body = {**operation.body, member: "PLACE"}
    return json.dumps(body).replace('"PLACE"', text).encode()


def values(operation: Operation) -> Iterator[Case]:
    for member, schema in operation.properties.items():
        kinds = kinds_of(member, schema)
        for row in CATALOGUE["values"]:
            if not kinds & set(row["of"]):
                continue
            if row["json"] == EMPTY.get(schema.get("type", "")):
                continue
            if row["json"] == str(schema.get("minimum")):
                continue  # the least that is right
            for text in sorted(placed(repeated(row["json"], row))):
                content = with_value(operation, member, text)
                name = f"{operation.name}, {member}: {row['class']}"
                yield Case(name, sent(operation, content), row["status"], row["code"])


def bodies(operation: Operation) -> Iterator[Case]:
    right = json.dumps(operation.body)
    for row in CATALOGUE["bodies"]:
        if "twice" in row:
            if not operation.body:
                continue
            content = right[:-1] + ", " + right[1:]
        elif "add" in row:
            content = json.dumps({**operation.body, **row["add"]})
        elif row.get("whole") == "" and not operation.required:
            continue  # it needs no body
        elif row["code"] == "payload_too_large" and operation.path.startswith(LARGE_BODY_PATHS):
            continue  # its own limit is tested with the parser
        elif "whole" in row:
            content = repeated(row["whole"], row)
        else:
            content = row.get("before", "") + right + repeated(row.get("after", ""), row)
            content = content[: len(content) - row.get("cut", 0)]
        case = sent(operation, content.encode("latin-1"))
        yield Case(f"{operation.name}, {row['class']}", case, row["status"], row["code"])


def placed(text: str) -> set[str]:
    """A bad character stands in the middle of its text, then at its beginning, then at its end."""
    found = {text}
    if text.startswith('"a') and text.endswith('b"'):
        found |= {'"' + text[2:-2] + 'ab"', '"ab' + text[2:-2] + '"'}
    return found


def left_out(operation: Operation) -> Iterator[Case]:
    for member in operation.required:
        body = {name: value for name, value in operation.body.items() if name != member}
        case = sent(operation, json.dumps(body).encode())
        yield Case(f"{operation.name}, without {member}", case, 422, "validation_failed")


def requests(operation: Operation) -> Iterator[Case]:
    for row in CATALOGUE["requests"]:
        if not operation.keyed and {"idempotency_key", "spoilt_key"} & row.keys():
            continue
        if not operation.caller and "authorization" in row:
            continue
        status, code = row["status"], row["code"]
        if operation.signed and "spoilt_key" in row:  # the signature covers the key, and is first
            status, code = 401, "signature_invalid"
        case = _asked(operation, row)
        yield Case(f"{operation.name}, {row['class']}", case, status, code)


def _asked(operation: Operation, row: dict[str, Any]) -> Callable[[Caller], Any]:
    signed = operation.signed or "spoilt_key" not in row

    def send(holder: Caller) -> Any:
        path, key = with_ids(operation.path, holder), row.get("idempotency_key", "")
        content = owned(json.dumps(operation.body).encode(), holder)
        headers = _proof(operation, holder, path, content, key=key, signed=signed)
        if "spoilt_key" in row:
            headers["Idempotency-Key"] = row["spoilt_key"]
        if "authorization" in row:
            headers["Authorization"] = row["authorization"]
        headers |= row.get("headers", {})
        kind = row.get("content_type", JSON)
        with acting_as(holder.bank):
            return Client().generic(operation.method, path, content, kind, headers=headers)

    return send


def _proof(
    operation: Operation,
    caller: Caller,
    path: str,
    content: bytes,
    *,
    key: str | None,
    signed: bool,
) -> dict[str, str]:
    if isinstance(caller, Till):
        return caller.headers(path, content, key=key)
    return dict(
        caller.headers(path, content, method=operation.method, idempotency_key=key, signed=signed)
    )


def check(case: Case, holder: Caller) -> str | None:
    """What is wrong with the answer, or None."""
    answer = case.send(holder)
    if not answer["Content-Type"].startswith("application/problem+json"):
        return f"{case.name}: {answer.status_code} {answer.content[:200]!r}"
    problem = answer.json()
    told = (answer.status_code, problem["status"], problem["code"])
    if told != (case.status, case.status, case.code):
        return f"{case.name}: {problem}"
    return None


def all_cases(operation: Operation) -> list[Case]:
    parts = values(operation), left_out(operation), bodies(operation), requests(operation)
    return [case for part in parts for case in part]


@pytest.mark.parametrize("name", OPERATIONS)
def test_bad_input_is_refused_with_its_code_and_changes_nothing(
    name: str, alice: Holder, shop: Till
) -> None:
    before = fingerprint("harbor")
    operation = OPERATIONS[name]
    caller = shop if operation.caller == "merchant" else alice
    wrong = [fault for case in all_cases(operation) if (fault := check(case, caller))]
    assert not wrong, "\n".join(wrong)
    assert fingerprint("harbor") == before


def without_body() -> Iterator[Case]:
    """What is wrong around a request: methods that a path has not, and who it says it is from."""
    for path, methods in contract.document()["paths"].items():
        for row in CATALOGUE["methods"]:
            if row["method"].lower() not in methods:
                name = f"{row['method']} {path}"
                yield Case(name, _bare(row["method"], path, None), row["status"], row["code"])
        for method, operation in methods.items():
            if "requestBody" in operation or not contract.caller_of(operation):
                continue
            for row in CATALOGUE["requests"]:
                if "authorization" in row:
                    case = _bare(method.upper(), path, row["authorization"])
                    yield Case(f"{path}, {row['class']}", case, row["status"], row["code"])


def _bare(method: str, path: str, authorization: str | None) -> Callable[[Caller], Any]:
    def send(holder: Caller) -> Any:
        own = with_ids(path, holder)
        own_proof = holder.key if isinstance(holder, Till) else holder.token
        headers = {"Authorization": authorization or f"Bearer {own_proof}"}
        with acting_as(holder.bank):
            return Client().generic(method, own, b"", JSON, headers=headers)

    return send


def test_what_is_wrong_around_a_request_is_refused(alice: Holder) -> None:
    before = fingerprint("harbor")
    wrong = [fault for case in without_body() if (fault := check(case, alice))]
    assert not wrong, "\n".join(wrong)
    assert fingerprint("harbor") == before


def test_paths_and_queries_that_are_none_are_refused(alice: Holder, shop: Till) -> None:
    order = shop.order()["order_id"]
    before = fingerprint("harbor")
    wrong = []
    client = Client()
    asked = [(f"/api/v1/{row['path']}", row) for row in CATALOGUE["paths"]]
    for path, methods in contract.document()["paths"].items():
        if any(p["name"] == "limit" for p in methods.get("get", {}).get("parameters", [])):
            own = path.format(wallet_id=alice.wallet_id, order_id=order)
            asked += [(f"{own}?{row['query']}", row) for row in CATALOGUE["queries"]]
    assert len(asked) >= 60
    for path, row in asked:
        of_a_firm = path.startswith(("/api/v1/merchant/", "/api/v1/transit/"))
        proof = shop.key if of_a_firm else alice.token
        headers = {"Authorization": f"Bearer {proof}"}
        with acting_as("harbor"):
            answer = client.generic("GET", path, headers=headers)
        told = (answer.status_code, answer.json().get("code"))
        if told != (row["status"], row["code"]):
            wrong.append(f"{path}: {told}")
    assert not wrong, "\n".join(wrong)
    assert fingerprint("harbor") == before


def test_catalogue_is_as_large_as_it_should_be() -> None:
    parts = [part for part in CATALOGUE.values() if isinstance(part, list)]
    assert len({row["class"] for part in parts for row in part}) >= CLASSES_LEAST
    cases = sum(len(all_cases(operation)) for operation in OPERATIONS.values())
    assert cases + len(list(without_body())) >= CASES_LEAST
