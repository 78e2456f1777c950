"""Reads of the registry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from cbdc.clock import now, rfc3339
from cbdc.crypto.algorithms import VerifyingKey, jwk_of
from cbdc.crypto.tokens import transaction_bytes
from cbdc.ledger.selectors import balances
from cbdc.money import CURRENCY
from central_bank.issuance.models import BankAccount, IssuerKey, Token, TokenSpend, TokenTransaction


def supply() -> dict[str, Any]:
    """The currency in circulation, in fen. INV-1: one statement, so the sums always agree."""
    rows = list(
        BankAccount.objects.order_by("bank").values_list(
            "bank", "issued", "redeemed", "held", "locked"
        )
    )
    issued, redeemed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return {
        "currency": CURRENCY,
        "issued": issued,
        "redeemed": redeemed,
        "in_circulation": issued - redeemed,
        "held": {bank: held for bank, _, _, held, _ in rows},
        "locked": {bank: locked for bank, _, _, _, locked in rows},
        "as_of": rfc3339(now()),
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """A bank with the issuer, in fen: what it holds, and the reserves that it can swap."""

    bank: str
    issued: int
    redeemed: int
    held: int
    locked: int
    quota: int
    quota_used: int
    reserves: int


def standings() -> list[Standing]:
    """Every bank's, by its code, in two queries."""
    rows = list(BankAccount.objects.order_by("bank"))
    reserves = balances(row.reserve_account for row in rows)
    return [
        Standing(
            bank=row.bank,
            issued=row.issued,
            redeemed=row.redeemed,
            held=row.held,
            locked=row.locked,
            quota=row.quota,
            quota_used=row.quota_used,
            reserves=reserves[row.reserve_account],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class TokenFlow:
    """Token transactions of one kind: their number, and their value in and out in fen."""

    kind: str
    number: int
    value_in: int
    value_out: int


def flows_between(begins: datetime, ends: datetime) -> list[TokenFlow]:
    """What happened to tokens in a time, by kind.

    The chain is in the order of time: it is read from its end back to `begins`, and no further.
    """
    older = TokenTransaction.objects.filter(occurred_at__lt=begins).order_by("-sequence")
    last = older.values_list("sequence", flat=True).first() or 0
    rows = TokenTransaction.objects.filter(sequence__gt=last, occurred_at__lt=ends)
    sums = rows.order_by("kind").values("kind")
    return [
        TokenFlow(row["kind"], row["number"], int(row["total_in"]), int(row["total_out"]))
        for row in sums.annotate(
            number=Count("sequence"), total_in=Sum("value_in"), total_out=Sum("value_out")
        )
    ]


def guarantee_tokens(bank: str) -> list[tuple[str, int]]:
    """A bank's live locked tokens as (id, value), the most valuable first."""
    live = Token.objects.filter(institution=bank, spent=False, lock__isnull=False)
    return list(live.order_by("-value", "token_id").values_list("token_id", "value"))


def token(token_id: str) -> dict[str, Any] | None:
    """A token with its proof, where it comes from and whether it lives, or None."""
    row = Token.objects.select_related("transaction").filter(token_id=token_id).first()
    if row is None:
        return None
    spend = TokenSpend.objects.select_related("transaction").filter(token_id=token_id).first()
    return {
        "token_id": row.token_id,
        "institution": row.institution,
        "value": row.value,
        "status": "live" if spend is None else "spent",
        "signed": row.signed(row.transaction.transaction_id).to_wire(),
        "made_by": {"kind": row.transaction.kind, "sequence": row.transaction.sequence},
        "spent_by": None
        if spend is None
        else {"kind": spend.transaction.kind, "sequence": spend.transaction.sequence},
    }


def is_signed_by_issuer(transaction: TokenTransaction) -> bool:
    """Whether the issuer's signature over a transaction verifies with the key that it names."""
    key = IssuerKey.objects.filter(key_id=transaction.issuer_key_id).first()
    if key is None or key.alg != transaction.alg:
        return False
    signed = transaction_bytes(
        transaction_id=transaction.transaction_id,
        occurred_at=rfc3339(transaction.occurred_at),
        authorisation=transaction.authorisation,
    )
    public = VerifyingKey.of(key.alg, key.public_key)
    return public.verifies(transaction.alg, transaction.signature, signed)


def issuer_jwks() -> list[dict[str, Any]]:
    """The issuer's public keys as JSON Web Keys, with when each signs."""
    return [
        {
            **jwk_of(row.alg, row.public_key),
            "valid_from": rfc3339(row.valid_from),
            "valid_to": rfc3339(row.valid_to) if row.valid_to else None,
        }
        for row in IssuerKey.objects.order_by("valid_from", "key_id")
    ]
