"""Devices of holders: looked at, and shut out when a holder reports a loss."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from cbdc.admin_pages import ReasonForm, button
from commercial_banks.customers.personal import PersonalAdmin
from wallets.accounts.models import Device
from wallets.accounts.services import revoke_device


@admin.register(Device)
class DeviceAdmin(PersonalAdmin):
    list_display = ["id", "wallet", "created_at", "limited_until", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    fields = ["id", "wallet", "public_key", "created_at", "limited_until", "revoked_at"]
    search_fields = ["=id", "=wallet__wallet_id"]
    ordering = ["-id"]
    actions_detail = ["see_personal_data", "shut_out"]

    def personal_data(self, row: Device) -> dict[str, str]:
        return {"name of the device": row.name}

    def has_counter_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person works at the counter."""
        return bool(request.user.has_perm("accounts.change_wallet"))

    @button("Shut out", may="counter", text="It signs for nothing from this moment on, for good.")
    def shut_out(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """One person may: it protects the holder, who enrols another device."""
        return self.carry_out(
            request,
            object_id,
            lambda device: revoke_device(wallet=device.wallet_id, device_id=device.id),
            "Shut out",
            action="shut_out_device",
            reason=form.cleaned_data["reason"],
        )
