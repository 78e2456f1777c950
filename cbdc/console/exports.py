"""A list as CSV, as it is filtered, row by row from the database to the reader."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from cbdc.clock import CHINA_STANDARD_TIME, now, rfc3339
from cbdc.console.recording import record

ROWS_MAX = 1_000_000
FETCH = 2_000  # rows that are in memory at once
LINES_AT_ONCE = 200
# What a spreadsheet would take for a formula, unless it is a number.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_CHECKBOX = "action_checkbox"
LEFT_OUT = "(left out)"
_OF_THE_PAGE = (ORDER_VAR, PAGE_VAR)
_PAGE_MAX = 32
_YES_OR_NO = {"0", "1", "True", "False"}
_COMPARISONS = {"exact", "gt", "gte", "lt", "lte"}


class _Echo:
    """What `csv.writer` writes to: hands each line back."""

    def write(self, text: str) -> str:
        return text


class ExportingAdmin(ModelAdmin):  # type: ignore[misc]
    """An admin page whose list can be taken away as CSV."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export)
        return [path("export/", view, name=name), *super().get_urls()]

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """The columns of the list, for who may see it; recorded with the names of its filters.

        The whole table is looked at, not its newest rows alone, through a cursor of the server: a
        million rows need no more memory than FETCH.
        """
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        request.whole_table = True  # type: ignore[attr-defined]
        changes = self.get_changelist_instance(request)
        names = [name for name in changes.list_display if name != _CHECKBOX]
        headings = [label_for_field(name, self.model, self) for name in names]
        rows = changes.queryset[: ROWS_MAX + 1].iterator(chunk_size=FETCH)
        detail = {"filters": recorded_filters(self.model, request.GET)}
        record(request, action="export", subject=self.opts.label_lower, detail=detail)
        content = _batched(_lines(self, names, headings, rows))
        answer = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
        day = now().astimezone(CHINA_STANDARD_TIME).strftime("%Y%m%d-%H%M%S")
        file = f"{self.opts.model_name}-{day}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{file}"'
        answer["Cache-Control"] = "no-store"
        return answer


def recorded_filters(model: type[models.Model], given: Mapping[str, str]) -> dict[str, str]:
    """What the audit log says of a list's filters: every name, and the values of closed sets.

    A choice of a field, a yes or no, a day or a time tell nothing about a person. A text that
    somebody typed may be a name, a phone or a wallet: it is LEFT_OUT.
    """
    return {
        name: value if _is_closed(model, name, value) else LEFT_OUT
        for name, value in given.items()
        if name != "csrfmiddlewaretoken"
    }


def _is_closed(model: type[models.Model], name: str, value: str) -> bool:
    path, _, lookup = name.rpartition("__")
    if name in _OF_THE_PAGE:
        return len(value) <= _PAGE_MAX and all(c in "-.0123456789" for c in value)
    if lookup in ("isempty", "isnull"):
        return value in _YES_OR_NO
    if lookup not in _COMPARISONS:
        path = name
    try:
        field = model._meta.get_field(path)
    except FieldDoesNotExist:  # of another table, or no field at all
        return False
    if isinstance(field, models.BooleanField):
        return value in _YES_OR_NO
    choices = getattr(field, "choices", None)
    if choices:
        return value in {str(choice) for choice, _ in choices}
    return isinstance(field, models.DateField) and _is_moment(value)


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _lines(
    page: ModelAdmin, names: list[Any], headings: Iterable[Any], rows: Iterable[models.Model]
) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow([cell(str(heading)) for heading in headings])
    for number, row in enumerate(rows):
        if number == ROWS_MAX:
            text = _("There are more than %(most)s rows: filter the list.") % {"most": ROWS_MAX}
            yield writer.writerow([text])
            return
        yield writer.writerow([cell(_value(page, name, row)) for name in names])


def _value(page: ModelAdmin, name: Any, row: models.Model) -> Any:
    field, _attribute, value = lookup_field(name, row, page)
    if field is not None and isinstance(value, models.Model):
        return value.pk
    return value


def cell(value: Any) -> str:
    """A value as a spreadsheet takes it for what it is, and never for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if text.startswith(FORMULA_STARTS) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    digits = text[1:].replace(",", "").replace(".", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()


def _batched(lines: Iterator[str]) -> Iterator[str]:
    """Several lines at a time: fewer and larger writes."""
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == LINES_AT_ONCE:
            yield "".join(batch)
            batch.clear()
    if batch:
        yield "".join(batch)
