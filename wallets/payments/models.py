"""Payments and movements to and from deposits, with the signatures that ordered them."""

from django.db import models
from django.db.models import Q

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.money import CURRENCY


class Status(models.TextChoices):
    COMPLETED = "completed"
    PENDING = "pending"
    REJECTED = "rejected"


class Payment(models.Model):
    """A payment from or to a wallet of this bank. The signature is kept as evidence."""

    id = models.UUIDField(primary_key=True, default=new_id)
    payer_wallet = models.CharField(max_length=16)
    payee_wallet = models.CharField(max_length=16)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default=CURRENCY)
    memo = models.CharField(max_length=140, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=9, choices=Status.choices)
    code = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)
    device_id = models.UUIDField(null=True, blank=True)
    signature_base = models.TextField(blank=True)
    signature = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=now)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_amount_positive"),
            models.CheckConstraint(
                condition=Q(status=Status.COMPLETED, completed_at__isnull=False)
                | (~Q(status=Status.COMPLETED) & Q(completed_at__isnull=True)),
                name="inv_6_completed_means_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"


class PaymentCode(models.Model):
    """A number that a merchant may charge once; kept as its keyed hash, like a password.

    Its first charge binds it to a terminal and an order.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    code_hash = models.CharField(max_length=64, unique=True)
    wallet_id = models.CharField(max_length=16)
    device_id = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    order_reference = models.CharField(max_length=64, blank=True)
    terminal = models.CharField(max_length=64, blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    signature_base = models.TextField(blank=True)
    signature = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | ~Q(order_reference=""),
                name="inv_4_code_used_for_one_order",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="payments_code_expiry")]

    def __str__(self) -> str:
        return str(self.id)


class DepositMovement(models.Model):
    """A top-up (deposit → wallet) or a withdrawal (wallet → deposit)."""

    class Kind(models.TextChoices):
        TOP_UP = "top_up"
        WITHDRAWAL = "withdrawal"

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    wallet_id = models.CharField(max_length=16)
    deposit_account = models.CharField(max_length=18)
    amount = models.BigIntegerField()
    # None, with no signature, for what two of the staff closed at the counter.
    device_id = models.UUIDField(null=True, blank=True)
    signature_base = models.TextField(blank=True)
    signature = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=now)
    # Of a top-up of what a payment lacked: that payment, which its signature ordered.
    payment_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="payments_movement_amount_positive"
            ),
            models.UniqueConstraint(
                fields=["payment_id"],
                condition=Q(payment_id__isnull=False),
                name="payments_one_top_up_a_payment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class PaymentRequest(models.Model):
    """One person asks another for money. Between banks each bank has its own row of one id."""

    class State(models.TextChoices):
        OPEN = "open"
        PAYING = "paying"  # the payment is on its way between banks
        PAID = "paid"
        DECLINED = "declined"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id)
    payee_wallet = models.CharField(max_length=16, db_index=True)
    payer_wallet = models.CharField(max_length=16, db_index=True)
    amount = models.BigIntegerField()
    memo = models.CharField(max_length=140, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    payment_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_request_positive"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="open"), name="payments_request_expiry"
            ),
            models.Index(
                fields=["payment_id"],
                condition=Q(payment_id__isnull=False),
                name="payments_request_payment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"
