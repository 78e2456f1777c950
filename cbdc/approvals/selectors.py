"""What waits in the queue."""

from django.db.models import QuerySet

from cbdc.approvals.four_eyes import OPEN_STATES
from cbdc.approvals.models import ApprovalRequest
from cbdc.clock import now


def open_requests() -> QuerySet[ApprovalRequest]:
    """Those that somebody is to decide; requests whose time is over wait no more."""
    return ApprovalRequest.objects.filter(state__in=OPEN_STATES, expires_at__gt=now())
