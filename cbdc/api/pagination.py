"""Lists: `{"data", "next_cursor"}`, with a signed cursor that fits one list and its filters."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core import signing
from django.http import HttpRequest
from rest_framework.request import Request

from cbdc.api.answers import Answer
from cbdc.api.parsing import plain_request
from cbdc.api.schema import refuse
from cbdc.errors import FieldError

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
CURSOR_LENGTH_MAX = 512

_SALT = "cbdc.api.pagination.cursor"
_LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page:
    """What the caller asks for: `after` is the position of the last row it has, or None."""

    limit: int
    after: int | str | None
    binding: str

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown, to know whether there is a next page."""
        return self.limit + 1


def read_page(request: HttpRequest | Request) -> Page:
    """The page of `?cursor=&limit=`; every other query parameter counts as a filter.

    Raises:
        Problem: validation_failed, for a limit out of range and a cursor that is not ours,
            or is of another list, filter or institution.
    """
    plain = plain_request(request)
    binding = _binding(plain)
    limit = _single(plain, "limit")
    if limit is None:
        limit = str(LIMIT_DEFAULT)
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= LIMIT_MAX:
        raise refuse([FieldError("limit", "out_of_range", f"Must be 1 to {LIMIT_MAX}.")])
    cursor = _single(plain, "cursor")
    return Page(int(limit), None if cursor is None else _position(cursor, binding), binding)


def page_answer(
    page: Page,
    rows: Iterable[Row],
    *,
    position: Callable[[Row], int | str],
    encode: Callable[[Row], dict[str, Any]],
) -> Answer:
    """The list's answer from up to `page.fetch` rows; `position` of a row goes into the cursor."""
    found: Sequence[Row] = list(rows)
    shown = found[: page.limit]
    more = len(found) > page.limit
    cursor = _cursor(position(shown[-1]), page.binding) if more else None
    return Answer(200, {"data": [encode(row) for row in shown], "next_cursor": cursor})


def slice_answer(
    page: Page, rows: Sequence[Row], *, encode: Callable[[Row], dict[str, Any]]
) -> Answer:
    """The page of a list that is short, only grows at its end, and has been read whole."""
    start = page.after if isinstance(page.after, int) else 0
    window = list(enumerate(rows))[start : start + page.fetch]
    return page_answer(
        page, window, position=lambda row: row[0] + 1, encode=lambda row: encode(row[1])
    )


def _single(request: HttpRequest, name: str) -> str | None:
    values = request.GET.getlist(name)
    if len(values) > 1:
        raise refuse([FieldError(name, "repeated", "Must be given once.")])
    return values[0] if values else None


def _binding(request: HttpRequest) -> str:
    """Names the list: its path and filters, in any order."""
    filters = sorted(
        (name, value)
        for name, values in request.GET.lists()
        if name not in {"cursor", "limit"}
        for value in values
    )
    text = repr((request.path, filters)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()[:16]


def _cursor(position: int | str, binding: str) -> str:
    return signing.dumps([position, binding], salt=_SALT)


def _position(cursor: str, binding: str) -> int | str:
    forged = refuse([FieldError("cursor", "invalid", "Not a cursor of this list.")])
    if len(cursor) > CURSOR_LENGTH_MAX:
        raise forged
    try:
        position, bound_to = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise forged from error
    if bound_to != binding or not isinstance(position, int | str):
        raise forged
    return position
