"""What the operator's bank keeps: fares, taps, the journeys and charges derived from them.

Taps are the record; journeys can be derived from them again at any time. A rider is known by the
id of the credential, which says nothing of a person, or of a wallet of another bank.
"""

from django.db import models
from django.db.models import F, Q

from cbdc.clock import now
from cbdc.identifiers import new_id
from wallets.merchants.models import Merchant, SendingBack


class Operator(models.Model):
    """A merchant with transit on."""

    class Billing(models.TextChoices):
        DAY = "day"
        JOURNEY = "journey"

    merchant = models.OneToOneField(Merchant, on_delete=models.PROTECT, primary_key=True)
    billing = models.CharField(max_length=7, choices=Billing.choices, default=Billing.DAY)
    since = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.merchant.name


class FareVersion(models.Model):
    """A fare table as the operator sent it; never changed once it is in force."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="fares")
    version = models.CharField(max_length=64)
    effective_from = models.DateTimeField()
    body = models.JSONField()
    put_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "version"], name="transit_fares_once"),
            models.UniqueConstraint(
                fields=["operator", "effective_from"], name="transit_fares_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.version


class Tap(models.Model):
    """What a gate saw, as it came; never changed. No foreign key: a batch has thousands."""

    pk = models.CompositePrimaryKey("operator_id", "tap_id")
    operator_id = models.UUIDField()
    tap_id = models.UUIDField()
    credential_id = models.UUIDField()
    bank_number = models.CharField(max_length=4)
    rider_class = models.CharField(max_length=24)
    gate_id = models.CharField(max_length=32)
    station = models.CharField(max_length=32)
    direction = models.CharField(max_length=5)
    tapped_at = models.DateTimeField()
    received_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(
                fields=["operator_id", "credential_id", "tapped_at"], name="transit_taps_of_rider"
            ),
            models.Index(fields=["operator_id", "tapped_at"], name="transit_taps_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.tap_id)


class RefusedTap(models.Model):
    """A tap that was not taken, and why; for the operator to look at."""

    operator_id = models.UUIDField()
    tap_id = models.UUIDField()
    code = models.CharField(max_length=64)
    detail = models.CharField(max_length=200)
    gate_id = models.CharField(max_length=32)
    station = models.CharField(max_length=32)
    direction = models.CharField(max_length=5)
    tapped_at = models.DateTimeField()
    received_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator_id", "tap_id", "code"], name="transit_refused_once"
            ),
        ]
        indexes = [
            models.Index(fields=["operator_id", "received_at"], name="transit_refused_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.tap_id} {self.code}"


class RiderWeek(models.Model):
    """The unit that is rated and billed: one rider's week. Each is due when its time has come."""

    pk = models.CompositePrimaryKey("operator_id", "credential_id", "week")
    operator_id = models.UUIDField()
    credential_id = models.UUIDField()
    week = models.DateField()
    bank_number = models.CharField(max_length=4)
    due_at = models.DateTimeField(null=True, blank=True)
    bill_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="transit_week_due"
            ),
            models.Index(
                fields=["bill_at"], condition=Q(bill_at__isnull=False), name="transit_week_to_bill"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credential_id} {self.week}"


class RatedJourney(models.Model):
    """A journey with its fare; derived, and replaced when its week is rated again."""

    operator_id = models.UUIDField()
    journey_id = models.UUIDField()
    credential_id = models.UUIDField()
    bank_number = models.CharField(max_length=4)
    day = models.DateField()
    week = models.DateField()
    started_at = models.DateTimeField()
    origin = models.CharField(max_length=32, null=True)
    destination = models.CharField(max_length=32, null=True)
    fare = models.BigIntegerField()
    discount = models.BigIntegerField()
    charged = models.BigIntegerField()
    status = models.CharField(max_length=10)
    why = models.TextField()
    tap_ids = models.JSONField()
    rated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(charged__gte=0, fare=F("charged") + F("discount")),
                name="transit_charged_is_fare_less_discount",
            ),
            models.UniqueConstraint(
                fields=["operator_id", "journey_id"], name="transit_journey_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["operator_id", "credential_id", "week"], name="transit_journeys_of_week"
            ),
            models.Index(
                fields=["operator_id", "day", "journey_id"], name="transit_journeys_of_day"
            ),
            models.Index(
                fields=["operator_id", "day"],
                include=["status", "origin", "destination"],
                condition=Q(status__in=["incomplete", "corrected"]),
                name="transit_unpaired",
            ),
        ]

    def __str__(self) -> str:
        return str(self.journey_id)


