"""Wallets and devices, without a phone number on any page (INV-12); and the counter's work."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import ActingAdmin, ReadOnlyAdmin, ReasonForm, button, operators_phone
from cbdc.ledger.selectors import balance
from cbdc.money import format_yuan
from wallets.accounts.counter import open_for_firm, raise_in_person
from wallets.accounts.models import Device, Wallet
from wallets.accounts.states import freeze, unfreeze


class FirmForm(forms.ModelForm):  # type: ignore[type-arg]
    """A firm that opens a wallet at the counter, its papers seen."""

    firm_name = forms.CharField(max_length=60)
    credit_code = forms.CharField(max_length=18, label="Unified social credit code")
    phone = operators_phone()
    category = forms.TypedChoiceField(choices=[(1, "1"), (2, "2"), (3, "3")], coerce=int)

    class Meta:
        model = Wallet
        fields: list[str] = []


class PersonForm(BaseDialogForm):  # type: ignore[misc]
    """The papers of a person at the counter. They are compared and not kept."""

    full_name = forms.CharField(max_length=60)
    id_number = forms.CharField(max_length=18)
    deposit_account = forms.CharField(max_length=18)


@admin.register(Wallet)
class WalletAdmin(ActingAdmin):
    """Adding a row opens a firm's wallet; its buttons do the rest of the counter's work."""

    may_add = "accounts.add_wallet"
    adding = FirmForm
    list_display = ["wallet_id", "kind", "category", "status", "frozen_by", "opened_at"]
    list_filter = ["kind", "category", "status", "frozen_by"]
    fields = [
        "wallet_id",
        "kind",
        "category",
        "parent",
        "status",
        "frozen_by",
        "in_yuan",
        "opened_at",
        "closed_at",
    ]
    readonly_fields = ["in_yuan"]
    search_fields = ["wallet_id"]
    ordering = ["-opened_at"]
    actions_detail = ["freeze_wallet", "unfreeze_wallet", "raise_to_category_1"]

    @admin.display(description="balance")
    def in_yuan(self, wallet: Wallet) -> str:
        return format_yuan(balance(int(wallet.wallet_id)))

    def has_counter_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person works at the counter."""
        return bool(request.user.has_perm("accounts.change_wallet"))

    def save_model(self, request: HttpRequest, obj: Wallet, form: Any, change: bool) -> None:
        """Open it through the service, and show what was opened."""
        asked = {name: form.cleaned_data[name] for name in FirmForm.base_fields}
        made, account = open_for_firm(**asked)
        obj.__dict__.update(made.__dict__)
        self.message_user(request, f"It is paid out to the deposit account {account.number}.")

    @button(
        "Freeze",
        may="counter",
        title="Freeze this wallet and its sub-wallets",
        text="Nothing leaves or enters it until the bank lifts the freeze.",
    )
    def freeze_wallet(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self.carry_out(
            request,
            object_id,
            lambda wallet: freeze(wallet=wallet, by=Wallet.FrozenBy.BANK),
            f"Frozen: {form.cleaned_data['reason']}",
            action="freeze_wallet",
            reason=form.cleaned_data["reason"],
        )

    @button(
        "Unfreeze",
        may="counter",
        title="Lift the freeze",
        text="The holder's own freeze is lifted too.",
    )
    def unfreeze_wallet(
        self, request: HttpRequest, form: ReasonForm, object_id: str
    ) -> HttpResponse:
        return self.carry_out(
            request,
            object_id,
            lambda wallet: unfreeze(wallet=wallet, by=Wallet.FrozenBy.BANK),
            f"Unfrozen: {form.cleaned_data['reason']}",
            action="unfreeze_wallet",
            reason=form.cleaned_data["reason"],
        )

    @button(
        "Raise to category 1",
        may="counter",
        text="For a person who stands at the counter, whose papers were seen.",
        form=PersonForm,
        submit="Raise",
    )
    def raise_to_category_1(
        self, request: HttpRequest, form: PersonForm, object_id: str
    ) -> HttpResponse:
        papers = {name: form.cleaned_data[name] for name in PersonForm.declared_fields}
        papers.pop("_form_submitted", None)
        return self.carry_out(
            request,
            object_id,
            lambda wallet: raise_in_person(wallet=wallet, **papers),
            "Raised to category 1",
            action="raise_to_category_1",
        )


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ["id", "wallet", "created_at", "limited_until", "revoked_at"]
    fields = ["id", "wallet", "public_key", "created_at", "limited_until", "revoked_at"]
    search_fields = ["id", "wallet__wallet_id"]
    ordering = ["-id"]
