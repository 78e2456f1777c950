"""Payments to and from other banks, the cycles they settled in, and what did not reconcile."""

from django.db import models
from django.db.models import Q

from cbdc.clock import now


class Status(models.TextChoices):
    PENDING = "pending"
    COMPLETED = "completed"
    REJECTED = "rejected"


class InterbankPayment(models.Model):
    """One payment as this bank sees it. INV-6: it ends once, completed or rejected."""

    class Direction(models.TextChoices):
        IN = "in"
        OUT = "out"

    payment_id = models.UUIDField(primary_key=True)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    status = models.CharField(max_length=9, choices=Status.choices)
    payer_wallet = models.CharField(max_length=16)
    payee_wallet = models.CharField(max_length=16)
    amount = models.BigIntegerField()
    memo = models.CharField(max_length=140, blank=True)
    order_reference = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(default=now)
    cycle_id = models.UUIDField(null=True, blank=True, db_index=True)
    # A return names the payment that it returns, and why (an ISO 20022 reason code).
    original_id = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=4, blank=True, default="", db_default="")
    # The token.lock that is to cover it, after the central bank held it for want of guarantee.
    cover_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status=Status.PENDING, decided_at__isnull=True)
                | (~Q(status=Status.PENDING) & Q(decided_at__isnull=False)),
                name="inv_6_decided_means_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=Q(status=Status.PENDING),
                name="bank_clearing_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.payment_id} ({self.status})"


class Settlement(models.Model):
    """The central bank's advice of a settled cycle, booked against `clearing`."""

    cycle_id = models.UUIDField(primary_key=True)
    net = models.BigIntegerField()
    payments = models.IntegerField()
    transaction_id = models.CharField(max_length=64, blank=True)
    closed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField()
    booked_at = models.DateTimeField(default=now)
    reconciled_at = models.DateTimeField(null=True)  # every part of the statement was matched
    parts = models.IntegerField(default=0)  # of the statement; 0 until its first part comes
    parts_received = models.IntegerField(default=0)
    gross_in = models.BigIntegerField(default=0)
    gross_out = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.cycle_id)


class GrossSettlement(models.Model):
    """The central bank's advice of a payment that settled by itself, booked as a cycle's net is."""

    payment_id = models.UUIDField(primary_key=True)
    direction = models.CharField(max_length=3, choices=InterbankPayment.Direction.choices)
    amount = models.BigIntegerField()
    transaction_id = models.CharField(max_length=64)
    settled_at = models.DateTimeField()
    booked_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return str(self.payment_id)


class Break(models.Model):
    """What the central bank says and this bank's books do not, until somebody has explained it."""

    cycle_id = models.UUIDField(null=True)
    payment_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=32)
    detail = models.TextField()
    found_at = models.DateTimeField(default=now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cycle_id", "payment_id", "kind"],
                name="bank_clearing_break_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.cycle_id or self.payment_id}"


class InstitutionKey(models.Model):
    """A public key of an institution. It is kept after it left the directory (`gone_at`), since
    what was signed with it before may arrive later."""

    number = models.CharField(max_length=4)
    key_id = models.CharField(max_length=43)
    public_key = models.CharField(max_length=43)
    seen_at = models.DateTimeField(default=now)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "key_id"], name="bank_clearing_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.key_id}"


class DirectoryEntry(models.Model):
    """An institution of the central bank's public directory, kept for routing."""

    number = models.CharField(max_length=4, primary_key=True)
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=9)
    refreshed_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.code
