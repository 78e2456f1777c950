"""What supervision records: requests of two people, the published limits."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cbdc.clock import now
from cbdc.identifiers import new_id


class LimitTable(models.Model):
    """A version of the wallet limits; in force from `effective_from` to the next one's."""

    version = models.PositiveIntegerField(primary_key=True)
    effective_from = models.DateTimeField(unique=True)

    def __str__(self) -> str:
        return f"version {self.version}"


class WalletLimit(models.Model):
    """The limits of one wallet category in fen; null is no limit (DESIGN section 7)."""

    table = models.ForeignKey(LimitTable, on_delete=models.PROTECT, related_name="limits")
    category = models.PositiveSmallIntegerField()
    identity = models.CharField(max_length=100)
    balance = models.BigIntegerField(null=True, blank=True)
    per_payment = models.BigIntegerField(null=True, blank=True)
    daily = models.BigIntegerField(null=True, blank=True)
    annual = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["category"]
        constraints = [
            models.UniqueConstraint(
                fields=["table", "category"], name="supervision_one_limit_per_category"
            ),
        ]

    def __str__(self) -> str:
        return f"category {self.category} of {self.table}"


class RequestState(models.TextChoices):
    """asked → proposed → approved, or refused or expired from either."""

    ASKED = "asked"  # by a bank; nobody here has taken it up
    PROPOSED = "proposed"  # by its maker
    APPROVED = "approved"  # and carried out, in one transaction
    REFUSED = "refused"
    EXPIRED = "expired"


class ApprovalRequest(models.Model):
    """Something that two different people must want: one makes it, another checks it.

    `payload` is frozen: `payload_hash` is of what the maker saw.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=32)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    asked_by = models.CharField(max_length=150)
    state = models.CharField(max_length=8, choices=RequestState.choices)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(maker__isnull=True) | Q(checker__isnull=True) | ~Q(maker=F("checker")),
                name="four_eyes_are_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(maker__isnull=False, checker__isnull=False, decided_at__isnull=False),
                name="four_eyes_approved_by_both",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.subject} ({self.state})"


class Auditor(models.Model):
    """Who may look at any token: an institution that audits, by the key it signs requests with."""

    code = models.CharField(max_length=32, primary_key=True)
    key_id = models.CharField(max_length=43, unique=True)
    public_key = models.CharField(max_length=43)
    admitted_at = models.DateTimeField(default=now)
    valid_to = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.code


class FreezeOrder(models.Model):
    """An order to a bank to freeze a wallet, or to lift that, and what the bank answered."""

    class Action(models.TextChoices):
        FREEZE = "freeze"
        UNFREEZE = "unfreeze"

    class State(models.TextChoices):
        SENT = "sent"
        DONE = "done"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=new_id)
    bank = models.CharField(max_length=32)
    wallet_id = models.CharField(max_length=16)
    action = models.CharField(max_length=8, choices=Action.choices)
    reference = models.CharField(max_length=64)
    state = models.CharField(max_length=7, choices=State.choices, default=State.SENT)
    code = models.CharField(max_length=64, blank=True)
    ordered_at = models.DateTimeField(default=now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.wallet_id} ({self.state})"


class DailyReport(models.Model):
    """A bank's day in figures; the first report of a day stands. Amounts in fen."""

    bank = models.CharField(max_length=32)
    day = models.DateField()
    wallets = models.JSONField()  # number of open wallets by category
    circulation = models.BigIntegerField()
    stock = models.BigIntegerField()
    received_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-day", "bank"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "day"], name="supervision_one_report_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.day}"
