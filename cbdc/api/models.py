"""Rows of the API itself: first answers by idempotency key, and counters of rate limits."""

from django.db import models

CALLER_LENGTH_MAX = 100
KEY_LENGTH_MAX = 64


class IdempotencyRecord(models.Model):
    """INV-4: a caller's key has one effect. Written in the transaction of that effect.

    `fingerprint` is a keyed hash of method, path and body; `answer` the JSON text that was sent,
    sealed (cbdc.api.sealing).
    While `settling_until` lies ahead, the first call still waits for the final answer.
    """

    pk = models.CompositePrimaryKey("caller", "key")
    caller = models.CharField(max_length=CALLER_LENGTH_MAX)
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    answer = models.TextField()
    created_at = models.DateTimeField(db_index=True)
    settling_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.caller} {self.key}: {self.status}"


class RateCounter(models.Model):
    """How often `key` called `scope` in the window that starts at `starts_s` (Unix time)."""

    pk = models.CompositePrimaryKey("scope", "key", "starts_s")
    scope = models.CharField(max_length=40)
    key = models.CharField(max_length=64)
    starts_s = models.BigIntegerField()
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.scope} {self.key}: {self.count}"
