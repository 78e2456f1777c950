"""Admin pages for rows that services alone write."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from cbdc.errors import Problem
from cbdc.money import format_yuan, parse_yuan

Verb = TypeVar("Verb", bound=Callable[..., HttpResponse])


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


class ReasonForm(BaseDialogForm):  # type: ignore[misc]
    """Why; kept in the row's history."""

    reason = forms.CharField(max_length=200)


def button(
    label: str,
    *,
    may: str,
    title: str = "",
    text: str,
    form: type[BaseDialogForm] = ReasonForm,
    submit: str = "",
) -> Callable[[Verb], Verb]:
    """Decorate a method of an ActingAdmin: a button on the row's page that asks in a dialog first.

    `may` names the method that allows it, `has_<may>_permission`. The title and the dialog's own
    button say the label, unless they are given.
    """
    decorator: Callable[[Verb], Verb] = action(
        description=label,
        permissions=[may],
        dialog={
            "title": title or label,
            "description": text,
            "form_class": form,
            "form_submit_text": submit or label,
        },
    )
    return decorator


class ActingAdmin(ReadOnlyAdmin):
    """Rows with buttons, and perhaps a form to add one: each calls one service.

    `may_add` is the permission to add. `adding` is the form that does so, when it asks for other
    things than the row's own fields; `save_model` then calls the service.
    """

    may_add = ""
    adding: type[forms.ModelForm] | None = None  # type: ignore[type-arg]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self.may_add) and bool(request.user.has_perm(self.may_add))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None and self.adding is not None:
            kwargs |= {"form": self.adding, "fields": None}
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None and self.adding is not None:
            return list(self.adding.base_fields)
        return super().get_fields(request, obj)

    def carry_out(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[Any], Any],
        done: str,
    ) -> HttpResponse:
        """One service in one transaction, into the row's history with who did it.

        `act` gets the row. When the service refuses, the page says why and nothing happened.
        """
        try:
            with transaction.atomic():
                row = self.model._default_manager.get(pk=object_id)
                act(row)
                self.log_change(request, row, done)
            self.message_user(request, f"{done}.")
        except Problem as problem:
            self.message_user(request, says(problem), messages.ERROR)
        options = self.model._meta
        page = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[object_id])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": page})
        return HttpResponseRedirect(page)

    def add_view(self, request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        """The form again, with the reason, when the service refuses."""
        try:
            return cast(HttpResponse, super().add_view(request, *args, **values))
        except Problem as problem:
            self.message_user(request, says(problem), messages.ERROR)
            request.method = "GET"
            return cast(HttpResponse, super().add_view(request, *args, **values))


def says(problem: Problem) -> str:
    """A refusal in one line."""
    return " ".join([problem.detail, *(f"{e.field}: {e.detail}" for e in problem.errors)])


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


def operators_phone() -> forms.RegexField:
    """The E.164 number of whoever operates a firm's wallet."""
    return forms.RegexField(
        r"^\+[1-9][0-9]{6,14}$", help_text="Of the person who operates the wallet: +8613800000000"
    )


def yuan(field: str, title: str | None = None) -> Any:
    """A list column that shows a fen field in yuan."""

    def column(row: models.Model) -> str:
        value = getattr(row, field)
        return format_yuan(value) if value is not None else "-"

    column.short_description = title or field.replace("_", " ")  # type: ignore[attr-defined]
    column.admin_order_field = field  # type: ignore[attr-defined]
    return column
