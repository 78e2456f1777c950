"""Payments with other banks, the settlement advices, and what did not reconcile."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin, yuan
from commercial_banks.clearing.models import Break, DirectoryEntry, InterbankPayment, Settlement


@admin.register(InterbankPayment)
class InterbankPaymentAdmin(ReadOnlyAdmin):
    list_display = [
        "payment_id",
        "direction",
        yuan("amount"),
        "status",
        "code",
        "payer_wallet",
        "payee_wallet",
        "created_at",
        "decided_at",
    ]
    list_filter = ["direction", "status"]
    search_fields = ["payment_id", "payer_wallet", "payee_wallet"]
    ordering = ["-payment_id"]


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin):
    list_display = [
        "cycle_id",
        yuan("net"),
        "payments",
        yuan("gross_in"),
        yuan("gross_out"),
        "settled_at",
        "booked_at",
    ]
    ordering = ["-settled_at"]


@admin.register(Break)
class BreakAdmin(ReadOnlyAdmin):
    list_display = ["found_at", "kind", "cycle_id", "payment_id", "detail"]
    list_filter = ["kind"]
    ordering = ["-id"]


@admin.register(DirectoryEntry)
class DirectoryEntryAdmin(ReadOnlyAdmin):
    list_display = ["number", "code", "name", "status", "refreshed_at"]
