"""Which institutions there are: the central bank's public list, refreshed and kept."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import transaction

from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.institution import CENTRAL_BANK_CODE, this_institution
from commercial_banks.clearing.models import DirectoryEntry, InstitutionKey

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


@transaction.atomic
def keep(entries: Sequence[Mapping[str, Any]]) -> None:
    """Write the list down, as one: `[{number, code, name, status, keys: [JWK]}]`.

    Half a list would look fresh, and a payment to the other half's banks be refused.
    """
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
        _keep_keys(entry["number"], entry["keys"])


def _keep_keys(number: str, jwks: Sequence[Mapping[str, Any]]) -> None:
    """Add what is new, end what is gone, take up again what came back."""
    listed = {jwk["kid"]: jwk["x"] for jwk in jwks}
    rows = InstitutionKey.objects.filter(number=number)
    known = set(rows.values_list("key_id", flat=True))
    InstitutionKey.objects.bulk_create(
        [
            InstitutionKey(number=number, key_id=key_id, public_key=listed[key_id])
            for key_id in listed
            if key_id not in known
        ],
        ignore_conflicts=True,
    )
    rows.filter(gone_at=None).exclude(key_id__in=listed).update(gone_at=now())
    rows.filter(gone_at__isnull=False, key_id__in=listed).update(gone_at=None)


def newest_key(code: str) -> Ed25519PublicKey | None:
    """The key that the bank of that code took up last, of those that it uses; None when unknown."""
    number = DirectoryEntry.objects.filter(code=code).values("number")[:1]
    rows = InstitutionKey.objects.filter(number=number, gone_at=None).order_by("-seen_at", "-id")
    newest = rows.values_list("public_key", flat=True).first()
    return None if newest is None else keys.public_from_raw(newest)


def other_active_banks() -> list[str]:
    """The codes of the banks that take part, without this one and the central bank."""
    rows = DirectoryEntry.objects.filter(status="active").order_by("code")
    codes = rows.values_list("code", flat=True)
    return [code for code in codes if code not in (CENTRAL_BANK_CODE, this_institution().code)]


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
    if bank_of(number) is None:
        refresh_if_stale()


def refresh_if_stale() -> bool:
    """Before a transaction: refresh unless the list is fresh; whether it was tried."""
    if DirectoryEntry.objects.filter(refreshed_at__gt=now() - FRESH_FOR).exists():
        return False
    refresh_directory()
    return True
