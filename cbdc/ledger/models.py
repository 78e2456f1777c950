"""The ledger's tables as Django sees them, for reading alone: sql/tables.sql makes them."""

from django.db import models


class Account(models.Model):
    """An account and its balances."""

    id = models.BigIntegerField(primary_key=True)
    debits_posted = models.BigIntegerField()
    credits_posted = models.BigIntegerField()
    debits_pending = models.BigIntegerField()
    credits_pending = models.BigIntegerField()
    ledger = models.SmallIntegerField()
    code = models.SmallIntegerField()
    side = models.SmallIntegerField()
    status = models.SmallIntegerField()
    overdraft = models.BooleanField()
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_account"

    def __str__(self) -> str:
        return str(self.id)


class RecordedTransfer(models.Model):
    """A transfer. Nothing ever changes one."""

    sequence = models.BigIntegerField()
    debit_account = models.BigIntegerField()
    credit_account = models.BigIntegerField()
    amount = models.BigIntegerField()
    debit_balance_after = models.BigIntegerField(null=True)
    credit_balance_after = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    id = models.UUIDField(primary_key=True)
    reference = models.UUIDField()
    debit_previous = models.UUIDField(null=True)
    credit_previous = models.UUIDField(null=True)
    ledger = models.SmallIntegerField()
    code = models.SmallIntegerField()
    flags = models.SmallIntegerField()
    pending_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_transfer"

    def __str__(self) -> str:
        return str(self.id)


class Reservation(models.Model):
    """What became of a pending transfer."""

    id = models.UUIDField(primary_key=True)
    debit_account = models.BigIntegerField()
    credit_account = models.BigIntegerField()
    amount = models.BigIntegerField()
    ledger = models.SmallIntegerField()
    code = models.SmallIntegerField()
    state = models.SmallIntegerField()
    recorded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_pending"

    def __str__(self) -> str:
        return str(self.id)


class HotAccount(models.Model):
    """An account that takes credits without its row (sql/hot.sql)."""

    account = models.BigIntegerField(primary_key=True)
    folded_upto = models.BigIntegerField()

    class Meta:
        db_table = "ledger_hot"

    def __str__(self) -> str:
        return str(self.account)


class HotEntry(models.Model):
    """A transfer in the history of a hot account."""

    pk = models.CompositePrimaryKey("account", "sequence")
    account = models.BigIntegerField()
    sequence = models.BigIntegerField()
    is_debit = models.BooleanField()
    moved = models.BigIntegerField()
    held = models.BigIntegerField()
    transfer = models.UUIDField()

    class Meta:
        db_table = "ledger_hot_entry"

    def __str__(self) -> str:
        return f"{self.account} {self.sequence}"


class Anchor(models.Model):
    """What a hot account had available after a sequence."""

    pk = models.CompositePrimaryKey("account", "sequence")
    account = models.BigIntegerField()
    sequence = models.BigIntegerField()
    available = models.BigIntegerField()

    class Meta:
        db_table = "ledger_anchor"

    def __str__(self) -> str:
        return f"{self.account} {self.sequence}"
