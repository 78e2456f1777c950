"""Admin pages for rows that services alone write."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from cbdc.console.lists import BoundedList
from cbdc.console.recording import record
from cbdc.console.refusals import in_words
from cbdc.console.role import this_console
from cbdc.console.words import speak_columns, speak_form, spoken
from cbdc.errors import Problem
from cbdc.money import format_yuan, parse_yuan

Verb = TypeVar("Verb", bound=Callable[..., HttpResponse])
BULK_MAX = 100  # rows that one action of a list may take
REASON_MAX = 200


class ReasonedActionForm(ActionForm):  # type: ignore[misc]
    """What to do with the chosen rows of a list, and why."""

    reason = forms.CharField(
        label="",
        required=False,  # told by the action, where one is needed
        max_length=REASON_MAX,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": gettext_lazy("Reason"), "aria-label": gettext_lazy("Reason")}
        ),
    )


class AuditedAdmin(ModelAdmin):  # type: ignore[misc]
    """What a person does here goes into the audit log too, in the same transaction (INV-11).

    `records_itself`: the services behind the page write their own entries.
    """

    records_itself = False

    def record(
        self, request: HttpRequest, action: str, pk: Any, reason: str = "", **detail: Any
    ) -> None:
        """An entry of the audit log: this person did `action` to the row `pk`, and why."""
        given = {"reason": reason} if reason else {}
        record(
            request,
            action=action,
            subject=self.subject_of(pk),
            detail={"page": self.opts.label_lower, **given, **detail},
        )

    def subject_of(self, pk: Any) -> str:
        """What the audit log calls a row."""
        return str(pk)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Into the row's history and the audit log, with the reason that the form asked for."""
        reason = request.POST.get("reason", "").strip()[:REASON_MAX]
        if not self.records_itself:
            self.record(request, f"add_{self.opts.model_name}", obj.pk, reason)
        return super().log_addition(request, obj, f"Added: {reason}" if reason else message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Into the row's history and the audit log: names of fields, and no value of one."""
        if not self.records_itself:
            fields = [] if isinstance(message, str) else changed_fields(message)
            self.record(request, f"change_{self.opts.model_name}", obj.pk, fields=fields)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Into the history and the audit log."""
        for row in queryset:
            self.record(request, f"delete_{self.opts.model_name}", row.pk)
        return super().log_deletions(request, queryset)


def changed_fields(message: list[dict[str, Any]]) -> list[str]:
    """The names in a change message as Django's forms construct it."""
    return [name for part in message for name in part.get("changed", {}).get("fields", [])]


class ReadOnlyAdmin(BoundedList, AuditedAdmin):
    """Shows rows, and changes none. What the role's console has to say of a row stands below it."""

    action_form = ReasonedActionForm
    list_per_page = 50
    actions_on_top = True
    change_form_outer_after_template = "console/below.html"

    def __init__(self, model: type[models.Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        speak_columns(self, (*self.list_display, *self.readonly_fields))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **values: Any
    ) -> Any:
        row, below = values.get("obj"), this_console().below.get(self.opts.label_lower)
        if row is not None and below is not None:
            context["panels"] = below(request, str(row.pk))
        return super().render_change_form(request, context, *args, **values)

    def carry_out_chosen(
        self,
        request: HttpRequest,
        rows: models.QuerySet[Any],
        action: str,
        act: Callable[[models.QuerySet[Any]], str],
    ) -> None:
        """One service for the chosen rows, in one transaction, with the reason typed beside it.

        `act` gets the rows and says what was done. Nothing happens without a reason.
        """
        reason, chosen = self.chosen(request, rows)
        if not chosen:
            return
        try:
            with transaction.atomic():
                done = act(rows.filter(pk__in=chosen))
                for pk in chosen:
                    self.record(request, action, pk, reason)
            self.message_user(request, done)
        except Problem as problem:
            for pk in chosen:
                self.record(request, f"{action}_refused", pk, reason, code=problem.error.code)
            self.message_user(request, says(problem), messages.ERROR)

    def chosen(self, request: HttpRequest, rows: models.QuerySet[Any]) -> tuple[str, list[Any]]:
        """The reason typed beside the action and the chosen keys; none, and told, if it may not."""
        reason = request.POST.get("reason", "").strip()[:REASON_MAX]
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[: BULK_MAX + 1])
        if not reason:
            self.message_user(request, gettext("Give a reason beside the action."), messages.ERROR)
        elif len(keys) > BULK_MAX:
            self.message_user(request, f"Choose {BULK_MAX} rows at most.", messages.ERROR)
        else:
            return reason, keys
        return "", []


class ReasonForm(BaseDialogForm):  # type: ignore[misc]
    """Why; kept in the row's history."""

    reason = forms.CharField(max_length=REASON_MAX)


def button(
    label: str,
    *,
    may: str,
    title: str = "",
    text: str,
    form: type[BaseDialogForm] = ReasonForm,
    submit: str = "",
) -> Callable[[Verb], Verb]:
    """Decorate a method of an ActingAdmin: a button that asks in a dialog first.

    It stands on the row's page when `actions_detail` names it, and then the method gets the row's
    `object_id`; above the list when `actions_list` does.

    `may` names the method that allows it, `has_<may>_permission`. The title and the dialog's own
    button say the label, unless they are given.
    """
    speak_form(form)
    decorator: Callable[[Verb], Verb] = action(
        description=gettext_lazy(label),
        permissions=[may],
        dialog={
            "title": gettext_lazy(title or label),
            "description": gettext_lazy(text),
            "form_class": form,
            "form_submit_text": gettext_lazy(submit or label),
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

    def __init__(self, model: type[models.Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        if self.adding is not None:
            speak_form(self.adding)

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
        *,
        action: str,
        reason: str = "",
        **detail: Any,
    ) -> HttpResponse:
        """One service in one transaction, into the row's history and the audit log.

        `act` gets the row; `action`, `reason` and `detail` stand in the audit log. The history and
        the page say what was `done`, and the reason. When the service refuses, the page says why
        and nothing but the audit log changed (INV-10).
        """
        said = f"{done}: {reason}" if reason else done
        try:
            with transaction.atomic():
                row = self.model._default_manager.get(pk=object_id)
                act(row)
                ModelAdmin.log_change(self, request, row, said)
                if not self.records_itself:
                    self.record(request, action, object_id, reason, **detail)
            self.message_user(request, f"{said}.")
        except Problem as problem:
            self.record(request, f"{action}_refused", object_id, reason, code=problem.error.code)
            self.message_user(request, says(problem), messages.ERROR)
        options = self.model._meta
        page = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[object_id])
        return onward(request, page)

    def make(
        self,
        request: HttpRequest,
        act: Callable[[], Any],
        done: str,
        *,
        action: str,
        reason: str,
        **detail: Any,
    ) -> HttpResponse:
        """`carry_out` for a row that there is not yet: `act` makes and returns it."""
        options = self.opts
        page = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        try:
            with transaction.atomic():
                row = act()
                ModelAdmin.log_addition(self, request, row, f"{done}: {reason}")
                self.record(request, action, row.pk, reason, **detail)
            self.message_user(request, f"{done}: {row}.")
            change = f"admin:{options.app_label}_{options.model_name}_change"
            page = reverse(change, args=[row.pk])
        except Problem as problem:
            self.record(request, f"{action}_refused", "", reason, code=problem.error.code)
            self.message_user(request, says(problem), messages.ERROR)
        return onward(request, page)

    def propose(
        self, request: HttpRequest, ask: Callable[[], Any], *, action: str, reason: str
    ) -> HttpResponse:
        """Have `ask` enter a request for another person to approve, and show it in the queue.

        For what there is no row of yet. The service behind `ask` writes the audit log.
        """
        options = self.opts
        page = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        try:
            with transaction.atomic():
                made = ask()
                ModelAdmin.log_addition(self, request, made, f"Proposed: {reason}")
            self.message_user(request, f"Proposed: {made}.")
            page = reverse("admin:approvals_approvalrequest_change", args=[made.pk])
        except Problem as problem:
            self.record(request, f"{action}_refused", "", reason, code=problem.error.code)
            self.message_user(request, says(problem), messages.ERROR)
        return onward(request, page)

    def add_view(self, request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        """The form again, with the reason, when the service refuses."""
        try:
            return cast(HttpResponse, super().add_view(request, *args, **values))
        except Problem as problem:
            action = f"add_{self.opts.model_name}_refused"
            self.record(request, action, "", code=problem.error.code)
            self.message_user(request, says(problem), messages.ERROR)
            request.method = "GET"
            return cast(HttpResponse, super().add_view(request, *args, **values))


def onward(request: HttpRequest, page: str) -> HttpResponse:
    """To a page, also from a dialog, which htmx sent."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)


def person_of(request: HttpRequest) -> User:
    """The member of the staff who is logged in."""
    return cast(User, request.user)


def says(problem: Problem) -> str:
    """A refusal in one line, in the language of the page."""
    parts = [f"{error.field}: {in_words(error.detail)}" for error in problem.errors]
    return " ".join([in_words(problem.detail), *parts])


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


def once(column: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    """Ask a column's query once for a row: the theme reads a field several times for its page."""

    @wraps(column)
    def kept(page: Any, row: Any) -> str:
        name = f"_shown_{column.__name__}"
        if name not in row.__dict__:
            row.__dict__[name] = column(page, row)
        shown: str = row.__dict__[name]
        return shown

    return kept


def yuan(field: str, title: str | None = None) -> Any:
    """A list column that shows a fen field in yuan."""

    def column(row: models.Model) -> str:
        value = getattr(row, field)
        return format_yuan(value) if value is not None else "-"

    column.short_description = spoken(title or field.replace("_", " "))  # type: ignore[attr-defined]
    column.admin_order_field = field  # type: ignore[attr-defined]
    return column


def key_of(relation: str) -> Any:
    """A list column of the key of a related row, which asks for no row of the other table."""

    def column(row: models.Model) -> str:
        return str(getattr(row, f"{relation}_id"))

    column.short_description = spoken(f"{relation} id")  # type: ignore[attr-defined]
    column.admin_order_field = relation  # type: ignore[attr-defined]
    return column
