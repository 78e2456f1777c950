"""Wallets, the devices that open them, and enrolments on the way to one."""

from django.db import models
from django.db.models import Q

from cbdc.clock import now
from cbdc.identifiers import new_id


class Wallet(models.Model):
    """A wallet; its balance is ledger account `int(wallet_id)` in ledger 1.

    INV-12: the phone is ciphertext, found again by its keyed hash.
    """

    class Kind(models.TextChoices):
        PERSONAL = "personal"
        CORPORATE = "corporate"

    class Status(models.TextChoices):
        ACTIVE = "active"
        FROZEN = "frozen"
        CLOSED = "closed"

    wallet_id = models.CharField(max_length=16, primary_key=True)
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.PERSONAL)
    category = models.PositiveSmallIntegerField(default=4)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.ACTIVE)
    phone_sealed = models.TextField()
    phone_hash = models.CharField(max_length=64)
    opened_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone_hash"],
                condition=Q(parent__isnull=True, kind="personal"),
                name="accounts_one_wallet_per_phone",
            ),
        ]

    def __str__(self) -> str:
        return self.wallet_id


class Device(models.Model):
    """A device that signs for a wallet, with the public half of its Ed25519 key."""

    id = models.UUIDField(primary_key=True, default=new_id)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="devices")
    public_key = models.CharField(max_length=43)
    name = models.CharField(max_length=60, blank=True)
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
    device_name = models.CharField(max_length=60, blank=True)
    otp_hash = models.CharField(max_length=64)
    wrong_otps = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)
