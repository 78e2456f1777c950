"""Secret keys of merchants: made, found by their keyed hash, ended."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import models

from cbdc.clock import now
from cbdc.crypto.encoding import b64url
from commercial_banks.customers.privacy import look_up_hash
from wallets.merchants.models import ApiKey, Merchant, Shop

PREFIX = "sk_"
SECRET_BYTES = 32
KEYS_MAX = 50  # in use, of one merchant
OVERLAP = timedelta(hours=24)  # a key that is replaced goes on for so long


class Scope(StrEnum):
    """What a key may do; any key reads the orders and refunds of its shop."""

    ORDERS = "orders"
    CHARGES = "charges"
    REFUNDS = "refunds"
    STATEMENTS = "statements"
    WEBHOOKS = "webhooks"
    TRANSIT = "transit"


class TooManyKeys(Exception):  # noqa: N818 - a limit, not a fault
    """The merchant has KEYS_MAX keys in use."""


def make_key(
    *,
    merchant: Merchant,
    name: str,
    scopes: Sequence[str] = tuple(Scope),
    shop: Shop | None = None,
    by: str = "",
    secret: str | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown once; `secret` fixes it, for a devnet.

    Raises:
        TooManyKeys
    """
    if usable(merchant.id).count() >= KEYS_MAX:
        raise TooManyKeys
    text = secret or PREFIX + b64url(secrets.token_bytes(SECRET_BYTES))
    key = ApiKey.objects.create(
        merchant=merchant,
        shop=shop,
        name=name,
        ending=text[-4:],
        key_hash=key_hash(text),
        scopes=[Scope(scope).value for scope in scopes],
        created_by=by,
    )
    return key, text


def replace_key(*, key: ApiKey, by: str) -> tuple[ApiKey, str]:
    """A new key like this one, which itself ends after OVERLAP.

    Raises:
        TooManyKeys
    """
    made = make_key(merchant=key.merchant, name=key.name, scopes=key.scopes, shop=key.shop, by=by)
    ends = now() + OVERLAP
    if key.expires_at is None or key.expires_at > ends:
        ApiKey.objects.filter(id=key.id).update(expires_at=ends)
    return made


def revoke_key(*, key_id: UUID) -> bool:
    """End a key at once; False when it had ended."""
    rows = ApiKey.objects.filter(id=key_id, revoked_at__isnull=True)
    return bool(rows.update(revoked_at=now()))


def usable(merchant_id: UUID, *, at: datetime | None = None) -> models.QuerySet[ApiKey]:
    """The keys of a merchant that are neither revoked nor over."""
    rows = ApiKey.objects.filter(merchant_id=merchant_id, revoked_at__isnull=True)
    return rows.exclude(expires_at__lte=at or now())


def key_hash(text: str) -> str:
    """What the bank keeps of a key; found by equality, so no comparison tells its bytes."""
    return look_up_hash(f"merchant key {text}")
