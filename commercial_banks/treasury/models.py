"""The vault: the tokens that the bank holds at the central bank, and what it asked for."""

from django.db import models
from django.db.models import F, Q

from cbdc.clock import now
from cbdc.identifiers import new_id


class VaultToken(models.Model):
    """A token of this bank: the signed record as the central bank sent it.

    Spent with a value of 0: it was consumed before the advice that made it has come.
    """

    token_id = models.CharField(max_length=64, primary_key=True)
    value = models.BigIntegerField()
    locked = models.BooleanField()
    signed = models.JSONField()
    received_at = models.DateTimeField(default=now)
    # The request that means to spend it, until the central bank has answered.
    reserved_by = models.UUIDField(null=True, blank=True)
    spent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gt=0) | Q(value=0, spent_at__isnull=False),
                name="inv_1_vault_token_value_positive",
            ),
        ]
        indexes = [
            models.Index(
                fields=["locked", "value"],
                condition=Q(spent_at__isnull=True),
                name="treasury_live_tokens",
            ),
        ]

    def __str__(self) -> str:
        return self.token_id


class ReplenishmentMarks(models.Model):
    """Between which marks the bank keeps its stock by itself, in fen; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "replenishment marks"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="treasury_one_pair_of_marks"),
            models.CheckConstraint(
                condition=Q(low__gte=0, high__gt=F("low")), name="treasury_low_below_high"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


class TokenRequest(models.Model):
    """Something the bank asked of the central bank, and what came of it."""

    class Operation(models.TextChoices):
        ISSUE = "issue"
        REDEEM = "redeem"
        LOCK = "lock"
        UNLOCK = "unlock"
        MERGE = "merge"
        SPLIT = "split"

    class Status(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=new_id)
    operation = models.CharField(max_length=6, choices=Operation.choices)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.PENDING)
    detail = models.TextField(blank=True)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="treasury_request_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.amount} ({self.status})"
