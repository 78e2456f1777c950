"""Merchants, their shops and tills."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from cbdc.admin_pages import REASON_MAX, ActingAdmin, ReasonForm, button, person_of, yuan
from cbdc.clock import now
from cbdc.ledger.selectors import available
from cbdc.money import format_yuan
from wallets.merchants.admin.onboarding import FeesForm, MerchantForm
from wallets.merchants.models import Merchant, Shop, Terminal
from wallets.merchants.onboarding import (
    MAY_PROPOSE,
    TAKE_ON,
    propose_fees,
    propose_merchant,
    propose_status,
)

Status = Merchant.Status


@admin.register(Merchant)
class MerchantAdmin(ActingAdmin):
    """Its buttons propose; another person decides, in the queue."""

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
    actions_list = ["propose_merchant"]
    actions_detail = ["propose_fees", "propose_suspension", "propose_reinstatement"]
    floor = staticmethod(yuan("fee_floor", "fee at least"))
    cap = staticmethod(yuan("fee_cap", "fee at most"))

    @admin.display(description="balance")
    def in_yuan(self, merchant: Merchant) -> str:
        return format_yuan(available(int(merchant.wallet_id)))

    def has_propose_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person proposes changes of merchants."""
        return bool(request.user.has_perm(MAY_PROPOSE))

    @button(
        "Propose a merchant",
        may="propose",
        text="A firm whose papers were seen. It is taken on, with a wallet and a first shop, when "
        "another person has approved.",
        form=MerchantForm,
    )
    def propose_merchant(self, request: HttpRequest, form: MerchantForm) -> HttpResponse:
        """For another person to approve. The operator's phone is sealed, and on no page."""
        given = form.cleaned_data
        return self.propose(
            request,
            lambda: propose_merchant(
                card=form.card(),
                phone=given["phone"],
                maker=person_of(request),
                reason=given["reason"],
            ),
            action=TAKE_ON,
            reason=given["reason"],
        )

    @button(
        "Propose other fees",
        may="propose",
        text="For orders that are paid from then on.",
        form=FeesForm,
    )
    def propose_fees(self, request: HttpRequest, form: FeesForm, object_id: str) -> HttpResponse:
        """For another person to approve."""
        fees, reason = form.fees(), form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: propose_fees(
                merchant=row, fees=fees, maker=person_of(request), reason=reason
            ),
            "Proposed other fees",
            action="propose_fees",
            reason=reason,
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
        reason = form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: propose_status(
                merchant=row, status=status, maker=person_of(request), reason=reason
            ),
            f"Proposed to be {status.value}",
            action=f"propose_{status.value}",
            reason=reason,
        )


class ShopForm(forms.ModelForm):  # type: ignore[type-arg]
    """A place where a merchant sells, and why it is added."""

    reason = forms.CharField(max_length=REASON_MAX)

    class Meta:
        model = Shop
        fields = ["merchant", "name"]


class TerminalForm(forms.ModelForm):  # type: ignore[type-arg]
    """A till of a shop, and why it is added."""

    reason = forms.CharField(max_length=REASON_MAX)

    class Meta:
        model = Terminal
        fields = ["shop", "label"]


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
    adding = ShopForm
    list_display = ["name", "merchant", "closed_at"]
    search_fields = ["id"]
    search_within = ("name", "merchant__name")
    fields = ["merchant", "name"]
    ordering = ["merchant", "name"]


@admin.register(Terminal)
class TerminalAdmin(_PlaceAdmin):
    adding = TerminalForm
    list_display = ["label", "shop", "closed_at"]
    search_fields = ["id"]
    search_within = ("label", "shop__name", "shop__merchant__name")
    fields = ["shop", "label"]
    ordering = ["shop", "label"]
