"""Reads of wallets, as their holder may see them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import Count, Q

from cbdc.clock import rfc3339
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import this_institution
from cbdc.ledger.selectors import figures_of
from cbdc.money import CURRENCY
from cbdc.prepared import one_row
from commercial_banks.customers.privacy import SealedField
from wallets.accounts.authentication import Caller
from wallets.accounts.models import Wallet

_FIELDS = Wallet._meta.concrete_fields
# As `own_wallets` has them, prepared: a balance is read more often than anything else.
_OWN = f"""
SELECT {", ".join(f'"{field.column}"' for field in _FIELDS)} FROM accounts_wallet
WHERE wallet_id = %s
    AND (wallet_id = %s OR parent_id = %s OR (phone_hash = %s AND kind = 'corporate'))
"""  # noqa: S608 - our own columns


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
    return Wallet.from_db(None, [field.attname for field in _FIELDS], _as_read(row))


def _as_read(row: Sequence[Any]) -> list[Any]:
    """The columns of a wallet's row as Django reads them: a name is unsealed."""
    return [
        field.from_db_value(value) if isinstance(field, SealedField) else value
        for field, value in zip(_FIELDS, row, strict=True)
    ]


def wallet_body(wallet: Wallet) -> dict[str, Any]:
    """The wallet object of API.md. `balance` is what can be paid: reservations are gone."""
    figures = figures_of(int(wallet.wallet_id))
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
        "limits": asdict(figures.limits),
        "used": asdict(figures.used),
        "opened_at": rfc3339(wallet.opened_at),
        "closed_at": rfc3339(wallet.closed_at) if wallet.closed_at else None,
        "frozen_by": wallet.frozen_by or None,
        "auto_top_up": wallet.top_up_from or None,
    }


def open_wallets_by_category() -> dict[int, int]:
    """How many wallets are open, by category. Looks at the whole table."""
    rows = Wallet.objects.exclude(status=Wallet.Status.CLOSED).values_list("category")
    counted = rows.annotate(number=Count("wallet_id")).order_by("category")
    return dict(counted.values_list("category", "number"))
