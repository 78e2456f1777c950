"""The entries of the audit log."""

from typing import Any

from django.db import models

from cbdc.clock import rfc3339


class AuditEntry(models.Model):
    """INV-11: one thing that somebody did. Written by `audit.record` alone, and never changed.

    `entry_hash` covers the entry and the hash of the one before it.
    """

    sequence = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    detail = models.JSONField(default=dict)
    source = models.CharField(max_length=255, default="")  # from where; "" in the first entries
    previous_hash = models.CharField(max_length=64)
    entry_hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-sequence"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "-sequence"], name="audit_by_subject"),
            models.Index(fields=["actor", "-sequence"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.actor} {self.action} {self.subject}"

    def content(self) -> dict[str, Any]:
        """What the hash covers, as canonical JSON values."""
        return {
            "sequence": self.sequence,
            "occurred_at": rfc3339(self.occurred_at),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "detail": self.detail,
            "previous_hash": self.previous_hash,
            **({"source": self.source} if self.source else {}),
        }
