"""Payments, top-ups and withdrawals, with the signatures that ordered them."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin, yuan
from wallets.payments.models import DepositMovement, Payment


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        yuan("amount"),
        "status",
        "code",
        "payer_wallet",
        "payee_wallet",
        "created_at",
        "completed_at",
    ]
    list_filter = ["status"]
    search_fields = ["id", "payer_wallet", "payee_wallet"]
    ordering = ["-id"]


@admin.register(DepositMovement)
class DepositMovementAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", yuan("amount"), "wallet_id", "deposit_account", "created_at"]
    list_filter = ["kind"]
    search_fields = ["id", "wallet_id", "deposit_account"]
    ordering = ["-id"]
