"""How a view tells the OpenAPI document what it takes and answers."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from cbdc.api.answers import JSON_TYPE, PROBLEM_TYPE
from cbdc.api.schema import Schema

View = TypeVar("View", bound=Callable[..., Any])

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
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
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}


def documented(
    summary: str,
    *,
    answer: Mapping[str, Any],
    status: int = 200,
    body: Schema | None = None,
    key: bool = False,
    produces: str = JSON_TYPE,
) -> Callable[[View], View]:
    """Decorate `get`, `post`, … of an ApiView.

    The summary, in snake case, is the operation's id: it must be unique in its role.
    `answer` is the JSON Schema of the answer's body, `key` says that Idempotency-Key is
    required.
    """
    parameters = [
        OpenApiParameter(
            "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True
        )
    ]
    request = {JSON_TYPE: body.openapi()} if body is not None else None
    decorator = extend_schema(
        operation_id=re.sub(r"[^a-z0-9]+", "_", summary.lower()).strip("_"),
        summary=summary,
        request=request,
        parameters=parameters if key else None,
        responses={(status, produces): dict(answer), ("default", PROBLEM_TYPE): PROBLEM_SCHEMA},
    )
    return decorator
