"""Lists of tables of any size: counted up to a bound, searched by whole ids, filtered near their
end. Mixed into every admin page here.
"""

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from cbdc.console import bounded
from cbdc.console.exports import ExportingAdmin

HORIZON = 20_000  # rows, the newest, that filters and unindexed searches look at
CHOICES_MAX = 100  # of a filter
RECENT = 2_000  # rows, the newest, that a filter takes its choices from
_SEPARATOR = "__"


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than people turn pages: the whole of a big table is counted nowhere."""

    template_name = "console/pagination.html"

    @cached_property
    def count(self) -> int:
        """How many rows, at most one above the bound."""
        return bounded.count(self.object_list)  # type: ignore[arg-type]

    def shown_count(self) -> str:
        """The count in words."""
        return bounded.shown(self.count)


class RecentValuesFilter(AllValuesFieldListFilter):
    """Choices are the values of the newest rows: a DISTINCT over millions would read them all."""

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[models.Model],
        model_admin: ModelAdmin,
        field_path: str,
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        rows = model._default_manager.order_by(*model_admin.newest_first(request))
        values = rows.values_list(field_path, flat=True)[:RECENT]
        chosen = {value for value in values if value is not None}
        self.lookup_choices = sorted(chosen, key=str)[:CHOICES_MAX]  # type: ignore[assignment]


class BoundedChangeList(ChangeList):  # type: ignore[misc]
    """Filters, and orders that a person chose, look at the newest rows alone."""

    looks_near = False
    horizon = f"{HORIZON:,}"

    def get_queryset(self, request: HttpRequest, *args: Any, **values: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, *args, **values)
        if getattr(request, "whole_table", False):
            return rows
        if not (self.has_active_filters or ORDER_VAR in request.GET):
            return rows
        near: QuerySet[Any] = self.model_admin.near(request, rows)
        self.looks_near = near is not rows
        return near


class BoundedList(ExportingAdmin):
    """`search_fields` find whole values; `search_within`, of small tables, parts of words."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they count whole tables
    search_within: tuple[str, ...] = ()
    list_before_template = "console/list_before.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Those by a plain text without choices take them from the newest rows."""
        return [self._filter(one) for one in super().get_list_filter(request)]

    def get_action_choices(self, request: HttpRequest, *args: Any) -> list[tuple[str, str]]:
        """What can be done with chosen rows, in the language of the page."""
        choices = super().get_action_choices(request, *args)
        return [(name, gettext(str(said))) for name, said in choices]

    def newest_first(self, request: HttpRequest) -> list[str]:
        """The list's own order: by an index, the newest first."""
        return list(self.get_ordering(request) or self.opts.ordering or ["-pk"])

    def near(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of `rows`, those among the table's newest HORIZON: one look along an index."""
        order = self.newest_first(request)[0]
        field, descending = order.lstrip("-"), order.startswith("-")
        if _SEPARATOR in field:
            return rows
        along = self.model._default_manager.order_by(order).values_list(field, flat=True)
        edge = next(iter(along[HORIZON : HORIZON + 1]), None)
        if edge is None:
            return rows
        return rows.filter(**{f"{field}__{'gt' if descending else 'lt'}": edge})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows that have the text as one of the values; each field is looked up by itself, so that
        each can use its index, and what has none is looked for among the newest."""
        text = search_term.strip()
        if not text:
            return queryset, False
        base = self.model._default_manager.order_by()
        found: list[QuerySet[Any]] = []
        for name in self.search_fields:
            condition = self._exactly(name, text)
            if condition is not None:
                rows = base.filter(condition)
                if not self._is_indexed(name):
                    rows = self.near(request, rows)
                found.append(rows.values("pk")[: bounded.COUNT_MAX])
        found += [
            base.filter(**{f"{name}__icontains": text}).values("pk")[:RECENT]
            for name in self.search_within
        ]
        if not found:
            return queryset.none(), False
        keys = found[0].union(*found[1:]) if len(found) > 1 else found[0]
        return queryset.filter(pk__in=keys), False

    def _filter(self, one: Any) -> Any:
        if not isinstance(one, str):
            return one
        field = _field(self.model, one)
        plain = isinstance(field, models.CharField | models.DateField | models.IntegerField)
        if field is None or not plain or field.choices:
            return one
        return (one, RecentValuesFilter)

    def _exactly(self, name: str, text: str) -> Q | None:
        """That a field has the value that the text means; None when it can mean none."""
        path = name.lstrip("=^@")
        if path.endswith("__startswith"):
            return Q(**{path: text})
        field = _field(self.model, path)
        if field is None:
            return None
        try:
            value = field.to_python(text)
        except ValidationError:
            return None
        return Q(**{path: value})

    def _is_indexed(self, name: str) -> bool:
        """Whether a value of the field is found without reading the table."""
        path = name.lstrip("=^@").removesuffix("__startswith")
        first, _, rest = path.partition(_SEPARATOR)
        if rest:  # through a relation: by the index of the other side, and then of the key
            relation = self.opts.get_field(first).related_model
            return isinstance(relation, type) and _has_index(relation, rest)
        return _has_index(self.model, first)


def _field(model: type[models.Model], path: str) -> Any:
    """The field at the end of a path of relations; None when there is none."""
    field: Any = None
    for part in path.split(_SEPARATOR):
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        model = field.related_model or model
    return field if isinstance(field, models.Field) else None


def _has_index(model: type[models.Model], name: str) -> bool:
    options = model._meta
    field = options.pk if name == "pk" else options.get_field(name)
    if field is None or getattr(field, "primary_key", False) or getattr(field, "unique", False):
        return True
    if getattr(field, "db_index", False):
        return True
    first = [index.fields[0] for index in options.indexes if index.fields]
    unique = [
        one.fields[0]
        for one in options.constraints
        if isinstance(one, models.UniqueConstraint) and one.fields
    ]
    return name in first + unique
