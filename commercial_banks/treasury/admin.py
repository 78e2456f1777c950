"""The treasurer's pages: the vault, and asking the central bank."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import (
    REASON_MAX,
    ActingAdmin,
    ReadOnlyAdmin,
    YuanField,
    button,
    person_of,
    yuan,
)
from commercial_banks.treasury.models import ReplenishmentMarks, TokenRequest, VaultToken
from commercial_banks.treasury.staff_requests import (
    MARKS,
    MAY_PROPOSE,
    TOKENS,
    propose_marks,
    propose_tokens,
)

Operation = TokenRequest.Operation


class TokensForm(BaseDialogForm):  # type: ignore[misc]
    """What to ask of the central bank, and why."""

    operation = forms.ChoiceField(
        choices=[
            (Operation.ISSUE, _("issue: tokens against reserves")),
            (Operation.REDEEM, _("redeem: tokens back into reserves")),
            (Operation.LOCK, _("lock: tokens as guarantee of payments to other banks")),
            (Operation.UNLOCK, _("unlock: tokens out of the guarantee")),
        ]
    )
    amount = YuanField(label="Amount in yuan")
    reason = forms.CharField(max_length=REASON_MAX)


class _TreasuryAdmin(ActingAdmin):
    """What the treasurer proposes and another person approves."""

    def has_propose_permission(self, request: HttpRequest) -> bool:
        """Whether this person works in the treasury."""
        return bool(request.user.has_perm(MAY_PROPOSE))


@admin.register(TokenRequest)
class TokenRequestAdmin(_TreasuryAdmin):
    """A request goes when it is approved; its status follows the central bank's answer."""

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
    actions_list = ["propose_request"]

    @button(
        "Propose a request",
        may="propose",
        text="It goes to the central bank when another person has approved.",
        form=TokensForm,
    )
    def propose_request(self, request: HttpRequest, form: TokensForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("operation", "amount", "reason")}
        return self.propose(
            request,
            lambda: propose_tokens(**given, maker=person_of(request)),
            action=TOKENS,
            reason=given["reason"],
        )


@admin.register(VaultToken)
class VaultTokenAdmin(ReadOnlyAdmin):
    list_display = ["token_id", yuan("value"), "locked", "received_at", "spent_at", "reserved_by"]
    list_filter = ["locked", ("spent_at", admin.EmptyFieldListFilter)]
    search_fields = ["token_id__startswith"]
    ordering = ["-received_at"]


class MarksForm(BaseDialogForm):  # type: ignore[misc]
    """Between what the stock is kept, and why."""

    low = YuanField(label="Low mark in yuan")
    high = YuanField(label="High mark in yuan")
    reason = forms.CharField(max_length=REASON_MAX)


@admin.register(ReplenishmentMarks)
class ReplenishmentMarksAdmin(_TreasuryAdmin):
    """One pair of marks is in force."""

    list_display = [yuan("low"), yuan("high"), "set_by", "set_at"]
    actions_list = ["propose_marks"]

    @button(
        "Propose other marks",
        may="propose",
        text="The stock is kept between them when another person has approved.",
        form=MarksForm,
    )
    def propose_marks(self, request: HttpRequest, form: MarksForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("low", "high", "reason")}
        return self.propose(
            request,
            lambda: propose_marks(**given, maker=person_of(request)),
            action=MARKS,
            reason=given["reason"],
        )
