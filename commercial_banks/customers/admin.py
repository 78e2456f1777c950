"""Customers and their deposit accounts, without a name on any page (INV-12)."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin
from cbdc.ledger.selectors import balance
from cbdc.money import format_yuan
from commercial_banks.customers.models import Customer, DepositAccount


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["id", "since"]
    fields = ["id", "since"]
    search_fields = ["id"]


@admin.register(DepositAccount)
class DepositAccountAdmin(ReadOnlyAdmin):
    list_display = ["number", "customer", "opened_at"]
    fields = ["number", "customer", "in_yuan", "opened_at"]
    readonly_fields = ["in_yuan"]
    search_fields = ["number"]

    @admin.display(description="balance")
    def in_yuan(self, account: DepositAccount) -> str:
        return format_yuan(balance(int(account.number)))
