"""Wallets, with names and phones behind a reason (INV-12); and the counter's work."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import REASON_MAX, button, operators_phone, person_of
from cbdc.ledger.selectors import balance
from cbdc.money import format_yuan
from commercial_banks.customers.personal import PersonalAdmin, masked
from commercial_banks.customers.privacy import decrypt
from wallets.accounts.counter import open_for_firm, open_for_person
from wallets.accounts.models import Wallet
from wallets.accounts.raising import request_raising
from wallets.accounts.requests import request_closing, request_unfreezing
from wallets.accounts.states import freeze


class FirmForm(forms.ModelForm):  # type: ignore[type-arg]
    """A firm that opens a wallet at the counter, its papers seen."""

    firm_name = forms.CharField(max_length=60)
    credit_code = forms.CharField(max_length=18, label="Unified social credit code")
    phone = operators_phone()
    category = forms.TypedChoiceField(choices=[(1, "1"), (2, "2"), (3, "3")], coerce=int)
    reason = forms.CharField(max_length=REASON_MAX, help_text="Which papers were seen")

    ASKED = ("firm_name", "credit_code", "phone", "category")

    class Meta:
        model = Wallet
        fields: list[str] = []


class PersonForm(BaseDialogForm):  # type: ignore[misc]
    """The papers of a person at the counter. They are compared and not kept."""

    full_name = forms.CharField(max_length=60)
    id_number = forms.CharField(max_length=18)
    deposit_account = forms.CharField(max_length=18)
    reason = forms.CharField(max_length=REASON_MAX, help_text="Which papers were seen")

    PAPERS = ("full_name", "id_number", "deposit_account")


class NewPersonForm(BaseDialogForm):  # type: ignore[misc]
    """A person who stands at the counter, whose papers were seen."""

    full_name = forms.CharField(max_length=60)
    id_number = forms.CharField(max_length=18)
    phone = operators_phone()
    reason = forms.CharField(max_length=REASON_MAX, help_text="Which papers were seen")


class CaseForm(BaseDialogForm):  # type: ignore[misc]
    """Why, and under which case number it can be looked up."""

    reason = forms.CharField(max_length=REASON_MAX)
    case = forms.CharField(max_length=64, label="Case number")


class ClosingForm(BaseDialogForm):  # type: ignore[misc]
    """Where the money goes, and why it ends."""

    deposit_account = forms.CharField(
        max_length=18, required=False, help_text="The holder's own; empty when nothing is in it"
    )
    reason = forms.CharField(max_length=REASON_MAX)


@admin.register(Wallet)
class WalletAdmin(PersonalAdmin):
    """Adding a row opens a firm's wallet; its buttons do the rest of the counter's work.

    Freezing protects and takes one person. Lifting a freeze and raising give a right and closing
    pays money out: those take two.
    """

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
        "phone",
        "in_yuan",
        "opened_at",
        "closed_at",
    ]
    readonly_fields = ["in_yuan", "phone"]
    search_fields = ["=wallet_id"]
    ordering = ["-opened_at"]
    actions_list = ["open_for_person"]
    actions_detail = [
        *["see_personal_data", "freeze_wallet", "propose_unfreezing", "propose_raising"],
        "propose_closing",
    ]

    @admin.display(description="balance")
    def in_yuan(self, wallet: Wallet) -> str:
        return format_yuan(balance(int(wallet.wallet_id)))

    @admin.display(description="phone")
    def phone(self, wallet: Wallet) -> str:
        return masked(decrypt(wallet.phone_sealed), last=4)

    def personal_data(self, row: Wallet) -> dict[str, str]:
        return {"phone": decrypt(row.phone_sealed), "name": row.name}

    def has_counter_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person works at the counter."""
        return bool(request.user.has_perm("accounts.change_wallet"))

    def save_model(self, request: HttpRequest, obj: Wallet, form: Any, change: bool) -> None:
        """Open it through the service, and show what was opened."""
        asked = {name: form.cleaned_data[name] for name in FirmForm.ASKED}
        made, account = open_for_firm(**asked)
        obj.__dict__.update(made.__dict__)
        self.message_user(request, f"It is paid out to the deposit account {account.number}.")

    @button(
        "Open for a person",
        may="counter",
        title="Open a category-1 wallet",
        text="For a person at the counter. Somebody else reviews it afterwards.",
        form=NewPersonForm,
        submit="Open",
    )
    def open_for_person(self, request: HttpRequest, form: NewPersonForm) -> HttpResponse:
        """The papers are compared and the bank's register knows the person then."""
        papers = {name: form.cleaned_data[name] for name in ("full_name", "id_number", "phone")}
        return self.make(
            request,
            lambda: open_for_person(**papers, by=request.user.get_username())[0],
            "Opened at the counter",
            action="open_for_person",
            reason=form.cleaned_data["reason"],
        )

    @button(
        "Freeze",
        may="counter",
        title="Freeze this wallet and its sub-wallets",
        text="Nothing leaves or enters it until two people lift the freeze.",
        form=CaseForm,
    )
    def freeze_wallet(self, request: HttpRequest, form: CaseForm, object_id: str) -> HttpResponse:
        return self.carry_out(
            request,
            object_id,
            lambda wallet: freeze(wallet=wallet, by=Wallet.FrozenBy.BANK),
            f"Frozen, case {form.cleaned_data['case']}",
            action="freeze_wallet",
            reason=form.cleaned_data["reason"],
            case=form.cleaned_data["case"],
        )

    @button(
        "Propose to unfreeze",
        may="counter",
        text="The holder's own freeze is lifted too, when another person has approved.",
        form=CaseForm,
    )
    def propose_unfreezing(
        self, request: HttpRequest, form: CaseForm, object_id: str
    ) -> HttpResponse:
        case, reason = form.cleaned_data["case"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda wallet: request_unfreezing(
                wallet=wallet, case=case, maker=person_of(request), reason=reason
            ),
            f"Proposed to unfreeze, case {case}",
            action="propose_unfreezing",
            reason=reason,
            case=case,
        )

    @button(
        "Propose to close",
        may="counter",
        text="Its money is paid out and it ends, when another person has approved.",
        form=ClosingForm,
    )
    def propose_closing(
        self, request: HttpRequest, form: ClosingForm, object_id: str
    ) -> HttpResponse:
        account, reason = form.cleaned_data["deposit_account"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda wallet: request_closing(
                wallet=wallet, deposit_account=account, maker=person_of(request), reason=reason
            ),
            "Proposed to close",
            action="propose_closing",
            reason=reason,
        )

    @button(
        "Propose to raise to category 1",
        may="counter",
        text="For a person who stands at the counter, whose papers were seen: no limits hold any "
        "more when another person has approved.",
        form=PersonForm,
    )
    def propose_raising(
        self, request: HttpRequest, form: PersonForm, object_id: str
    ) -> HttpResponse:
        papers = {name: form.cleaned_data[name] for name in PersonForm.PAPERS}
        reason = form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda wallet: request_raising(
                wallet=wallet, **papers, maker=person_of(request), reason=reason
            ),
            "Proposed to raise to category 1",
            action="propose_raising",
            reason=reason,
        )
