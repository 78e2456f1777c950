"""What somebody looked at or took away, for the audit log: the one place that consoles tell."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from cbdc.audit import services as audit


def record(request: HttpRequest, *, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Say who did what to what. `subject` and `detail` carry no personal data."""
    audit.record(
        actor=request.user.get_username(), action=action, subject=subject, detail=dict(detail)
    )
