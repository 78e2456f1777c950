"""Upgrades of wallets, looked over afterwards by somebody who had no part in them."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from cbdc.admin_pages import ReasonForm, button
from commercial_banks.customers.models import Customer
from commercial_banks.customers.personal import PersonalAdmin
from commercial_banks.customers.privacy import decrypt
from wallets.accounts.models import Upgrade
from wallets.accounts.reviews import confirm, take_back


@admin.register(Upgrade)
class UpgradeAdmin(PersonalAdmin):
    """What waits is what has no reviewer."""

    list_display = ["at", "wallet", "from_category", "to_category", "by", "outcome", "reviewed_by"]
    list_filter = [("reviewed_by", admin.EmptyFieldListFilter), "to_category", "outcome"]
    search_fields = ["=wallet__wallet_id"]
    ordering = ["-id"]
    actions_detail = ["see_personal_data", "confirm", "take_back"]

    def personal_data(self, row: Upgrade) -> dict[str, str]:
        if row.wallet.customer_id is None:
            return {}
        customer = Customer.objects.get(id=row.wallet.customer_id)
        return {
            "full name": decrypt(customer.full_name_sealed),
            "identity number": decrypt(customer.id_number_sealed),
            "phone of the customer": decrypt(customer.phone_sealed),
            "phone of the wallet": decrypt(row.wallet.phone_sealed),
        }

    def has_review_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person reviews upgrades."""
        return bool(request.user.has_perm("accounts.change_upgrade"))

    @button("Confirm", may="review", text="The papers bear the upgrade out.")
    def confirm(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        who = request.user.get_username()
        return self.carry_out(
            request,
            object_id,
            lambda row: confirm(upgrade=row, by=who),
            "Confirmed",
            action="confirm_upgrade",
            reason=form.cleaned_data["reason"],
        )

    @button(
        "Take back",
        may="review",
        text="The wallet returns to its earlier category, and its limits hold at once. "
        "Money above them stays, and can be spent.",
    )
    def take_back(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        who = request.user.get_username()
        return self.carry_out(
            request,
            object_id,
            lambda row: take_back(upgrade=row, by=who),
            "Taken back",
            action="take_back_upgrade",
            reason=form.cleaned_data["reason"],
        )
