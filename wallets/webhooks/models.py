"""Endpoints, the secrets that sign for them, and what is on its way to each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cbdc.clock import now
from cbdc.identifiers import new_id
from commercial_banks.customers.privacy import SealedField

EVENT_LENGTH_MAX = 64


class Endpoint(models.Model):
    """An address of an owner and the events that it hears of, with the state of its queue.

    The address is ciphertext: its path or query may hold a token of the receiver's.
    """

    class State(models.TextChoices):
        LIVE = "live"
        DISABLED = "disabled"  # it answered 410 Gone
        REMOVED = "removed"

    id = models.UUIDField(primary_key=True, default=new_id)
    owner_id = models.UUIDField(db_index=True)
    url = SealedField()
    events = ArrayField(models.CharField(max_length=EVENT_LENGTH_MAX))
    state = models.CharField(max_length=8, choices=State.choices, default=State.LIVE)
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Who has the lease alone sends to it. A killed worker's runs out.
    leased_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row, without an answer
    rests_until = models.DateTimeField(null=True, blank=True)
    last_ms = models.PositiveIntegerField(null=True, blank=True)  # the last batch's slowest

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="live", ended_at__isnull=True)
                | (~Q(state="live") & Q(ended_at__isnull=False)),
                name="webhooks_ended_means_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SigningSecret(models.Model):
    """A secret `whsec_…` of an endpoint, as ciphertext. After a rotation it signs until a time."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    secret = SealedField()
    created_at = models.DateTimeField(default=now)
    signs_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(signs_until__isnull=True),
                name="webhooks_one_current_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"secret of {self.endpoint_id}"


class Delivery(models.Model):
    """One event on its way to one endpoint; `body` is what each attempt sends, byte by byte."""

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        GIVEN_UP = "given_up"
        ENDED = "ended"  # its endpoint was removed or is gone

    # No constraint in the database: it would lock the endpoint's row in each payment.
    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.DO_NOTHING,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    event = models.CharField(max_length=EVENT_LENGTH_MAX)
    event_id = models.UUIDField()
    body = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)  # since `began_at`
    created_at = models.DateTimeField(default=now)
    began_at = models.DateTimeField(default=now)  # made, or asked for again
    due_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], name="webhooks_event_once_per_endpoint"
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "due_at", "id"], condition=Q(state="due"), name="webhooks_due"
            ),
            models.Index(
                fields=["endpoint", "id"], condition=Q(state="given_up"), name="webhooks_given_up"
            ),
            models.Index(fields=["created_at"], name="webhooks_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"


class Attempt(models.Model):
    """One sending and what came of it: a status, or the kind of the error."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.DO_NOTHING, related_name="tries", db_constraint=False
    )
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=64, blank=True)
    ms = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.error or str(self.status)
