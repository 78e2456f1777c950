"""Wallets and devices, without a phone number on any page (INV-12)."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin
from cbdc.ledger.selectors import balance
from cbdc.money import format_yuan
from wallets.accounts.models import Device, Wallet


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    list_display = ["wallet_id", "kind", "category", "status", "opened_at"]
    list_filter = ["kind", "category", "status"]
    fields = ["wallet_id", "kind", "category", "parent", "status", "in_yuan", "opened_at"]
    readonly_fields = ["in_yuan"]
    search_fields = ["wallet_id"]
    ordering = ["-opened_at"]

    @admin.display(description="balance")
    def in_yuan(self, wallet: Wallet) -> str:
        return format_yuan(balance(int(wallet.wallet_id)))


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ["id", "wallet", "created_at", "limited_until", "revoked_at"]
    search_fields = ["id", "wallet__wallet_id"]
    ordering = ["-created_at"]
