"""Which institutions there are: the central bank's public list, refreshed and kept."""

import logging
from datetime import timedelta

import requests
from django.conf import settings

from cbdc.clock import now
from commercial_banks.clearing.models import DirectoryEntry

logger = logging.getLogger(__name__)
TIMEOUT_S = (2.0, 5.0)
FRESH_FOR = timedelta(seconds=5)  # an unknown number asks the central bank at most this often


def refresh_directory() -> None:
    """Fetch GET /api/v1/institutions; what is kept stays when the central bank is away."""
    try:
        url = f"{settings.CENTRAL_BANK_URL}/api/v1/institutions"
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        entries = answer.json()["data"]
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        logger.warning("the directory was not refreshed: %s", type(error).__name__)
        return
    keep(entries)


def keep(entries: list[dict[str, str]]) -> None:
    """Write the list down: `[{number, code, name, status}]`."""
    for entry in entries:
        DirectoryEntry.objects.update_or_create(
            number=entry["number"],
            defaults={
                "code": entry["code"],
                "name": entry["name"],
                "status": entry["status"],
                "refreshed_at": now(),
            },
        )


# A number that was given once never means another bank, so what was looked up stays true.
_codes: dict[str, str] = {}


def bank_of(number: str) -> str | None:
    """The code of the bank with that number, or None."""
    if number not in _codes:
        entry = DirectoryEntry.objects.filter(number=number).values_list("code", flat=True)
        code = entry.first()
        if code is None:
            return None
        _codes[number] = code
    return _codes[number]


def forget() -> None:
    """Look numbers up anew: for tests, whose directories differ."""
    _codes.clear()


def ensure_known(number: str) -> None:
    """Before a transaction: refresh when the number is not known and the list is not fresh."""
    if bank_of(number) is not None:
        return
    if not DirectoryEntry.objects.filter(refreshed_at__gt=now() - FRESH_FOR).exists():
        refresh_directory()
