"""How a view tells the OpenAPI document what it takes, answers and refuses, with examples."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)

from cbdc.api.answers import JSON_TYPE, PROBLEM_TYPE, problem_body
from cbdc.api.fields import Amount, Currency, WalletId
from cbdc.api.idempotency import KEY_PATTERN
from cbdc.api.pagination import LIMIT_DEFAULT, LIMIT_MAX
from cbdc.api.prefer import WAIT_MAX_S
from cbdc.api.schema import Schema
from cbdc.errors import ErrorCode, FieldError, Problem

View = TypeVar("View", bound=Callable[..., Any])
E = ErrorCode

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "title": "FieldProblem",
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}
KEY_SCHEMA = {"type": "string", "pattern": f"^{KEY_PATTERN}$"}
# What a call refuses for what it is; `refuses` adds what is its own.
ANY_CALL = (E.NOT_ACCEPTABLE, E.INTERNAL_ERROR, E.INSTITUTION_UNAVAILABLE)
WITH_TOKEN = (E.AUTHENTICATION_REQUIRED, E.TOKEN_EXPIRED)
WITH_SIGNATURE = (E.SIGNATURE_MISSING, E.SIGNATURE_INVALID, E.SIGNATURE_EXPIRED)
WITH_KEY = (E.IDEMPOTENCY_KEY_MISSING, E.MALFORMED_REQUEST, E.IDEMPOTENCY_KEY_REUSED)
WITH_BODY = (
    E.MALFORMED_REQUEST,
    E.PAYLOAD_TOO_LARGE,
    E.UNSUPPORTED_MEDIA_TYPE,
    E.VALIDATION_FAILED,
)
OWN_CODE_OF = {
    Amount: E.INVALID_AMOUNT,
    WalletId: E.INVALID_WALLET_ID,
    Currency: E.CURRENCY_MISMATCH,
}


def documented(
    summary: str,
    *,
    answer: Mapping[str, Any],
    status: int = 200,
    body: Schema | None = None,
    key: bool = False,
    produces: str = JSON_TYPE,
    caller: str = "",
    signed: bool = False,
    waits: bool = False,
    paged: bool = False,
    query: Mapping[str, str] | None = None,
    refuses: Sequence[ErrorCode] = (),
    send: Mapping[str, Any] | None = None,
    example: Any = None,
) -> Callable[[View], View]:
    """Decorate `get`, `post`, … of an ApiView.

    The summary, in snake case, is the operation's id: it must be unique in its role.
    `answer` is the JSON Schema of the answer's body, `key` says that Idempotency-Key is
    required, `caller` names a security scheme (settings, SPECTACULAR_SETTINGS), `signed` asks
    for the RFC 9421 signature, `waits` takes `Prefer: wait`, `paged` takes `cursor` and
    `limit`. `query` has further parameters with what they mean, `refuses` the codes that the
    call has besides those that follow from the rest. `send` and `example` are examples of the
    body and of the answer.
    """
    examples = [OpenApiExample("example", value=send, request_only=True)] if send else []
    if example is not None:
        examples.append(
            OpenApiExample("example", value=example, response_only=True, status_codes=[str(status)])
        )
    responses: dict[Any, Any] = {(status, produces): dict(answer)}
    codes = _codes(body, key=key, caller=caller, signed=signed, refuses=refuses)
    if paged or query:
        codes = [*codes, E.VALIDATION_FAILED]
    for refused in sorted({code.status for code in codes}):
        of_status = [code for code in ErrorCode if code in codes and code.status == refused]
        responses[(refused, PROBLEM_TYPE)] = OpenApiResponse(
            response=PROBLEM_SCHEMA,
            description=", ".join(code.code for code in of_status),
            examples=[_problem_example(code) for code in of_status],
        )
    responses[("default", PROBLEM_TYPE)] = OpenApiResponse(
        response=PROBLEM_SCHEMA, description="Any other refusal."
    )
    decorator = extend_schema(
        operation_id=re.sub(r"[^a-z0-9]+", "_", summary.lower()).strip("_"),
        summary=summary,
        request={JSON_TYPE: body.openapi()} if body is not None else None,
        parameters=list(_parameters(key, signed, waits, paged, query or {})) or None,
        responses=responses,
        examples=examples or None,
        auth=[{caller: []}] if caller else None,  # type: ignore[list-item]
    )
    return decorator


def name_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: a schema with a title stands once, under `components`."""
    schemas: dict[str, Any] = result.setdefault("components", {}).setdefault("schemas", {})
    for section in ("paths", "webhooks"):
        if section in result:
            result[section] = _lifted(result[section], schemas)
    return result


def require_bodies(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: a body with a required field must be there itself."""
    for methods in result["paths"].values():
        for operation in methods.values():
            body = operation.get("requestBody")
            if body is not None and body["content"][JSON_TYPE]["schema"].get("required"):
                body["required"] = True
    return result


def _lifted(node: Any, schemas: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_lifted(item, schemas) for item in node]
    if not isinstance(node, dict):
        return node
    lifted = {
        name: value if name in ("example", "examples") else _lifted(value, schemas)
        for name, value in node.items()
    }
    title = node.get("title")
    if not isinstance(title, str) or "type" not in node:
        return lifted
    if schemas.setdefault(title, lifted) != lifted:
        raise ValueError(f"two schemas have the title {title}")
    return {"$ref": f"#/components/schemas/{title}"}


def _codes(
    body: Schema | None, *, key: bool, caller: str, signed: bool, refuses: Sequence[ErrorCode]
) -> list[ErrorCode]:
    codes = [*ANY_CALL, *refuses]
    codes += WITH_TOKEN if caller else ()
    codes += WITH_SIGNATURE if signed else ()
    codes += WITH_KEY if key else ()
    if body is not None:
        codes += WITH_BODY
        codes += [OWN_CODE_OF[type(f)] for f in body.fields.values() if type(f) in OWN_CODE_OF]
    return codes


def _problem_example(code: ErrorCode) -> OpenApiExample:
    errors = []
    if code is E.VALIDATION_FAILED:
        errors = [FieldError("colour", "unknown_field", "There is no such field.")]
    return OpenApiExample(
        code.code,
        summary=code.title,
        value=problem_body(Problem(code, errors=errors)),
        response_only=True,
        status_codes=[str(code.status)],
        media_type=PROBLEM_TYPE,
    )


def _parameters(
    key: bool, signed: bool, waits: bool, paged: bool, query: Mapping[str, str]
) -> Iterator[OpenApiParameter]:
    def header(name: str, description: str, *, required: bool, type: Any = str) -> OpenApiParameter:
        return OpenApiParameter(name, type, OpenApiParameter.HEADER, required, description)

    if key:
        says = "1 to 64 printable ASCII characters"
        yield header("Idempotency-Key", says, required=True, type=KEY_SCHEMA)
    if signed:
        yield header("Content-Digest", "RFC 9530, sha-256", required=True)
        yield header("Signature-Input", "RFC 9421, label sig1", required=True)
        yield header("Signature", "RFC 9421, label sig1", required=True)
    if waits:
        yield header("Prefer", f"wait=N, at most {WAIT_MAX_S} seconds", required=False)
    if paged:
        query = {**query, "cursor": "next_cursor of the page before"}
        yield OpenApiParameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        )
    for name, description in query.items():
        yield OpenApiParameter(name, OpenApiTypes.STR, description=description)
