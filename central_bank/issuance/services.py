"""What banks have done with tokens: issue, redeem, lock, unlock, split, merge, transfer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from cbdc.audit import services as audit
from cbdc.crypto.tokens import ALGORITHM, is_authorised
from cbdc.errors import ErrorCode, Problem
from cbdc.ledger.types import TransferCode
from cbdc.money import is_amount
from cbdc.named_points import reached
from central_bank.issuance import hooks, reserves
from central_bank.issuance.domain import GUARANTEE, Input, Kind, Output, validate, with_change
from central_bank.issuance.models import BankAccount
from central_bank.issuance.registry import (
    Executed,
    execute,
    executed_before,
    hold_chain,
    inputs_of,
)
from central_bank.supervision import directory
from central_bank.supervision.services import SYSTEM


class AboveQuotaError(Exception):
    """It is not inside the bank's standing quota: two people decide it."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Tokens that a bank wants spent, and its signature (`cbdc.crypto.tokens.authorise`)."""

    request_id: UUID
    bank: str
    amount: int
    inputs: tuple[str, ...]
    authorisation: str


@transaction.atomic
def issue(*, request_id: UUID, bank: str, amount: int, approved: bool = False) -> Executed:
    """Make one token of `amount` fen for a bank, out of its reserves; once per request.

    `approved` says that two people want it, whatever the quota.

    Raises:
        AboveQuotaError: more than is left of the quota, and not approved.
        Problem: permission_denied (no active bank), invalid_amount, insufficient_funds.
    """
    hold_chain()
    if done := _done_before(request_id, bank):
        return done
    account = _account_of_active(bank, amount)
    if not approved:
        _use_quota(bank, amount)
    reached("issue.quota_used")
    reserves.debit(
        account=account.reserve_account,
        amount=amount,
        code=TransferCode.ISSUE,
        reference=request_id,
    )
    reached("issue.reserves_debited")
    return execute(Kind.ISSUE, request_id=request_id, inputs=[], outputs=[Output(bank, amount)])


@transaction.atomic
def redeem(
    *,
    request_id: UUID,
    bank: str,
    amount: int,
    inputs: tuple[str, ...],
    authorisation: str,
    approved: bool = False,
) -> Executed:
    """Destroy `amount` fen of a bank's unlocked tokens for reserves; change comes back.

    `approved` says that two people want it, whatever the quota.

    Raises:
        AboveQuotaError: with it, more would be redeemed than the quota, and not approved.
        Problem: permission_denied, signature_invalid, invalid_amount, not_found,
            validation_failed.
    """
    spending = Spending(request_id, bank, amount, inputs, authorisation)
    hold_chain()
    if done := _done_before(request_id, bank):
        return done
    account = _account_of_active(bank, amount)
    tokens, proof = _authorised(Kind.REDEEM, spending)
    change = with_change(bank, amount, tokens, lock=None, change_lock=None)[1:]
    validate(Kind.REDEEM, tokens, change, owner=bank)
    if not approved:
        _use_quota(bank, -amount)
    done = execute(
        Kind.REDEEM,
        request_id=request_id,
        inputs=tokens,
        outputs=change,
        owner=bank,
        authorisation=proof,
    )
    reached("redeem.tokens_destroyed")
    reserves.credit(
        account=account.reserve_account,
        amount=amount,
        code=TransferCode.REDEEM,
        reference=request_id,
    )
    reached("redeem.reserves_credited")
    return done


@transaction.atomic
def split(
    *,
    request_id: UUID,
    bank: str,
    parts: Sequence[int],
    inputs: tuple[str, ...],
    authorisation: str,
) -> Executed:
    """Make tokens of the values `parts` out of a bank's unlocked ones; the rest is change.

    Raises:
        Problem: as `redeem`.
    """
    spending = Spending(request_id, bank, sum(parts), inputs, authorisation)
    return _exchange(Kind.SPLIT, spending, [Output(bank, part) for part in parts], parts=parts)


@transaction.atomic
def merge(
    *, request_id: UUID, bank: str, amount: int, inputs: tuple[str, ...], authorisation: str
) -> Executed:
    """Make one token of several unlocked ones of a bank; what is above `amount` is change.

    Raises:
        Problem: as `redeem`.
    """
    spending = Spending(request_id, bank, amount, inputs, authorisation)
    return _exchange(Kind.MERGE, spending, [Output(bank, amount)])


@transaction.atomic
def transfer(
    *,
    request_id: UUID,
    bank: str,
    payee: str,
    amount: int,
    inputs: tuple[str, ...],
    authorisation: str,
) -> Executed:
    """Give `amount` fen of a bank's unlocked tokens to another bank; change stays.

    The caller tells both banks, in this transaction.

    Raises:
        Problem: as `redeem`; permission_denied too when the payee is not active.
    """
    spending = Spending(request_id, bank, amount, inputs, authorisation)
    _account_of_active(payee, amount)
    return _exchange(Kind.TRANSFER, spending, [Output(payee, amount)], payee=payee)


