"""Customers and their deposit accounts: names, phones and identity numbers masked (INV-12)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import REASON_MAX, ReadOnlyAdmin, button, onward
from cbdc.ledger.selectors import balance
from cbdc.money import format_yuan
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.personal import PersonalAdmin, masked, masked_name
from commercial_banks.customers.privacy import decrypt, look_up_hash

SHOWN_OF_A_NUMBER = 4


class FindForm(BaseDialogForm):  # type: ignore[misc]
    """Whom to find. It is asked in a dialog, because addresses of pages end up in logs."""

    phone = forms.CharField(max_length=16, required=False, help_text="+8613800000000")
    id_number = forms.CharField(
        max_length=18, required=False, label="Identity number or credit code"
    )
    reason = forms.CharField(max_length=REASON_MAX)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if bool(values.get("phone")) == bool(values.get("id_number")):
            self.add_error("phone", "Give a phone or a number, one of them.")
        return values


@admin.register(Customer)
class CustomerAdmin(PersonalAdmin):
    list_display = ["id", "kind", "name", "phone", "since"]
    list_filter = ["kind"]
    fields = ["id", "kind", "name", "phone", "id_number", "since"]
    readonly_fields = ["name", "phone", "id_number"]
    search_fields = ["=id"]
    ordering = ["-id"]
    actions_list = ["find"]

    @admin.display(description="name")
    def name(self, customer: Customer) -> str:
        return masked_name(decrypt(customer.full_name_sealed))

    @admin.display(description="phone")
    def phone(self, customer: Customer) -> str:
        return masked(decrypt(customer.phone_sealed), last=SHOWN_OF_A_NUMBER)

    @admin.display(description="identity number")
    def id_number(self, customer: Customer) -> str:
        return masked(decrypt(customer.id_number_sealed), last=SHOWN_OF_A_NUMBER)

    def personal_data(self, row: Customer) -> dict[str, str]:
        return {
            "full name": decrypt(row.full_name_sealed),
            "phone": decrypt(row.phone_sealed),
            "identity number": decrypt(row.id_number_sealed),
        }

    @button(
        "Find a person",
        may="see",
        text="By what only the bank knows. Whom you looked for and why is logged.",
        form=FindForm,
        submit="Find",
    )
    def find(self, request: HttpRequest, form: FindForm) -> HttpResponse:
        """The row of whom the phone or the number belongs to."""
        asked = form.cleaned_data
        by = "phone" if asked["phone"] else "id_number"
        found = Customer.objects.filter(**{f"{by}_hash": look_up_hash(asked[by])}).first()
        pk = found.pk if found is not None else ""
        self.record(request, "find_person", pk, asked["reason"], by=by, found=found is not None)
        page = reverse("admin:customers_customer_changelist")
        if found is not None:
            page = reverse("admin:customers_customer_change", args=[found.pk])
        else:
            self.message_user(request, "The bank knows nobody by that.")
        return onward(request, page)


@admin.register(DepositAccount)
class DepositAccountAdmin(ReadOnlyAdmin):
    list_display = ["number", "customer", "opened_at"]
    fields = ["number", "customer", "in_yuan", "opened_at"]
    readonly_fields = ["in_yuan"]
    search_fields = ["=number"]

    @admin.display(description="balance")
    def in_yuan(self, account: DepositAccount) -> str:
        return format_yuan(balance(int(account.number)))
