"""Merchants' secret keys: made, shown once, replaced, revoked."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.admin import ModelAdmin

from cbdc.admin_pages import ActingAdmin, ReasonForm, button
from wallets.merchants.keys import OVERLAP, Scope, TooManyKeys, make_key, replace_key, revoke_key
from wallets.merchants.models import ApiKey, Merchant, Shop

SHOWN_ONCE = "merchants/key_made.html"


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new key; or one in the place of another, with its name, shop and scopes."""

    merchant = forms.ModelChoiceField(Merchant.objects.order_by("name"))
    name = forms.CharField(max_length=60, required=False, help_text="Who or what uses it")
    shop = forms.ModelChoiceField(
        Shop.objects.filter(closed_at__isnull=True), required=False, help_text="All, when empty"
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    replaces = forms.ModelChoiceField(
        ApiKey.objects.filter(revoked_at__isnull=True),
        required=False,
        help_text=f"That key ends {int(OVERLAP.total_seconds() // 3600)} hours later",
    )
    reason = forms.CharField(max_length=200)

    class Meta:
        model = ApiKey
        fields: list[str] = []

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        merchant, shop, old = (values.get(name) for name in ("merchant", "shop", "replaces"))
        if shop is not None and shop.merchant != merchant:
            self.add_error("shop", "It is a shop of another merchant.")
        if old is not None and old.merchant != merchant:
            self.add_error("replaces", "It is a key of another merchant.")
        if old is None and not (values.get("name") and values.get("scopes")):
            self.add_error("name", "A new key has a name and at least one scope.")
        return values

    def _post_clean(self) -> None:
        """The service makes the row: there is none yet to validate."""


@admin.register(ApiKey)
class ApiKeyAdmin(ActingAdmin):
    """The text of a key is on the page that answers its making, and nowhere else."""

    may_add = "merchants.add_apikey"
    adding = KeyForm
    list_display = [
        "name",
        "merchant",
        "shop",
        "ending",
        "scopes",
        "last_used",
        "created_by",
        "expires_at",
        "revoked_at",
    ]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["merchant", "shop", "use"]
    search_fields = ["name", "ending", "merchant__name"]
    fields = [
        "name",
        "merchant",
        "shop",
        "ending",
        "scopes",
        "created_at",
        "created_by",
        "last_used",
        "expires_at",
        "revoked_at",
    ]
    readonly_fields = ["last_used"]
    ordering = ["-created_at"]
    actions_detail = ["revoke"]

    @admin.display(description="last used")
    def last_used(self, key: ApiKey) -> Any:
        use = getattr(key, "use", None)
        return use.last_at if use is not None else None

    def has_revoke_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person ends keys."""
        return bool(request.user.has_perm("merchants.add_apikey"))

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        given, who = form.cleaned_data, request.user.get_username()
        if given["replaces"] is not None:
            made, text = replace_key(key=given["replaces"], by=who)
        else:
            wanted = {name: given[name] for name in ("merchant", "name", "shop", "scopes")}
            made, text = make_key(**wanted, by=who)
        obj.__dict__.update(made.__dict__)
        request.shown_once = text  # type: ignore[attr-defined]

    def log_addition(self, request: HttpRequest, obj: ApiKey, message: Any) -> Any:
        reason = request.POST["reason"]
        self.record(request, "make_key", obj.pk, reason)
        return ModelAdmin.log_addition(self, request, obj, f"Made: {reason}")

    def add_view(self, request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        try:
            return super().add_view(request, *args, **values)
        except TooManyKeys:
            self.message_user(request, "The merchant has too many keys in use.", messages.ERROR)
            request.method = "GET"
            return super().add_view(request, *args, **values)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key itself, this once: not in a message, which a cookie would keep."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The key",
            "opts": self.opts,
            "key": obj,
            "text": cast(Any, request).shown_once,
        }
        answer = render(request, SHOWN_ONCE, context)
        answer["Cache-Control"] = "no-store"
        return answer

    @button(
        "Revoke",
        may="revoke",
        title="Revoke this key",
        text="It opens nothing from this moment on.",
    )
    def revoke(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """At once."""
        return self.carry_out(
            request,
            object_id,
            lambda row: revoke_key(key_id=row.id),
            "Revoked",
            action="revoke_key",
            reason=form.cleaned_data["reason"],
        )
