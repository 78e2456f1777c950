"""Clearing in the admin: payments and positions to look at, cycles to close and settle."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from cbdc.admin_pages import ReadOnlyAdmin, yuan
from central_bank.clearing.cycles import close_cycle
from central_bank.clearing.models import (
    ClearingPayment,
    CyclePosition,
    Position,
    SettlementCycle,
)
from central_bank.clearing.settlement import CycleOrderError, settle_cycle


@admin.register(ClearingPayment)
class ClearingPaymentAdmin(ReadOnlyAdmin):
    list_display = ["payment_id", "payer_bank", "payee_bank", yuan("amount"), "state", "code"]
    list_filter = ["state", "payer_bank", "payee_bank"]
    search_fields = ["payment_id"]


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    list_display = ["bank", yuan("guarantee"), yuan("sent"), yuan("received")]


class CyclePositionInline(TabularInline):  # type: ignore[misc]
    model = CyclePosition
    can_delete = False
    extra = 0


@admin.register(SettlementCycle)
class SettlementCycleAdmin(ReadOnlyAdmin):
    list_display = ["number", "state", "payments", yuan("gross"), "closed_at", "settled_at"]
    list_filter = ["state"]
    inlines = [CyclePositionInline]
    actions = ["close_and_settle"]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """May the person close and settle by hand?"""
        return bool(request.user.has_perm("clearing.change_settlementcycle"))

    @admin.action(description="Close and settle now", permissions=["settle"])
    def close_and_settle(self, request: HttpRequest, rows: QuerySet[SettlementCycle]) -> None:
        """The oldest first."""
        for cycle in rows.order_by("number"):
            close_cycle(cycle.id)
            try:
                settle_cycle(cycle.id, actor=request.user.get_username())
            except CycleOrderError as error:
                self.message_user(request, str(error), messages.ERROR)
