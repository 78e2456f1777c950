"""Sessions of the staff, and the codes for who has lost the second factor."""

from django.conf import settings
from django.db import models

from cbdc.clock import now
from cbdc.identifiers import new_id


class StaffSession(models.Model):
    """From a log-in to its end. The session's own key, which is a secret, is not here."""

    id = models.UUIDField(primary_key=True, default=new_id)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_sessions"
    )
    began_at = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(default=now)
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)  # by the second factor
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)  # who, or which limit

    class Meta:
        ordering = ["-began_at"]
        indexes = [
            models.Index(
                fields=["user"],
                condition=models.Q(ended_at__isnull=True),
                name="access_open_sessions",
            ),
            models.Index(fields=["user", "address"], name="access_known_addresses"),
        ]

    def __str__(self) -> str:
        return f"{self.user} since {self.began_at:%Y-%m-%d %H:%M}"


class RecoveryCode(models.Model):
    """One code in the place of the second factor, once; its hash alone is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="access_code_once"),
        ]

    def __str__(self) -> str:
        return f"a code of {self.user}"
