"""What supervision records: the published limits, auditors, orders to freeze, daily reports."""

from django.db import models

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