def _exchange(
    kind: Kind,
    spending: Spending,
    outputs: list[Output],
    *,
    parts: Sequence[int] | None = None,
    payee: str | None = None,
) -> Executed:
    hold_chain()
    if done := _done_before(spending.request_id, spending.bank):
        return done
    _account_of_active(spending.bank, spending.amount)
    tokens, proof = _authorised(kind, spending, parts=parts, payee=payee)
    rest = sum(token.value for token in tokens) - spending.amount
    if rest < 0:
        raise Problem(ErrorCode.INVALID_AMOUNT, "The tokens are worth less than the amount.")
    return execute(
        kind,
        request_id=spending.request_id,
        inputs=tokens,
        outputs=[*outputs, Output(spending.bank, rest)] if rest else outputs,
        owner=spending.bank,
        authorisation=proof,
    )


def lock(
    *, request_id: UUID, bank: str, amount: int, inputs: tuple[str, ...], authorisation: str
) -> Executed:
    """Make `amount` fen of a bank's unlocked tokens its guarantee; change stays unlocked.

    Raises:
        Problem: as `redeem`.
    """
    return _relock(Kind.LOCK, Spending(request_id, bank, amount, inputs, authorisation))


def unlock(
    *, request_id: UUID, bank: str, amount: int, inputs: tuple[str, ...], authorisation: str
) -> Executed:
    """Take `amount` fen out of a bank's guarantee; change stays locked.

    Raises:
        Problem: as `redeem`; insufficient_funds, when the guarantee is in use.
    """
    return _relock(Kind.UNLOCK, Spending(request_id, bank, amount, inputs, authorisation))


@transaction.atomic
def _relock(kind: Kind, spending: Spending) -> Executed:
    hold_chain()
    bank, amount = spending.bank, spending.amount
    if done := _done_before(spending.request_id, bank):
        return done
    _account_of_active(bank, amount)
    tokens, proof = _authorised(kind, spending)
    lock, change_lock = (GUARANTEE, None) if kind is Kind.LOCK else (None, GUARANTEE)
    outputs = with_change(bank, amount, tokens, lock=lock, change_lock=change_lock)
    done = execute(
        kind,
        request_id=spending.request_id,
        inputs=tokens,
        outputs=outputs,
        owner=bank,
        authorisation=proof,
    )
    for code, change in done.guarantee_changes.items():
        hooks.guarantee_changed(code, change)
    return done


@transaction.atomic
def set_quota(*, bank: str, quota: int, actor: str = SYSTEM) -> None:
    """Set what a bank may be issued, or redeem, without two people, in fen, in all.

    Below what is used already is fine: then two people decide until it is not.

    Raises:
        Problem: not_found, invalid_amount.
    """
    if quota != 0 and not is_amount(quota):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    if not BankAccount.objects.filter(bank=bank).update(quota=quota):
        raise Problem(ErrorCode.NOT_FOUND)
    audit.record(actor=actor, action="set_quota", subject=bank, detail={"quota": quota})


@transaction.atomic
def fund_reserves(*, bank: str, amount: int, reference: UUID, actor: str = SYSTEM) -> None:
    """Credit reserves that a bank paid in, once per reference.

    Raises:
        Problem: not_found, invalid_amount.
    """
    account = BankAccount.objects.filter(bank=bank).first()
    if account is None:
        raise Problem(ErrorCode.NOT_FOUND)
    if not is_amount(amount):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    reserves.credit(
        account=account.reserve_account,
        amount=amount,
        code=TransferCode.RESERVE,
        reference=reference,
    )
    detail = {"amount": amount, "reference": str(reference)}
    audit.record(actor=actor, action="fund_reserves", subject=bank, detail=detail)


def _done_before(request_id: UUID, bank: str) -> Executed | None:
    """INV-4: a request that was carried out is answered again, to its own bank."""
    done = executed_before(request_id)
    if done is not None and bank not in done.created and bank not in done.consumed:
        raise Problem(ErrorCode.IDEMPOTENCY_KEY_REUSED)
    return done


def _account_of_active(bank: str, amount: int) -> BankAccount:
    found = directory.bank(bank)
    account = BankAccount.objects.filter(bank=bank).first()
    if found is None or not found.active or account is None:
        raise Problem(ErrorCode.PERMISSION_DENIED, "The bank is suspended or not admitted.")
    if not is_amount(amount):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    return account


def _use_quota(bank: str, change: int) -> None:
    """Count an issue (positive) or a redeem (negative), if the sum stays inside the quota."""
    used = F("quota_used") + change
    inside = Q(quota__gte=used) if change > 0 else Q(quota__gte=-used)
    if not BankAccount.objects.filter(inside, bank=bank).update(
        quota_used=F("quota_used") + change
    ):
        raise AboveQuotaError


def _authorised(
    kind: Kind,
    spending: Spending,
    *,
    parts: Sequence[int] | None = None,
    payee: str | None = None,
) -> tuple[list[Input], dict[str, Any]]:
    """The inputs, and the proof that their owner signed this spending with a key in force."""
    said: dict[str, Any] = {"amount": spending.amount}
    if parts is not None:
        said["parts"] = list(parts)
    if payee is not None:
        said["payee"] = payee
    for key_id, public in directory.signing_keys(spending.bank).items():
        if is_authorised(
            public,
            spending.authorisation,
            kind=kind,
            inputs=spending.inputs,
            request_id=str(spending.request_id),
            **said,
        ):
            proof = {
                "institution": spending.bank,
                "key_id": key_id,
                "alg": ALGORITHM,
                "signature": spending.authorisation,
                **said,
            }
            return inputs_of(spending.inputs), proof
    raise Problem(ErrorCode.SIGNATURE_INVALID, "The owner has not signed this spending.")
