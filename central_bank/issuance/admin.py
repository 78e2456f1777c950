"""The registry in the admin, to look at. Requests stand with supervision."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin, yuan
from central_bank.issuance.models import BankAccount, IssuerKey, Token, TokenTransaction


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    list_display = ["token_id", "institution", yuan("value"), "lock", "spent", "issued_at"]
    list_filter = ["institution", "spent", "lock"]
    search_fields = ["token_id__startswith"]


@admin.register(TokenTransaction)
class TokenTransactionAdmin(ReadOnlyAdmin):
    list_display = ["sequence", "kind", yuan("value_in"), yuan("value_out"), "occurred_at"]
    list_filter = ["kind"]
    search_fields = ["transaction_id", "request_id"]


@admin.register(BankAccount)
class BankAccountAdmin(ReadOnlyAdmin):
    list_display = [
        "bank",
        yuan("quota"),
        yuan("quota_used"),
        yuan("issued"),
        yuan("redeemed"),
        yuan("held"),
        yuan("locked"),
    ]


@admin.register(IssuerKey)
class IssuerKeyAdmin(ReadOnlyAdmin):
    list_display = ["key_id", "valid_from", "valid_to"]
