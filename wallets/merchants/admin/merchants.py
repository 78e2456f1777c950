"""Merchants, their shops and tills."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import ActingAdmin, ReasonForm, button, yuan
from cbdc.clock import now
from cbdc.ledger.selectors import available
from cbdc.money import format_yuan
from wallets.merchants.admin.onboarding import FeeFields
from wallets.merchants.models import Merchant, Shop, Terminal
from wallets.merchants.onboarding import propose_status, propose_terms

Status = Merchant.Status


class FeesForm(FeeFields, BaseDialogForm):  # type: ignore[misc]
    """Other terms, for another person to approve."""


@admin.register(Merchant)
class MerchantAdmin(ActingAdmin):
    """Its buttons propose; another person decides, among the applications."""

    list_display = ["name", "wallet_id", "category", "status", "transit", "hot", "since"]
    list_filter = ["status", "transit", "hot"]
    search_fields = ["id", "wallet_id"]
    search_within = ("name",)
    ordering = ["name"]
    fields = [
        "id",
        "name",
        "qr_name",
        "city",
        "category",
        "wallet_id",
        "in_yuan",
        "status",
        "transit",
        "hot",
        "fee_basis_points",
        "floor",
        "cap",
        "since",
    ]
    readonly_fields = ["in_yuan", "floor", "cap"]
    actions_detail = ["propose_fees", "propose_suspension", "propose_reinstatement"]
    floor = staticmethod(yuan("fee_floor", "fee at least"))
    cap = staticmethod(yuan("fee_cap", "fee at most"))

    @admin.display(description="balance")
    def in_yuan(self, merchant: Merchant) -> str:
        return format_yuan(available(int(merchant.wallet_id)))

    def has_propose_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person proposes changes of merchants."""
        return bool(request.user.has_perm("merchants.add_application"))

    @button(
        "Propose other fees",
        may="propose",
        text="For orders that are paid from then on.",
        form=FeesForm,
    )
    def propose_fees(self, request: HttpRequest, form: FeesForm, object_id: str) -> HttpResponse:
        """For another person to approve."""
        who, fees = request.user.get_username(), form.fees()
        return self.carry_out(
            request,
            object_id,
            lambda row: propose_terms(merchant=row, payload=fees, maker=who),
            "Proposed other fees",
            action="propose_fees",
            fees=fees,
        )

    @button("Propose suspension", may="propose", text="Its keys then open nothing.")
    def propose_suspension(
        self, request: HttpRequest, form: ReasonForm, object_id: str
    ) -> HttpResponse:
        """For another person to approve."""
        return self._propose(request, form, object_id, Status.SUSPENDED)

    @button("Propose reinstatement", may="propose", text="Its keys then work as before.")
    def propose_reinstatement(
        self, request: HttpRequest, form: ReasonForm, object_id: str
    ) -> HttpResponse:
        """For another person to approve."""
        return self._propose(request, form, object_id, Status.ACTIVE)

    def _propose(
        self, request: HttpRequest, form: ReasonForm, object_id: str, status: Merchant.Status
    ) -> HttpResponse:
        who = request.user.get_username()
        return self.carry_out(
            request,
            object_id,
            lambda row: propose_status(merchant=row, status=status, maker=who),
            f"Proposed to be {status.value}",
            action=f"propose_{status.value}",
            reason=form.cleaned_data["reason"],
        )


class _PlaceAdmin(ActingAdmin):
    """Places are added and closed by one person, in the row's history."""

    may_add = "merchants.add_shop"
    actions_detail = ["close"]

    def has_arrange_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person adds and closes places."""
        return bool(request.user.has_perm("merchants.add_shop"))

    @button("Close", may="arrange", text="Nothing is sold there any more.")
    def close(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """It stays in the books."""
        return self.carry_out(
            request,
            object_id,
            lambda row: type(row).objects.filter(pk=row.pk).update(closed_at=now()),
            "Closed",
            action=f"close_{self.opts.model_name}",
            reason=form.cleaned_data["reason"],
        )


@admin.register(Shop)
class ShopAdmin(_PlaceAdmin):
    list_display = ["name", "merchant", "closed_at"]
    search_fields = ["id"]
    search_within = ("name", "merchant__name")
    fields = ["merchant", "name"]
    ordering = ["merchant", "name"]


@admin.register(Terminal)
class TerminalAdmin(_PlaceAdmin):
    list_display = ["label", "shop", "closed_at"]
    search_fields = ["id"]
    search_within = ("label", "shop__name", "shop__merchant__name")
    fields = ["shop", "label"]
    ordering = ["shop", "label"]
