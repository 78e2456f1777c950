"""Requests of two people."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cbdc.clock import now
from cbdc.identifiers import new_id


class RequestState(models.TextChoices):
    """asked → proposed → approved, or refused or expired from either."""

    ASKED = "asked"  # by a bank; nobody here has taken it up
    PROPOSED = "proposed"  # by its maker
    APPROVED = "approved"  # and carried out, in one transaction
    REFUSED = "refused"
    EXPIRED = "expired"


class ApprovalRequest(models.Model):
    """Something that two different people must want: one makes it, another checks it.

    `payload` is frozen: `payload_hash` is of what the maker saw.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=128)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    asked_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=200, blank=True)  # of its maker
    state = models.CharField(max_length=8, choices=RequestState.choices)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(maker__isnull=True) | Q(checker__isnull=True) | ~Q(maker=F("checker")),
                name="four_eyes_are_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(maker__isnull=False, checker__isnull=False, decided_at__isnull=False),
                name="four_eyes_approved_by_both",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.subject} ({self.state})"
