"""Wallets, the devices that open them, and enrolments on the way to one."""

from django.db import models
from django.db.models import Q

from cbdc.clock import now
from cbdc.identifiers import new_id
from commercial_banks.customers.privacy import SealedField


class Wallet(models.Model):
    """A wallet; its balance is ledger account `int(wallet_id)` in ledger 1.

    INV-12: the phone is ciphertext, found again by its keyed hash; names are ciphertext too.
    """

    class Kind(models.TextChoices):
        PERSONAL = "personal"
        CORPORATE = "corporate"

    class Status(models.TextChoices):
        ACTIVE = "active"
        FROZEN = "frozen"
        CLOSED = "closed"

    class FrozenBy(models.TextChoices):
        HOLDER = "holder"  # who may also lift it
        BANK = "bank"

    wallet_id = models.CharField(max_length=16, primary_key=True)
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.PERSONAL)
    category = models.PositiveSmallIntegerField(default=4)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    name = SealedField(blank=True)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.ACTIVE)
    phone_sealed = models.TextField()
    phone_hash = models.CharField(max_length=64)
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True, blank=True)
    frozen_by = models.CharField(max_length=6, choices=FrozenBy.choices, blank=True)
    # Opt-in: the deposit account that a payment's shortfall comes from.
    top_up_from = models.CharField(max_length=18, blank=True)
    customer_id = models.UUIDField(null=True, blank=True)  # whom the bank identified, and who it is

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone_hash"],
                condition=Q(parent__isnull=True, kind="personal") & ~Q(status="closed"),
                name="accounts_one_open_wallet_per_phone",
            ),
            models.CheckConstraint(
                condition=Q(status="frozen") ^ Q(frozen_by=""), name="accounts_frozen_by_someone"
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_at__isnull=True)),
                name="accounts_closed_means_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["phone_hash"], name="accounts_wallet_phone"),
            models.Index(fields=["opened_at"], name="accounts_wallet_opened"),
        ]

    def __str__(self) -> str:
        return self.wallet_id

    @property
    def family(self) -> str:
        """The wallet at its head: its parent, or itself."""
        return self.parent_id or self.wallet_id


class Upgrade(models.Model):
    """A wallet that rose to another category, until and after somebody looked it over."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed"
        TAKEN_BACK = "taken back"

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="upgrades")
    from_category = models.PositiveSmallIntegerField()
    to_category = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=150, blank=True)  # of the staff; "" is the holder, remotely
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    reviewed_by = models.CharField(max_length=150, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by="") | ~Q(reviewed_by=models.F("by")),
                name="accounts_upgrade_reviewed_by_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["at"], condition=Q(reviewed_by=""), name="accounts_upgrades_to_review"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wallet_id}: {self.from_category} to {self.to_category}"


class Device(models.Model):
    """A device that signs for a wallet, with the public half of its Ed25519 key."""

    id = models.UUIDField(primary_key=True, default=new_id)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="devices")
    public_key = models.CharField(max_length=43)
    name = SealedField(blank=True)
    created_at = models.DateTimeField(default=now)
    limited_until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class Enrolment(models.Model):
    """A phone that asked for a wallet, and the one-time password that proves it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    phone_sealed = models.TextField()
    phone_hash = models.CharField(max_length=64)
    device_public_key = models.CharField(max_length=43)
    device_name = SealedField(blank=True)
    otp_hash = models.CharField(max_length=64)
    wrong_otps = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)
