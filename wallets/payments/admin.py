"""Payments, top-ups and withdrawals, with the signatures that ordered them; memos are personal."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin, yuan
from commercial_banks.customers.personal import PersonalAdmin
from wallets.payments.models import DepositMovement, Payment, PaymentCode, PaymentRequest


@admin.register(Payment)
class PaymentAdmin(PersonalAdmin):
    exclude = ["memo"]
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
    search_fields = ["id"]
    ordering = ["-id"]

    def personal_data(self, row: Payment) -> dict[str, str]:
        return {"memo": row.memo}


@admin.register(DepositMovement)
class DepositMovementAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", yuan("amount"), "wallet_id", "deposit_account", "created_at"]
    list_filter = ["kind"]
    search_fields = ["id"]
    ordering = ["-id"]


@admin.register(PaymentRequest)
class PaymentRequestAdmin(PersonalAdmin):
    exclude = ["memo"]
    list_display = ["id", yuan("amount"), "state", "payee_wallet", "payer_wallet", "created_at"]
    list_filter = ["state"]
    search_fields = ["id", "payer_wallet", "payee_wallet"]
    ordering = ["-id"]

    def personal_data(self, row: PaymentRequest) -> dict[str, str]:
        return {"memo": row.memo}


@admin.register(PaymentCode)
class PaymentCodeAdmin(ReadOnlyAdmin):
    """Which codes there were and what they paid; a code itself is nowhere."""

    list_display = ["created_at", "wallet_id", "expires_at", "used_at", "payment_id"]
    fields = [
        "wallet_id",
        "device_id",
        "created_at",
        "expires_at",
        "used_at",
        "order_reference",
        "terminal",
        "payment_id",
    ]
    search_fields = ["id"]
    ordering = ["-id"]
