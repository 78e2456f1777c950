"""What the rider's bank keeps: credentials, and what operators asked for under them."""

from django.db import models
from django.db.models import Q

from cbdc.clock import now
from cbdc.identifiers import new_id
from wallets.accounts.models import Device, Wallet


class RiderClass(models.Model):
    """The class of a wallet's holder, whose proof the bank's staff saw; `adult` has no row."""

    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, primary_key=True)
    name = models.CharField(max_length=24)
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    given_by = models.CharField(max_length=150)
    given_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.wallet_id} {self.name}"


class Credential(models.Model):
    """A mandate: who shows it at a gate lets operators charge the wallet for the journey.

    One for each wallet and device; a renewal keeps its id, so that an operator's caps, and its
    deny list, go on.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="credentials")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="credentials")
    rider_class = models.CharField(max_length=24)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "device"],
                condition=Q(revoked_at__isnull=True),
                name="transit_one_credential_a_device",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AskedFare(models.Model):
    """What an operator, of this bank or another, asked for under a credential.

    `id` is the operator's charge. Owed is what the wallet could not pay: it is tried again when
    money is there, until the operator takes it back.
    """

    class State(models.TextChoices):
        PAYING = "paying"  # on its way to another bank
        PAID = "paid"
        OWED = "owed"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True)
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="fares")
    wallet_id = models.CharField(max_length=16)
    operator_bank = models.CharField(max_length=32)
    payee_wallet = models.CharField(max_length=16)
    amount = models.BigIntegerField()
    memo = models.CharField(max_length=140, blank=True)
    reference = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=9, choices=State.choices)
    attempts = models.IntegerField(default=0)
    payment_id = models.UUIDField(null=True, blank=True, unique=True)
    code = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(default=now)
    try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transit_asked_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["paying", "paid"]) | Q(payment_id__isnull=False),
                name="transit_paid_by_a_payment",
            ),
        ]
        indexes = [
            models.Index(fields=["try_at"], condition=Q(state="owed"), name="transit_owed"),
            models.Index(fields=["wallet_id", "asked_at"], name="transit_asked_of_wallet"),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"


class ToldWeek(models.Model):
    """A rider's week with an operator of another bank: what that bank told last of it. It stays
    when the week has no journey any more, so that an older note does not bring one back."""

    from_bank = models.CharField(max_length=32)
    payee_wallet = models.CharField(max_length=16)  # the operator's
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="weeks")
    week = models.DateField()
    rated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_bank", "payee_wallet", "credential", "week"],
                name="transit_week_told_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credential_id} {self.week}"


class ToldJourney(models.Model):
    """A journey with an operator of another bank, as that bank told it."""

    told_week = models.ForeignKey(ToldWeek, on_delete=models.PROTECT, related_name="journeys")
    from_bank = models.CharField(max_length=32)
    journey_id = models.UUIDField()
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="journeys")
    day = models.DateField()
    started_at = models.DateTimeField()
    body = models.JSONField()  # as the holder's call shows it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_bank", "journey_id"], name="transit_journey_told_once"
            ),
        ]
        indexes = [
            models.Index(fields=["credential", "started_at"], name="transit_told_of_rider"),
        ]

    def __str__(self) -> str:
        return str(self.journey_id)
