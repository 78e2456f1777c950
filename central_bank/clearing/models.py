"""Payments between banks, what each bank may still send, and the cycles that settle them."""

from django.db import models
from django.db.models import F, Q

from cbdc.clock import now
from cbdc.identifiers import new_id
from central_bank.clearing.domain import CycleState, PaymentState


class ClearingPayment(models.Model):
    """A payment of one bank's wallet to another bank's. INV-6: decided once, here.

    It holds wallet ids and amounts alone (INV-12); `content_hash` stands for the rest. An
    amount of 0 marks a payment that was asked about before it ever arrived: it is rejected.
    A `gross` payment settles by a token transaction of its own, the others in their cycle.
    A return names the payment it returns, which counts in `returned` what went back (INV-8).
    """

    payment_id = models.UUIDField(primary_key=True)
    payer_bank = models.CharField(max_length=32)
    payee_bank = models.CharField(max_length=32)
    payer_wallet = models.CharField(max_length=16)
    payee_wallet = models.CharField(max_length=16)
    amount = models.BigIntegerField()
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=[(s, s) for s in PaymentState])
    code = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=2000, blank=True)
    received_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)
    # No foreign key: each payment would lock the row of the open cycle.
    cycle_id = models.UUIDField(null=True)
    # When somebody is asked next; null once decided.
    chase_at = models.DateTimeField(null=True)
    chases = models.PositiveSmallIntegerField(default=0)
    gross = models.BooleanField(default=False, db_default=False)
    transaction_id = models.CharField(max_length=64, null=True)  # of its tokens, when gross
    original_id = models.UUIDField(null=True)
    returned = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(
                        state__in=["held", "forwarded"],
                        decided_at=None,
                        cycle_id=None,
                        transaction_id=None,
                        chase_at__isnull=False,
                    )
                    | Q(
                        state="completed",
                        decided_at__isnull=False,
                        gross=False,
                        cycle_id__isnull=False,
                        transaction_id=None,
                    )
                    | Q(
                        state="completed",
                        decided_at__isnull=False,
                        gross=True,
                        cycle_id=None,
                        transaction_id__isnull=False,
                    )
                    | Q(
                        state="rejected",
                        decided_at__isnull=False,
                        cycle_id=None,
                        transaction_id=None,
                    )
                ),
                name="inv_6_payment_decided_once",
            ),
            models.CheckConstraint(
                condition=Q(returned__gte=0, returned__lte=F("amount")),
                name="inv_8_returned_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(amount=0, state="rejected"),
                name="clearing_payment_amount_positive",
            ),
            models.CheckConstraint(
                condition=~Q(payer_bank=F("payee_bank")) | Q(state="rejected"),
                name="clearing_payment_is_between_banks",
            ),
        ]
        indexes = [
            models.Index(  # in the order of a statement
                fields=["cycle_id", "payment_id"],
                condition=Q(cycle_id__isnull=False),
                name="clearing_payments_in_cycle",
            ),
            models.Index(
                fields=["chase_at"],
                condition=Q(state__in=["held", "forwarded"]),
                name="clearing_payments_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.state}"


class Position(models.Model):
    """What a bank may send: its guarantee, plus received, less sent, is never negative.

    In fen and not settled yet; `sent` counts what is reserved for payments under way too. Locked
    tokens are the guarantee, or `earmarked` for gross payments under way. From `gross_from` fen
    on, a payment of the bank settles gross; null is the setting HIGH_VALUE_FROM.
    """

    bank = models.CharField(max_length=32, primary_key=True)
    guarantee = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    received = models.BigIntegerField(default=0)
    earmarked = models.BigIntegerField(default=0, db_default=0)
    gross_from = models.BigIntegerField(null=True, blank=True)
    net_debit_cap = models.BigIntegerField(null=True, blank=True)  # two people set it

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sent__lte=F("guarantee") + F("received")),
                name="inv_3_position_within_guarantee",
            ),
            models.CheckConstraint(
                condition=Q(guarantee__gte=0, sent__gte=0, received__gte=0),
                name="inv_3_position_sums_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(earmarked__gte=0), name="inv_3_earmarked_never_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank}: {self.guarantee + self.received - self.sent}"


class SettlementCycle(models.Model):
    """A set of completed payments that settle together, net. One cycle is open at a time."""

    id = models.UUIDField(primary_key=True, default=new_id)
    number = models.BigIntegerField(unique=True)  # 1, 2, 3, …: the order of closing and settling
    state = models.CharField(
        max_length=7, choices=[(s, s) for s in CycleState], default=CycleState.OPEN
    )
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    netted_at = models.DateTimeField(null=True)
    payments = models.BigIntegerField(default=0)  # once netted
    gross = models.BigIntegerField(default=0)  # fen, once netted
    transaction_id = models.CharField(max_length=64, null=True)  # null: no tokens moved

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="open"), name="clearing_one_open_cycle"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="open", closed_at=None, settled_at=None)
                    | Q(state="closed", closed_at__isnull=False, settled_at=None)
                    | Q(state="settled", closed_at__isnull=False, settled_at__isnull=False)
                ),
                name="clearing_cycle_states",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class CyclePosition(models.Model):
    """What a bank sent and received in a closed cycle. INV-9: over a cycle the two agree.

    Its statement went out up to part `parts_sent` of `parts`, which ended with `stated_to`.
    """

    cycle = models.ForeignKey(SettlementCycle, on_delete=models.PROTECT, related_name="positions")
    bank = models.CharField(max_length=32)
    sent = models.BigIntegerField()
    received = models.BigIntegerField()
    payments = models.BigIntegerField()
    parts = models.IntegerField(default=0, db_default=0)
    parts_sent = models.IntegerField(default=0, db_default=0)
    stated_to = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "bank"], name="inv_9_one_net_per_bank"),
            models.CheckConstraint(
                condition=Q(sent__gte=0, received__gte=0, payments__gt=0),
                name="inv_9_cycle_sums_never_negative",
            ),
        ]
        indexes = [
            models.Index(
                fields=["cycle"],
                condition=Q(parts_sent__lt=F("parts")),
                name="clearing_statements_to_send",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank} in {self.cycle_id}: {self.received - self.sent}"
