"""What somebody looked at or took away, for the record: the one place that consoles tell it to."""

import logging
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

logger = logging.getLogger(__name__)


def record(request: HttpRequest, *, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Say who did what to what. `subject` and `detail` carry no personal data."""
    logger.info("%s %s %s %s", request.user.get_username(), action, subject, dict(detail))
