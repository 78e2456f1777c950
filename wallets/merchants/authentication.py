"""Which merchant calls: the secret key, and what it may do."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework.request import Request

from cbdc.api.tokens import bearer_credential
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from wallets.merchants.keys import PREFIX, Scope, key_hash
from wallets.merchants.models import ApiKey, KeyUse, Merchant

USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """A merchant, by one of its keys; a key of a shop acts for that shop alone."""

    merchant: Merchant
    key_id: UUID
    shop_id: UUID | None
    scopes: frozenset[str]

    @property
    def name(self) -> str:
        """Who it is to the record of Idempotency-Keys."""
        return f"merchant:{self.merchant.id}"


def authenticate_merchant(request: Request, scope: Scope | None = None) -> Caller:
    """The merchant of the bearer key, which has the scope.

    Raises:
        Problem: authentication_required, for no key, an unknown one and one that ended;
            permission_denied, for a key without the scope and a merchant that is suspended.
    """
    return caller_of(bearer_credential(request), scope)


def caller_of(credential: str, scope: Scope | None = None) -> Caller:
    """As `authenticate_merchant`, from the key's text."""
    if not credential.startswith(PREFIX):
        raise _not_in_use()
    return _caller(scope, key_hash=key_hash(credential))


def caller_of_key(key_id: UUID) -> Caller:
    """As `authenticate_merchant`, from the key's id: for who proved the key before."""
    return _caller(None, id=key_id)


def require_scope(caller: Caller, scope: Scope) -> None:
    """Raises: Problem permission_denied, for a key without the scope."""
    if scope not in caller.scopes:
        raise Problem(ErrorCode.PERMISSION_DENIED, f"The key lacks the scope {scope.value}.")


def _caller(scope: Scope | None, **which: Any) -> Caller:
    key = (
        ApiKey.objects.select_related("merchant", "use")
        .filter(**which, revoked_at__isnull=True)
        .first()
    )
    moment = now()
    if key is None or (key.expires_at is not None and key.expires_at <= moment):
        raise _not_in_use()
    caller = Caller(key.merchant, key.id, key.shop_id, frozenset(key.scopes))
    if scope is not None:
        require_scope(caller, scope)
    if key.merchant.status != Merchant.Status.ACTIVE:
        raise Problem(ErrorCode.PERMISSION_DENIED, "The merchant is suspended.")
    use = getattr(key, "use", None)
    if use is None or moment - use.last_at > USE_NOTED_EVERY:
        KeyUse.objects.update_or_create(key=key, defaults={"last_at": moment})
    return caller


def _not_in_use() -> Problem:
    return Problem(ErrorCode.AUTHENTICATION_REQUIRED, "The key is not in use.")
