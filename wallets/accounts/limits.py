"""The limits of wallet categories, as the central bank publishes them, kept for the ledger."""

import logging
from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings

from cbdc.clock import parse_rfc3339
from cbdc.ledger.services import publish_limit_table
from cbdc.ledger.types import Limits

logger = logging.getLogger(__name__)
TIMEOUT_S = (2.0, 5.0)
FIELDS = ("balance", "per_payment", "daily", "annual")


def refresh_limits() -> None:
    """Fetch the table in force and those scheduled: each then holds from its own minute on.

    What is kept stays when the central bank is away.
    """
    url = f"{settings.CENTRAL_BANK_URL}/api/v1/wallet-limits"
    try:
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        keep_tables(answer.json()["data"])
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        logger.warning("the wallet limits were not refreshed: %s", type(error).__name__)


def keep_tables(tables: list[Mapping[str, Any]]) -> None:
    """Write the published tables into the ledger; one that it has already changes nothing.

    Raises:
        ValueError: a table that says something else for a moment than it said before.
    """
    for table in tables:
        publish_limit_table(
            effective_from=parse_rfc3339(table["effective_from"]),
            limits={
                int(row["category"]): Limits(**{name: row[name] for name in FIELDS})
                for row in table["categories"]
            },
        )
