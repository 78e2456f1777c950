"""Giving up a message that is parked: the peer will never have it, so two people must want it."""

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import parse_uuid
from cbdc.messaging.models import OutboxMessage

KIND = "give_up_message"


def request_giving_up(*, message: OutboxMessage, maker: User, reason: str) -> ApprovalRequest:
    """Propose that a parked message is never sent. What it would have said must be put right by
    other means first: a payment that it was about is not ended by this.

    Raises:
        Problem: validation_failed, when it is not parked; permission_denied.
    """
    _require_parked(message)
    return four_eyes.propose(
        kind=KIND,
        subject=str(message.id),
        payload={"to": message.to, "message": message.kind},
        maker=maker,
        reason=reason,
    )


def _give_up(request: ApprovalRequest) -> None:
    message = OutboxMessage.objects.select_for_update().get(id=parse_uuid(request.subject))
    _require_parked(message)
    message.given_up_at = now()
    message.save(update_fields=["given_up_at"])


def _require_parked(message: OutboxMessage) -> None:
    if message.parked_at is None or message.given_up_at is not None:
        raise Problem(ErrorCode.VALIDATION_FAILED, "The message is not parked.")


four_eyes.register(
    KIND,
    fields={"to": str, "message": str},
    carry_out=_give_up,
    may_propose="messaging.change_outboxmessage",
)
