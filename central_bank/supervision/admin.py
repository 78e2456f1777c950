"""Supervision in the admin: requests of two people, the limits, the banks."""

from django.contrib import admin
from unfold.admin import TabularInline

from cbdc.admin_pages import ReadOnlyAdmin, yuan
from cbdc.messaging.models import Peer
from central_bank.supervision.models import (
    Auditor,
    DailyReport,
    FreezeOrder,
    LimitTable,
    WalletLimit,
)


class WalletLimitInline(TabularInline):  # type: ignore[misc]
    model = WalletLimit
    can_delete = False
    extra = 0


@admin.register(LimitTable)
class LimitTableAdmin(ReadOnlyAdmin):
    """The published versions."""

    list_display = ["version", "effective_from"]
    inlines = [WalletLimitInline]


@admin.register(Peer)
class BankAdmin(ReadOnlyAdmin):
    """The directory. Admission and suspension are requests."""

    list_display = ["code", "number", "name", "status", "base_url", "admitted_at"]
    fields = list_display
    list_filter = ["status"]


@admin.register(FreezeOrder)
class FreezeOrderAdmin(ReadOnlyAdmin):
    """What was ordered by two people, and the banks' answers."""

    list_display = ["ordered_at", "bank", "wallet_id", "action", "reference", "state", "code"]
    list_filter = ["state", "bank", "action"]


@admin.register(DailyReport)
class DailyReportAdmin(ReadOnlyAdmin):
    """Figures alone: no bank names a customer."""

    list_display = ["day", "bank", "wallets", yuan("circulation"), yuan("stock")]
    list_filter = ["bank"]


@admin.register(Auditor)
class AuditorAdmin(ReadOnlyAdmin):
    """Admitted by two people."""

    list_display = ["code", "key_id", "admitted_at", "valid_to"]
