"""Clearing in the admin: payments and positions to look at, cycles to close and settle."""

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import (
    REASON_MAX,
    ActingAdmin,
    ReadOnlyAdmin,
    YuanField,
    button,
    person_of,
    yuan,
)
from central_bank.clearing.cycles import close_cycle
from central_bank.clearing.models import (
    ClearingPayment,
    CyclePosition,
    Position,
    SettlementCycle,
)
from central_bank.clearing.positions import MAY_PROPOSE, propose_gross_from
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


class ThresholdForm(BaseDialogForm):  # type: ignore[misc]
    """From which amount on, and why."""

    gross_from = YuanField(
        label="Payments settle gross from (yuan)",
        required=False,
        help_text="Empty: what HIGH_VALUE_FROM says.",
    )
    reason = forms.CharField(max_length=REASON_MAX)


@admin.register(Position)
class PositionAdmin(ActingAdmin):
    """What each bank may send now, and from which amount on its payments settle gross."""

    list_display = [
        "bank",
        yuan("guarantee"),
        yuan("earmarked"),
        yuan("sent"),
        yuan("received"),
        yuan("gross_from"),
    ]
    fields = ["bank", "covers", "set_aside", "out", "came_in", "gross_at", "cap"]
    covers = staticmethod(yuan("guarantee"))
    set_aside = staticmethod(yuan("earmarked"))
    out = staticmethod(yuan("sent"))
    came_in = staticmethod(yuan("received"))
    gross_at = staticmethod(yuan("gross_from"))
    cap = staticmethod(yuan("net_debit_cap"))
    readonly_fields = fields[1:]
    actions_detail = ["propose_threshold"]

    def has_propose_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person proposes thresholds."""
        return bool(request.user.has_perm(MAY_PROPOSE))

    @button(
        "Propose another threshold",
        may="propose",
        text="From that amount on, the bank's payments settle one by one when another person has "
        "approved.",
        form=ThresholdForm,
    )
    def propose_threshold(
        self, request: HttpRequest, form: ThresholdForm, object_id: str
    ) -> HttpResponse:
        amount, reason = form.cleaned_data["gross_from"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: propose_gross_from(
                bank=row.bank, amount=amount, maker=person_of(request), reason=reason
            ),
            "Proposed another threshold",
            action="propose_threshold",
            reason=reason,
            amount=amount,
        )


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
