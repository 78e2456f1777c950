"""What banks have done with tokens: issue, redeem, lock, unlock; and what limits it."""

from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from cbdc.crypto.tokens import is_authorised
from cbdc.errors import ErrorCode, Problem
from cbdc.ledger.types import TransferCode
from cbdc.money import is_amount
from central_bank.issuance import hooks, reserves
from central_bank.issuance.domain import GUARANTEE, Input, Kind, Output, with_change
from central_bank.issuance.models import BankAccount
from central_bank.issuance.registry import (
    Executed,
    execute,
    executed_before,
    hold_chain,
    inputs_of,
)
from central_bank.supervision import audit, directory
from central_bank.supervision.services import SYSTEM


class AboveQuotaError(Exception):
    """The issue is not inside the bank's standing quota: two people decide it."""


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
    reserves.debit(
        account=account.reserve_account,
        amount=amount,
        code=TransferCode.ISSUE,
        reference=request_id,
    )
    return execute(Kind.ISSUE, request_id=request_id, inputs=[], outputs=[Output(bank, amount)])


@transaction.atomic
def redeem(
    *, request_id: UUID, bank: str, amount: int, inputs: tuple[str, ...], authorisation: str
) -> Executed:
    """Destroy `amount` fen of a bank's unlocked tokens for reserves; change comes back.

    Raises:
        Problem: permission_denied, signature_invalid, invalid_amount, not_found,
            validation_failed.
    """
    hold_chain()
    if done := _done_before(request_id, bank):
        return done
    account = _account_of_active(bank, amount)
    tokens = _authorised(Kind.REDEEM, request_id, bank, amount, inputs, authorisation)
    change = with_change(bank, amount, tokens, lock=None, change_lock=None)[1:]
    done = execute(Kind.REDEEM, request_id=request_id, inputs=tokens, outputs=change, owner=bank)
    BankAccount.objects.filter(bank=bank).update(quota_used=Greatest(F("quota_used") - amount, 0))
    reserves.credit(
        account=account.reserve_account,
        amount=amount,
        code=TransferCode.REDEEM,
        reference=request_id,
    )
    return done


def lock(
    *, request_id: UUID, bank: str, amount: int, inputs: tuple[str, ...], authorisation: str
) -> Executed:
    """Make `amount` fen of a bank's unlocked tokens its guarantee; change stays unlocked.

    Raises:
        Problem: as `redeem`.
    """
    return _relock(Kind.LOCK, request_id, bank, amount, inputs, authorisation)


def unlock(
    *, request_id: UUID, bank: str, amount: int, inputs: tuple[str, ...], authorisation: str
) -> Executed:
    """Take `amount` fen out of a bank's guarantee; change stays locked.

    Raises:
        Problem: as `redeem`; insufficient_funds, when the guarantee is in use.
    """
    return _relock(Kind.UNLOCK, request_id, bank, amount, inputs, authorisation)


@transaction.atomic
def _relock(
    kind: Kind,
    request_id: UUID,
    bank: str,
    amount: int,
    inputs: tuple[str, ...],
    authorisation: str,
) -> Executed:
    hold_chain()
    if done := _done_before(request_id, bank):
        return done
    _account_of_active(bank, amount)
    tokens = _authorised(kind, request_id, bank, amount, inputs, authorisation)
    lock, change_lock = (GUARANTEE, None) if kind is Kind.LOCK else (None, GUARANTEE)
    outputs = with_change(bank, amount, tokens, lock=lock, change_lock=change_lock)
    done = execute(kind, request_id=request_id, inputs=tokens, outputs=outputs, owner=bank)
    for code, change in done.guarantee_changes.items():
        hooks.guarantee_changed(code, change)
    return done


@transaction.atomic
def set_quota(*, bank: str, quota: int, actor: str = SYSTEM) -> None:
    """Set what may be issued to a bank without two people, in fen; below what is used is fine.

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


def _use_quota(bank: str, amount: int) -> None:
    inside = Q(quota__gte=F("quota_used") + amount)
    if not BankAccount.objects.filter(inside, bank=bank).update(
        quota_used=F("quota_used") + amount
    ):
        raise AboveQuotaError


def _authorised(
    kind: Kind,
    request_id: UUID,
    bank: str,
    amount: int,
    inputs: tuple[str, ...],
    authorisation: str,
) -> list[Input]:
    """The inputs, if their owner signed this spending with a key in force."""
    signed = any(
        is_authorised(
            public,
            authorisation,
            kind=kind,
            inputs=inputs,
            amount=amount,
            request_id=str(request_id),
        )
        for public in directory.signing_keys(bank).values()
    )
    if not signed:
        raise Problem(ErrorCode.SIGNATURE_INVALID, "The owner has not signed this spending.")
    return inputs_of(inputs)
