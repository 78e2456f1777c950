"""Messages in and out of this institution: to look at, and to send again when parked."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from cbdc.admin_pages import ActingAdmin, ReadOnlyAdmin, ReasonForm, button, person_of
from cbdc.messaging.models import InboxMessage, Link, OutboxMessage
from cbdc.messaging.parking import request_giving_up
from cbdc.messaging.services import send_again, try_now


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ActingAdmin):
    """Parked messages are those with a time in `parked_at`: the peer refused or failed at them.

    A body may hold what a payer wrote to a payee, so no page shows it.
    """

    exclude = ["body"]

    list_display = ["id", "to", "kind", "attempts", "delivered_at", "parked_at", "last_error"]
    list_filter = [
        "to",
        "lane",
        "kind",
        ("delivered_at", admin.EmptyFieldListFilter),
        ("parked_at", admin.EmptyFieldListFilter),
        ("given_up_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["id"]
    ordering = ["-id"]
    actions = ["send_again"]
    actions_detail = ["propose_giving_up"]

    def has_send_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """May the person send parked messages again, or propose to give them up?"""
        return bool(request.user.has_perm("messaging.change_outboxmessage"))

    @admin.action(description="Send parked messages again", permissions=["send"])
    def send_again(self, request: HttpRequest, rows: QuerySet[OutboxMessage]) -> None:
        """They keep their ids, so what the peer has after all it takes once."""

        def again(chosen: QuerySet[OutboxMessage]) -> str:
            number = send_again(list(chosen.values_list("id", flat=True)))
            return f"{number} messages are on their way again."

        self.carry_out_chosen(request, rows, "send_message_again", again)

    @button(
        "Propose to give up",
        may="send",
        text="The peer never gets it, when another person has approved. First put right by other "
        "means what it would have said.",
    )
    def propose_giving_up(
        self, request: HttpRequest, form: ReasonForm, object_id: str
    ) -> HttpResponse:
        """For a message that no retry helps."""
        reason = form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: request_giving_up(message=row, maker=person_of(request), reason=reason),
            "Proposed to give up",
            action="propose_giving_up",
            reason=reason,
        )


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin):
    """Which peers answer."""

    list_display = ["peer", "lane", "failures", "retry_at", "last_error"]
    list_filter = ["peer"]
    actions = ["try_now"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """May the person end the rest of a lane?"""
        return bool(request.user.has_perm("messaging.change_outboxmessage"))

    @admin.action(description="Try now", permissions=["send"])
    def try_now(self, request: HttpRequest, rows: QuerySet[Link]) -> None:
        """Instead of after the back-off."""

        def now(chosen: QuerySet[Link]) -> str:
            try_now(list(chosen.values_list("id", flat=True)))
            return "They are tried now."

        self.carry_out_chosen(request, rows, "try_link_now", now)


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["message_id", "sender", "kind", "about", "received_at"]
    list_filter = ["sender", "kind"]
    search_fields = ["message_id"]
    ordering = ["-id"]
