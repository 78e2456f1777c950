"""Payments with other banks, the settlement advices, and what did not reconcile."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cbdc.admin_pages import ReadOnlyAdmin, yuan
from commercial_banks.clearing.models import (
    Break,
    DirectoryEntry,
    GrossSettlement,
    InterbankPayment,
    Settlement,
)
from commercial_banks.clearing.reconciliation import resolve
from commercial_banks.customers.personal import PersonalAdmin


@admin.register(InterbankPayment)
class InterbankPaymentAdmin(PersonalAdmin):
    """A memo is between payer and payee: it is seen for a reason alone."""

    exclude = ["memo"]
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
    search_fields = ["payment_id"]
    ordering = ["-payment_id"]

    def personal_data(self, row: InterbankPayment) -> dict[str, str]:
        return {"memo": row.memo}


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
        "reconciled_at",
    ]
    ordering = ["-settled_at"]


@admin.register(GrossSettlement)
class GrossSettlementAdmin(ReadOnlyAdmin):
    list_display = ["payment_id", "direction", yuan("amount"), "settled_at", "booked_at"]
    search_fields = ["payment_id"]
    ordering = ["-payment_id"]


@admin.register(Break)
class BreakAdmin(ReadOnlyAdmin):
    """Open breaks are those without a time in `resolved_at`; they fail the bank's audit."""

    list_display = [
        "found_at",
        "kind",
        "cycle_id",
        "payment_id",
        "detail",
        "resolved_at",
        "resolved_by",
    ]
    list_filter = ["kind", ("resolved_at", admin.EmptyFieldListFilter)]
    ordering = ["-id"]
    actions = ["resolve"]

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """May the person say that a break is explained?"""
        return bool(request.user.has_perm("bank_clearing.change_break"))

    @admin.action(description="Explained: close the breaks", permissions=["resolve"])
    def resolve(self, request: HttpRequest, rows: QuerySet[Break]) -> None:
        """With the name of who says so."""

        def close(chosen: QuerySet[Break]) -> str:
            ids = list(chosen.values_list("id", flat=True))
            return f"{resolve(breaks=ids, by=request.user.get_username())} breaks closed."

        self.carry_out_chosen(request, rows, "resolve_break", close)


@admin.register(DirectoryEntry)
class DirectoryEntryAdmin(ReadOnlyAdmin):
    list_display = ["number", "code", "name", "status", "refreshed_at"]
