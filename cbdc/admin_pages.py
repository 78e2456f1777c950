"""Admin pages for rows that services alone write."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from cbdc.money import format_yuan


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Shows rows, and changes none."""

    list_per_page = 50
    show_full_result_count = False
    actions_on_top = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


def yuan(field: str, title: str | None = None) -> Any:
    """A list column that shows a fen field in yuan."""

    def column(row: models.Model) -> str:
        return format_yuan(getattr(row, field))

    column.short_description = title or field.replace("_", " ")  # type: ignore[attr-defined]
    column.admin_order_field = field  # type: ignore[attr-defined]
    return column
