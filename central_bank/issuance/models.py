"""The registry of tokens, the chain of their transactions, and each bank's standing."""

from django.db import models
from django.db.models import F, Q

from cbdc.clock import now, rfc3339
from cbdc.crypto.tokens import ALGORITHM, VERSION, SignedToken
from cbdc.crypto.tokens import Token as TokenContent
from cbdc.money import CURRENCY

CHAIN_ID = 1
GENESIS = "0" * 64  # the transaction before the first


class Chain(models.Model):
    """The end of the chain: one row, locked by every token transaction, so no number is lost."""

    id = models.SmallIntegerField(primary_key=True, default=CHAIN_ID)
    sequence = models.BigIntegerField(default=0)
    transaction_id = models.CharField(max_length=64, default=GENESIS)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=CHAIN_ID), name="issuance_one_chain"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.transaction_id}"


class IssuerKey(models.Model):
    """A public key of the issuer, base64url; tokens signed with an old one still verify.

    `location` is where its private key is (`issuer.load_signer`), never the key itself.
    """

    key_id = models.CharField(max_length=43, primary_key=True)
    alg = models.CharField(max_length=32, default=ALGORITHM)
    public_key = models.CharField(max_length=128)
    location = models.CharField(max_length=200, blank=True, default="")
    valid_from = models.DateTimeField(default=now)
    valid_to = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key_id


class TokenTransaction(models.Model):
    """A change of tokens. Its id is a hash that covers the one before it; it never changes.

    The issuer signs id, time and authorisation (`tokens.transaction_bytes`). `authorisation` is
    the owner's: `{institution, alg, key_id, signature, amount, parts?, payee?}`; none for what
    the issuer does by itself (issue) or by the mandate of a lock (settle).
    """

    sequence = models.BigIntegerField(primary_key=True)
    transaction_id = models.CharField(max_length=64, unique=True)
    previous_hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8)
    request_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    value_in = models.BigIntegerField()
    value_out = models.BigIntegerField()
    authorisation = models.JSONField(null=True)
    issuer_key_id = models.CharField(max_length=43, default="")
    alg = models.CharField(max_length=32, default="")
    signature = models.CharField(max_length=86, default="")

    class Meta:
        ordering = ["-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["request_id"], name="inv_4_request_executed_once"),
            models.CheckConstraint(
                condition=Q(value_in__gte=0, value_out__gte=0)
                & (
                    Q(kind="issue", value_in=0, value_out__gt=0)
                    | Q(kind="redeem", value_in__gt=F("value_out"))
                    | (~Q(kind__in=["issue", "redeem"]) & Q(value_in=F("value_out")))
                ),
                name="inv_1_transaction_keeps_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"


class Token(models.Model):
    """A token as the issuer signed it, and whether it was spent since."""

    token_id = models.CharField(max_length=64, primary_key=True)
    transaction = models.ForeignKey(
        TokenTransaction, on_delete=models.PROTECT, related_name="created"
    )
    index = models.PositiveIntegerField()
    value = models.BigIntegerField()
    institution = models.CharField(max_length=32)
    key_id = models.CharField(max_length=43)
    lock = models.CharField(max_length=16, null=True)  # null is signed as null
    issued_at = models.DateTimeField()
    issuer_key_id = models.CharField(max_length=43)
    alg = models.CharField(max_length=32, default=ALGORITHM)
    signature = models.CharField(max_length=86)
    spent = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction", "index"], name="issuance_one_output"),
            models.CheckConstraint(condition=Q(value__gt=0), name="inv_1_issued_value_positive"),
        ]
        indexes = [
            models.Index(
                fields=["institution", "value"],
                condition=Q(spent=False),
                name="issuance_live_tokens",
            ),
        ]

    def __str__(self) -> str:
        return self.token_id

    def signed(self, transaction_id: str) -> SignedToken:
        """The token as the world sees it; `transaction_id` is of the one that made it."""
        return SignedToken(
            token=TokenContent(
                version=VERSION,
                currency=CURRENCY,
                value=self.value,
                institution=self.institution,
                key_id=self.key_id,
                transaction_id=transaction_id,
                index=self.index,
                issued_at=rfc3339(self.issued_at),
                lock=self.lock,
            ),
            issuer_key_id=self.issuer_key_id,
            signature=self.signature,
            alg=self.alg,
        )


class TokenSpend(models.Model):
    """INV-4: a token is spent at most once, in the transaction that this row is written in."""

    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="spends")
    transaction = models.ForeignKey(
        TokenTransaction, on_delete=models.PROTECT, related_name="consumed"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token"], name="inv_4_token_spent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.token_id} in {self.transaction_id}"


class BankAccount(models.Model):
    """A bank's standing with the issuer, in fen; changed by `execute` and `set_quota` alone.

    `held` is the value of its live tokens and `locked` the part that is guarantee. `quota` is
    what may be issued, or redeemed, in all without two people; `quota_used` is what was issued so
    less what was redeemed so.
    """

    bank = models.CharField(max_length=32, primary_key=True)
    reserve_account = models.BigIntegerField(unique=True)
    quota = models.BigIntegerField(default=0)
    quota_used = models.BigIntegerField(default=0)
    issued = models.BigIntegerField(default=0)
    redeemed = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    locked = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(locked__gte=0, locked__lte=F("held")),
                name="inv_3_tokens_held_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(issued__gte=0, redeemed__gte=0, quota__gte=0),
                name="issuance_sums_never_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.bank
