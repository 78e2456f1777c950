"""What is to be told to holders: rows of the transaction that they tell of."""

from django.db import models
from django.db.models import Q

from cbdc.clock import now
from cbdc.identifiers import new_id


class Notification(models.Model):
    """One event of one wallet. Its text is made when it is sent; no name and no phone is here."""

    class Event(models.TextChoices):
        MONEY_IN = "money_in"
        MONEY_OUT = "money_out"
        NEW_DEVICE = "new_device"

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        GIVEN_UP = "given_up"

    id = models.UUIDField(primary_key=True, default=new_id)
    wallet_id = models.CharField(max_length=16, db_index=True)
    event = models.CharField(max_length=10, choices=Event.choices)
    subject_id = models.UUIDField()  # the payment, movement or device
    amount = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "wallet_id", "event"], name="notifications_told_once"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="due"), name="notifications_due"),
            models.Index(fields=["created_at"], name="notifications_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} of {self.wallet_id}"
