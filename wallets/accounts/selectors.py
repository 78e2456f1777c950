"""Reads of wallets, as their holder may see them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q

from cbdc.api.tokens import AccessToken
from cbdc.clock import rfc3339
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import this_institution
from cbdc.ledger.selectors import FIGURES, Figures, as_figures, figures_of
from cbdc.ledger.types import Limits, Usage
from cbdc.money import CURRENCY
from cbdc.prepared import one_row
from commercial_banks.customers.privacy import SealedField
from wallets.accounts.authentication import Caller
from wallets.accounts.models import Wallet

_FIELDS = Wallet._meta.concrete_fields
_NAMES = [field.attname for field in _FIELDS]
# As `own_wallets` has them, prepared: a balance is read more often than anything else.
_OWN = f"""
SELECT {", ".join(f'"{field.column}"' for field in _FIELDS)} FROM accounts_wallet
WHERE wallet_id = %s
    AND (wallet_id = %s OR parent_id = %s OR (phone_hash = %s AND kind = 'corporate'))
"""  # noqa: S608 - our own columns
# A holder's look at the wallet of its device, in one statement.
_SEEN = f"""
SELECT {", ".join(f'w."{field.column}"' for field in _FIELDS)}, f.*
FROM accounts_device d
JOIN accounts_wallet w ON w.wallet_id = d.wallet_id,
LATERAL ({FIGURES.format(account="w.wallet_id::bigint")}) f
WHERE d.id = %s AND d.wallet_id = %s AND d.revoked_at IS NULL
"""  # noqa: S608 - our own columns


def wallet_body_at_once(token: AccessToken, wallet_id: str) -> dict[str, Any] | None:
    """The wallet that the token's device is of, in one round trip to the database.

    None: it is another one, or the device is not in use; `authenticate` and `own_wallet` say more.
    """
    if wallet_id != token.holder_id:
        return None
    row = one_row(_SEEN, [token.device_id, wallet_id])
    if row is None:
        return None
    return _body(_wallet(row[: len(_FIELDS)]), as_figures(row[len(_FIELDS) :]))


def own_wallets(caller: Caller) -> list[Wallet]:
    """The caller's wallet, its sub-wallets, and the firms' that the caller's phone operates."""
    firms = Q(phone_hash=caller.phone_hash, kind=Wallet.Kind.CORPORATE)
    mine = Q(wallet_id=caller.wallet_id) | Q(parent_id=caller.wallet_id) | firms
    return list(Wallet.objects.filter(mine).order_by("opened_at", "wallet_id"))


def own_wallet(caller: Caller, wallet_id: str) -> Wallet:
    """A wallet of the caller's.

    Raises:
        Problem: not_found, also when it is somebody else's.
    """
    row = one_row(_OWN, [wallet_id, caller.wallet_id, caller.wallet_id, caller.phone_hash])
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return _wallet(row)


def _wallet(row: Sequence[Any]) -> Wallet:
    """Of its columns, as Django reads them: a name is unsealed."""
    values = [
        field.from_db_value(value) if isinstance(field, SealedField) else value
        for field, value in zip(_FIELDS, row, strict=True)
    ]
    return Wallet.from_db(None, _NAMES, values)


def wallet_body(wallet: Wallet) -> dict[str, Any]:
    """The wallet object of API.md. `balance` is what can be paid: reservations are gone."""
    return _body(wallet, figures_of(int(wallet.wallet_id)))


def _body(wallet: Wallet, figures: Figures) -> dict[str, Any]:
    return {
        "wallet_id": wallet.wallet_id,
        "institution": this_institution().code,
        "kind": wallet.kind,
        "category": wallet.category,
        "parent": wallet.parent_id,
        "name": wallet.name,
        "status": wallet.status,
        "balance": figures.available,
        "currency": CURRENCY,
        "limits": _members(figures.limits),
        "used": _members(figures.used),
        "opened_at": rfc3339(wallet.opened_at),
        "closed_at": rfc3339(wallet.closed_at) if wallet.closed_at else None,
        "frozen_by": wallet.frozen_by or None,
        "auto_top_up": wallet.top_up_from or None,
    }


def _members(values: Limits | Usage) -> dict[str, int | None]:
    """As `asdict`, which copies deeply, and takes longer than the rest of the answer."""
    return {field: getattr(values, field) for field in values.__dataclass_fields__}


def open_wallets_by_category() -> dict[int, int]:
    """How many wallets are open, by category. Looks at the whole table."""
    rows = Wallet.objects.exclude(status=Wallet.Status.CLOSED).values_list("category")
    counted = rows.annotate(number=Count("wallet_id")).order_by("category")
    return dict(counted.values_list("category", "number"))