class Correction(models.Model):
    """What staff or a rider said about a tap that stayed alone: where the other end was.

    `station` empty waives the fare.
    """

    operator_id = models.UUIDField()
    tap_id = models.UUIDField()
    credential_id = models.UUIDField()
    day = models.DateField()
    station = models.CharField(max_length=32, blank=True)
    by_rider = models.BooleanField()
    made_by = models.CharField(max_length=150, blank=True)  # of the staff
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator_id", "tap_id"], name="transit_corrected_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["operator_id", "credential_id", "day"], name="transit_corrections_of_rider"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tap_id} {self.station or 'waived'}"


class Charge(models.Model):
    """What a rider is to pay for a transit day, or for one journey. What is paid stays paid: a
    day that is rated higher gets one more, one that is rated lower a refund."""

    class State(models.TextChoices):
        DUE = "due"
        ASKED = "asked"  # of another bank
        PAID = "paid"
        OWED = "owed"  # a debt; the credential is on the deny list
        VOID = "void"  # nothing is due any more
        LOST = "lost"  # a debt that the operator gave up

    id = models.UUIDField(primary_key=True, default=new_id)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="charges")
    credential_id = models.UUIDField()
    bank_number = models.CharField(max_length=4)
    day = models.DateField()
    journey_id = models.UUIDField(null=True, blank=True)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=5, choices=State.choices, default=State.DUE)
    payment_id = models.UUIDField(null=True, blank=True, unique=True)
    payer_wallet = models.CharField(max_length=16, blank=True)
    refunded = models.BigIntegerField(default=0)  # on its way back, too
    goodwill = models.BigIntegerField(default=0)  # the part of it that no rating asked for
    code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transit_charge_positive"),
            models.CheckConstraint(
                condition=Q(refunded__gte=F("goodwill"), goodwill__gte=0)
                & Q(amount__gte=F("refunded")),
                name="inv_8_fare_refunds_within_the_charge",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", payment_id__isnull=False, settled_at__isnull=False)
                | ~Q(state="paid"),
                name="transit_paid_means_a_payment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["operator", "credential_id", "day"], name="transit_charges_of_rider"
            ),
            models.Index(fields=["operator", "day"], name="transit_charges_of_day"),
            models.Index(fields=["id"], condition=Q(state="due"), name="transit_charges_due"),
            models.Index(
                fields=["operator", "credential_id"],
                condition=Q(state__in=["owed", "lost"]),
                name="transit_debts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"


class FareRefund(SendingBack):
    """A part of a charge that goes back, since its day was rated lower or for goodwill."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    reason = models.CharField(max_length=140, blank=True)
    made_by = models.CharField(max_length=150, blank=True)  # of the staff; empty: by rating

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transit_refund_positive"),
        ]
        indexes = [
            models.Index(fields=["payment_id"], name="transit_refund_payment"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="transit_refund_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"


class DenyListVersion(models.Model):
    """The version of this bank's deny lists. Who changes them holds its row until the end."""

    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.version)


class DenyEntry(models.Model):
    """A credential that gates are to refuse, or not any more; as of `version`.

    Without an operator it is of all: its bank has revoked it.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, null=True, blank=True)
    credential_id = models.UUIDField()
    denied = models.BooleanField()
    version = models.BigIntegerField()
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "credential_id"],
                name="transit_denied_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["version"], name="transit_deny_version")]

    def __str__(self) -> str:
        return f"{self.credential_id} {'denied' if self.denied else 'let in'}"
