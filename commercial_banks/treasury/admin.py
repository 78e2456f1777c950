"""The treasurer's pages: the vault, and asking the central bank."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from cbdc.admin_pages import ActingAdmin, ReadOnlyAdmin, YuanField, yuan
from commercial_banks.treasury import services
from commercial_banks.treasury.models import ReplenishmentMarks, TokenRequest, VaultToken
from commercial_banks.treasury.replenishment import set_marks

Operation = TokenRequest.Operation
ASK = {
    Operation.ISSUE: services.request_issue,
    Operation.REDEEM: services.request_redeem,
    Operation.LOCK: services.request_lock,
    Operation.UNLOCK: services.request_unlock,
}


class TokenRequestForm(forms.ModelForm):  # type: ignore[type-arg]
    """What to ask of the central bank."""

    operation = forms.ChoiceField(
        choices=[
            (Operation.ISSUE, "issue: tokens against reserves"),
            (Operation.REDEEM, "redeem: tokens back into reserves"),
            (Operation.LOCK, "lock: tokens as guarantee of payments to other banks"),
            (Operation.UNLOCK, "unlock: tokens out of the guarantee"),
        ]
    )
    amount = YuanField(label="Amount in yuan")

    class Meta:
        model = TokenRequest
        fields = ["operation", "amount"]


@admin.register(TokenRequest)
class TokenRequestAdmin(ActingAdmin):
    """Adding a row sends the request; its status follows the central bank's answer."""

    may_add = "treasury.add_tokenrequest"
    form = TokenRequestForm
    list_display = [
        "created_at",
        "operation",
        yuan("amount"),
        "status",
        "detail",
        "requested_by",
        "answered_at",
    ]
    list_filter = ["operation", "status"]
    ordering = ["-id"]

    def save_model(self, request: HttpRequest, obj: TokenRequest, form: Any, change: bool) -> None:
        """Ask through the service, and show its row."""
        ask = ASK[Operation(obj.operation)]
        made = ask(amount=obj.amount, by=request.user.get_username())
        obj.__dict__.update(made.__dict__)


@admin.register(VaultToken)
class VaultTokenAdmin(ReadOnlyAdmin):
    list_display = ["token_id", yuan("value"), "locked", "received_at", "spent_at", "reserved_by"]
    list_filter = ["locked", ("spent_at", admin.EmptyFieldListFilter)]
    search_fields = ["token_id__startswith"]
    ordering = ["-received_at"]


class MarksForm(forms.ModelForm):  # type: ignore[type-arg]
    """Between what the stock is kept."""

    low = YuanField(label="Low mark in yuan")
    high = YuanField(label="High mark in yuan")

    class Meta:
        model = ReplenishmentMarks
        fields = ["low", "high"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "low" in values and "high" in values and values["low"] >= values["high"]:
            raise forms.ValidationError("The low mark must be below the high mark.")
        return values


@admin.register(ReplenishmentMarks)
class ReplenishmentMarksAdmin(ReadOnlyAdmin):
    """Adding a pair of marks replaces the one in force."""

    form = MarksForm
    list_display = [yuan("low"), yuan("high"), "set_by", "set_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("treasury.add_tokenrequest"))

    def save_model(
        self, request: HttpRequest, obj: ReplenishmentMarks, form: Any, change: bool
    ) -> None:
        made = set_marks(low=obj.low, high=obj.high, by=request.user.get_username())
        obj.__dict__.update(made.__dict__)
