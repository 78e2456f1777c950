"""Where events go, and what became of each: to look at, and to send again."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from cbdc.admin_pages import ReadOnlyAdmin
from wallets.webhooks.models import Attempt, Delivery, Endpoint
from wallets.webhooks.services import send_again


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    """Paths and queries may hold tokens of the receiver's, so pages name the host alone."""

    list_display = ["id", "owner_id", "host", "events", "state", "failures", "rests_until"]
    list_filter = ["state"]
    search_fields = ["id", "owner_id"]
    ordering = ["-id"]
    fields = [
        *["id", "owner_id", "host", "events", "state", "created_at", "ended_at"],
        *["leased_until", "failures", "rests_until", "last_ms"],
    ]

    @admin.display(description="host")
    def host(self, row: Endpoint) -> str:
        return urlsplit(row.url).hostname or ""


class AttemptInline(TabularInline):  # type: ignore[misc]
    """What came of each attempt."""

    model = Attempt
    fields = ["at", "status", "error", "ms"]
    ordering = ["id"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Dead letters are those in the state `given_up`."""

    list_display = [
        *["id", "event", "event_id", "endpoint", "state", "attempts", "last_error"],
        *["due_at", "sent_at"],
    ]
    list_filter = ["state", "event", "last_error"]
    search_fields = ["event_id", "endpoint__id", "endpoint__owner_id"]
    ordering = ["-id"]
    exclude = ["body"]
    inlines = [AttemptInline]
    actions = ["send_again"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """May the person send deliveries again?"""
        return bool(request.user.has_perm("webhooks.change_delivery"))

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """They keep their ids, so a receiver that has one after all takes it once."""

        def again(chosen: QuerySet[Delivery]) -> str:
            number = send_again(list(chosen.values_list("id", flat=True)))
            return f"{number} deliveries are on their way again."

        self.carry_out_chosen(request, rows, "send_delivery_again", again)
