"""Requests that schemathesis makes of an OpenAPI document, and what is wrong with the answers."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

Case = schemathesis.Case[Any]
SEED = 20261125
HOST = "http://testserver"
UNAVAILABLE = 503  # the one 5xx that is an answer
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass(frozen=True)
class Sent:
    """A request on its way: `headers` as schemathesis made them."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


# What a test gives: the headers that a request goes out with, and things that exist in the place
# of made-up ones.
Prove = Callable[[Sent], dict[str, str]]
Fit = Callable[[Case], None]


@dataclass
class Run:
    """What was sent, what came back, and what was wrong."""

    faults: list[str] = field(default_factory=list)
    statuses: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(sum(counts.values()) for counts in self.statuses.values())

    @property
    def successes(self) -> int:
        rows = (row for counts in self.statuses.values() for row in counts.items())
        return sum(count for status, count in rows if status < 400)


def operations(document: dict[str, Any]) -> list[Any]:
    """The operations of a document. "default" goes: it would make every status a promised one."""
    strict = copy.deepcopy(document)
    for methods in strict["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("default", None)
    found: Any = schemathesis.openapi.from_dict(strict).get_all_operations()
    return [operation.ok() for operation in found]


def exercise(operation: Any, *, examples: int, run: Run, fit: Fit, prove: Prove) -> None:
    """Send `examples` right and `examples` wrong requests to this institution."""
    counts = run.statuses.setdefault(operation.label, {})
    for mode in MODES:

        @seed(SEED)
        @settings(
            max_examples=examples,
            database=None,
            deadline=timedelta(seconds=20),
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            fit(case)
            status, fault = _exchange(case, prove)
            counts[status] = counts.get(status, 0) + 1
            if fault is not None:
                run.faults.append(fault)

        with suppress(Unsatisfiable):  # a call without parameters cannot be made wrongly
            send()


def _exchange(case: Case, prove: Prove) -> tuple[int, str | None]:
    request = requests.Request(**case.as_transport_kwargs(base_url=HOST)).prepare()
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    made = {name: _text(value) for name, value in request.headers.items()}
    sent = Sent(case.method.upper(), str(request.path_url), body, made)
    headers = prove(sent)
    kind = headers.pop("Content-Type", "")
    answer = Client(raise_request_exception=False).generic(
        sent.method, sent.path, body, kind, headers=headers
    )
    got = Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.items()},
        content=answer.getvalue(),  # of an answer that streams, too
        request=request,
        elapsed=0.0,
        verify=False,
    )
    fault = _fault(case, got)
    if fault is None:
        return got.status_code, None
    return got.status_code, f"{sent.method} {sent.path} {body[:300]!r} {headers}: {fault}"


def _fault(case: Case, got: Response) -> str | None:
    if got.status_code >= 500 and got.status_code != UNAVAILABLE:
        return f"{got.status_code} {got.content[:300]!r}"
    try:
        case.validate_response(got, checks=CHECKS)
    except FailureGroup as failures:
        said = "; ".join(str(failure) for failure in failures.exceptions)
        return f"{got.status_code} {got.content[:200]!r}: {said[:500]}"
    return None if got.status_code < 400 else _undocumented_code(case, got)


def _undocumented_code(case: Case, got: Response) -> str | None:
    """A refusal's code is one of those that the document has as examples of its status."""
    promised = case.operation.definition.raw["responses"][str(got.status_code)]["content"]
    examples = promised["application/problem+json"]["examples"].values()
    code = json.loads(got.content)["code"]
    if code in {example["value"]["code"] for example in examples}:
        return None
    return f"{got.status_code} {code}, which is not documented"


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
