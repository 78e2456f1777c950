"""What somebody of the staff does with a request, into the audit log (INV-11)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from cbdc.audit import services as audit

SUBJECT_MAX = 128


def record(request: HttpRequest, *, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Say who did what to what. `subject` and `detail` carry no personal data."""
    audit.record(
        actor=request.user.get_username(),
        action=action,
        subject=subject[:SUBJECT_MAX],
        detail=dict(detail),
    )
