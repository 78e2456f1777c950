"""Clearing in the admin: payments and positions to look at, cycles to close and settle."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from cbdc.admin_pages import ReadOnlyAdmin, YuanField, yuan
from central_bank.clearing.cycles import close_cycle
from central_bank.clearing.models import (
    ClearingPayment,
    CyclePosition,
    Position,
    SettlementCycle,
)
from central_bank.clearing.positions import set_gross_from
from central_bank.clearing.settlement import CycleOrderError, settle_cycle


@admin.register(ClearingPayment)
class ClearingPaymentAdmin(ReadOnlyAdmin):
    list_display = [
        "payment_id",
        "payer_bank",
        "payee_bank",
        yuan("amount"),
        "state",
        "gross",
        "code",
        "original_id",
    ]
    list_filter = ["state", "gross", "payer_bank", "payee_bank"]
    search_fields = ["payment_id"]


class PositionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The one thing of a position that a person sets."""

    gross_from = YuanField(
        label="Payments settle gross from (yuan)",
        required=False,
        help_text="Empty: what HIGH_VALUE_FROM says.",
    )

    class Meta:
        model = Position
        fields = ["gross_from"]


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    """What each bank may send now, and from which amount on its payments settle gross."""

    records_itself = True

    form = PositionForm
    list_display = [
        "bank",
        yuan("guarantee"),
        yuan("earmarked"),
        yuan("sent"),
        yuan("received"),
        yuan("gross_from"),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("clearing.change_position"))

    def save_model(self, request: HttpRequest, obj: Position, form: Any, change: bool) -> None:
        """Through the service, which records who did it."""
        set_gross_from(bank=obj.bank, amount=obj.gross_from, actor=request.user.get_username())


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
        """The oldest first, each step in a transaction of its own: payments do not wait."""
        reason, chosen = self.chosen(request, rows)
        for cycle in SettlementCycle.objects.filter(pk__in=chosen).order_by("number"):
            self.record(request, "settle_by_hand", cycle.id, reason)
            close_cycle(cycle.id)
            try:  # a cycle that was settled already stays as it is
                settle_cycle(cycle.id, actor=request.user.get_username())
            except CycleOrderError as error:
                self.message_user(request, str(error), messages.ERROR)
