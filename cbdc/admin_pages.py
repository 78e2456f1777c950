"""Admin pages for rows that services alone write."""

from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from cbdc.money import format_yuan, parse_yuan


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


class YuanField(forms.CharField):
    """An amount typed in yuan, as fen; None when it may be left empty and is."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text and not self.required:
            return None
        try:
            amount = parse_yuan(text)
        except ValueError as error:
            raise forms.ValidationError("Type an amount in yuan, like 1,000.00.") from error
        if amount <= 0:
            raise forms.ValidationError("The amount must be above zero.")
        return amount

    def prepare_value(self, value: Any) -> Any:
        """Fen of a row as yuan; what was typed, as it was typed."""
        return format_yuan(value) if isinstance(value, int) else value


def yuan(field: str, title: str | None = None) -> Any:
    """A list column that shows a fen field in yuan."""

    def column(row: models.Model) -> str:
        value = getattr(row, field)
        return format_yuan(value) if value is not None else "-"

    column.short_description = title or field.replace("_", " ")  # type: ignore[attr-defined]
    column.admin_order_field = field  # type: ignore[attr-defined]
    return column
