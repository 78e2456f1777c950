"""Merchants with their shops, tills and keys; orders, refunds, and money that is sent back."""

from django.db import models
from django.db.models import F, Q

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.money import CURRENCY
from commercial_banks.customers.privacy import SealedField

RETURN_TRIES = 30  # more than a day; then people look at it


class Merchant(models.Model):
    """A firm that this bank acquires payments for, into one corporate wallet.

    Fees are fen, and basis points of the amount (`fees`). A hot wallet takes payments without
    one waiting for another; each fee is a debit that would make it wait, so it has none.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=60)
    qr_name = models.CharField(max_length=25)  # in printable ASCII, as EMVCo codes want it
    city = models.CharField(max_length=15, default="CHINA")
    category = models.CharField(max_length=4)  # ISO 18245
    wallet_id = models.CharField(max_length=16, unique=True)
    customer_id = models.UUIDField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.ACTIVE)
    transit = models.BooleanField(default=False)
    hot = models.BooleanField(default=False)
    fee_basis_points = models.PositiveSmallIntegerField(default=0)
    fee_floor = models.BigIntegerField(default=0)
    fee_cap = models.BigIntegerField(null=True, blank=True)
    since = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fee_basis_points__lte=10_000, fee_floor__gte=0)
                & (Q(fee_cap__isnull=True) | Q(fee_cap__gte=F("fee_floor"))),
                name="merchants_fee_possible",
            ),
            models.CheckConstraint(
                condition=Q(hot=False) | Q(fee_basis_points=0, fee_floor=0),
                name="merchants_hot_pays_no_fee",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Papers(models.Model):
    """What is personal in a request to take a merchant on, until it is decided."""

    id = models.UUIDField(primary_key=True, default=new_id)
    content = SealedField()  # JSON: this id, and the operator's phone
    kept_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "papers"

    def __str__(self) -> str:
        return str(self.id)


class Shop(models.Model):
    """A place where a merchant sells."""

    id = models.UUIDField(primary_key=True, default=new_id)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="shops")
    name = models.CharField(max_length=60)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "name"], name="merchants_shop_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Terminal(models.Model):
    """A till or scanner of a shop, by the label that its merchant gave it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="terminals")
    label = models.CharField(max_length=25)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "label"], name="merchants_terminal_label"),
        ]

    def __str__(self) -> str:
        return self.label


class ApiKey(models.Model):
    """A secret that a merchant's programs call with; the bank keeps its keyed hash alone."""

    id = models.UUIDField(primary_key=True, default=new_id)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="keys")
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=60)
    ending = models.CharField(max_length=4)  # what people tell keys apart by
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=now)
    created_by = models.CharField(max_length=150, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"


class KeyUse(models.Model):
    """When a key was last used, to the minute: a log, which refused requests write too."""

    key = models.OneToOneField(
        ApiKey, on_delete=models.PROTECT, primary_key=True, related_name="use"
    )
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key_id} {self.last_at}"


class Order(models.Model):
    """What a merchant asks a payer for, by QR code or by charging a payment code.

    INV-8: paid at most once; refunds, those under way included, never above what was paid.
    `fee` is what the bank keeps of it now.
    """

    class Status(models.TextChoices):
        OPEN = "open"
        PAYING = "paying"  # a code of another bank is being charged
        PAID = "paid"
        CLOSED = "closed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="orders")
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, null=True, blank=True)
    terminal = models.CharField(max_length=25, blank=True)
    out_trade_no = models.CharField(max_length=64)
    payee_wallet = models.CharField(max_length=16)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default=CURRENCY)
    description = models.CharField(max_length=140, blank=True)
    qr = models.CharField(max_length=512, blank=True)  # empty for a charge
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.OPEN)
    payer_bank = models.CharField(max_length=32, blank=True)  # that a charge went to
    code = models.CharField(max_length=64, blank=True)  # why a charge was refused
    detail = models.TextField(blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    payer_wallet = models.CharField(max_length=16, blank=True)
    refunded = models.BigIntegerField(default=0)
    refunding = models.BigIntegerField(default=0)  # on its way to another bank
    fee = models.BigIntegerField(default=0)
    fee_terms = models.JSONField(default=dict)  # of the moment it was paid, for its refunds
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "out_trade_no"], name="merchants_out_trade_no_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="merchants_order_positive"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunding__gte=0)
                & Q(amount__gte=F("refunded") + F("refunding")),
                name="inv_8_refunds_within_the_payment",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_at__isnull=False, payment_id__isnull=False)
                | (~Q(status="paid") & Q(paid_at__isnull=True, payment_id__isnull=True)),
                name="inv_8_paid_means_a_payment",
            ),
            models.CheckConstraint(
                condition=Q(fee__gte=0) & Q(amount__gte=F("fee")), name="merchants_fee_within"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "created_at"], name="merchants_order_history"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["open", "paying"]),
                name="merchants_order_expiry",
            ),
            models.Index(
                fields=["payment_id"],
                condition=Q(payment_id__isnull=False),
                name="merchants_order_payment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.out_trade_no} ({self.status})"


class SendingBack(models.Model):
    """Money on its way back to the wallet that it came from, tried until it is there.

    Each try is a payment of its own: `payment_id` is that of the last one.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        COMPLETED = "completed"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=new_id)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PENDING)
    payment_id = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)  # of the next try; null while one runs
    code = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Refund(SendingBack):
    """What a merchant gives back of an order that was paid."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="refunds")
    out_refund_no = models.CharField(max_length=64)
    reason = models.CharField(max_length=140, blank=True)
    fee_back = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "out_refund_no"], name="merchants_out_refund_no_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="merchants_refund_positive"),
        ]
        indexes = [
            models.Index(fields=["merchant", "created_at"], name="merchants_refund_history"),
            models.Index(fields=["payment_id"], name="merchants_refund_payment"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="merchants_refund_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.out_refund_no} ({self.status})"


class Return(SendingBack):
    """Money for an order that was not to be paid; `id` is the payment that brought it."""

    class Cause(models.TextChoices):
        NO_ORDER = "no_order"
        NOT_OPEN = "not_open"
        AMOUNT = "amount"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="returns")
    order_reference = models.CharField(max_length=64)
    cause = models.CharField(max_length=8, choices=Cause.choices)
    payer_wallet = models.CharField(max_length=16)
    payee_wallet = models.CharField(max_length=16)
    tries_max = models.PositiveSmallIntegerField(default=RETURN_TRIES)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="merchants_return_positive"),
        ]
        indexes = [
            models.Index(fields=["payment_id"], name="merchants_return_payment"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="merchants_return_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"
