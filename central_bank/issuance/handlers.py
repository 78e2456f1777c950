"""What banks ask the issuer by message; each is answered with an advice or a refusal."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import Role
from cbdc.ledger.selectors import available
from cbdc.messaging.handlers import handles
from cbdc.named_points import reached
from cbdc.protocol.messages import (
    TokenIssueRequest,
    TokenLockRequest,
    TokenMergeRequest,
    TokenRedeemRequest,
    TokenSplitRequest,
    TokenUnlockRequest,
)
from central_bank.issuance import services
from central_bank.issuance.answers import advise, refuse
from central_bank.issuance.domain import Kind
from central_bank.issuance.models import BankAccount
from central_bank.issuance.registry import Executed
from central_bank.issuance.requests import ISSUE, REDEEM


@handles(TokenIssueRequest, at=Role.CENTRAL_BANK)
def issue(message: TokenIssueRequest, *, sender: str, message_id: UUID) -> None:
    """Inside the quota at once; above it when two people have decided."""
    if _is_asked(message.request_id, sender):
        return
    reached("issue.asked")
    _answer(
        sender,
        Kind.ISSUE,
        message.request_id,
        message.amount,
        lambda: _issue_or_ask(message, sender),
    )


def _issue_or_ask(message: TokenIssueRequest, sender: str) -> Executed | None:
    try:
        return services.issue(request_id=message.request_id, bank=sender, amount=message.amount)
    except services.AboveQuotaError:
        account = BankAccount.objects.get(bank=sender)
        if available(account.reserve_account) < message.amount:
            raise Problem(
                ErrorCode.INSUFFICIENT_FUNDS, "The reserves do not cover the amount."
            ) from None
        four_eyes.ask(
            kind=ISSUE,
            subject=sender,
            payload={"amount": message.amount},
            by=sender,
            request_id=message.request_id,
        )
        return None


def _is_asked(request_id: UUID, sender: str) -> bool:
    """Do two people have it already? What they decide is the answer."""
    asked = ApprovalRequest.objects.filter(id=request_id).first()
    if asked is not None and asked.subject != sender:
        raise Problem(ErrorCode.IDEMPOTENCY_KEY_REUSED)
    return asked is not None


@handles(TokenRedeemRequest, at=Role.CENTRAL_BANK)
def redeem(message: TokenRedeemRequest, *, sender: str, message_id: UUID) -> None:
    """Tokens for reserves: inside the quota at once, outside it when two people have decided."""
    if _is_asked(message.request_id, sender):
        return
    reached("redeem.asked")
    _answer(
        sender,
        Kind.REDEEM,
        message.request_id,
        message.amount,
        lambda: _redeem_or_ask(message, sender),
    )


def _redeem_or_ask(message: TokenRedeemRequest, sender: str) -> Executed | None:
    try:
        return services.redeem(
            request_id=message.request_id,
            bank=sender,
            amount=message.amount,
            inputs=message.inputs,
            authorisation=message.authorisation,
        )
    except services.AboveQuotaError:
        four_eyes.ask(
            kind=REDEEM,
            subject=sender,
            payload={
                "amount": message.amount,
                "inputs": list(message.inputs),
                "authorisation": message.authorisation,
            },
            by=sender,
            request_id=message.request_id,
        )
        return None


@handles(TokenMergeRequest, at=Role.CENTRAL_BANK)
def merge(message: TokenMergeRequest, *, sender: str, message_id: UUID) -> None:
    """Several tokens become one."""
    _spend(Kind.MERGE, services.merge, message, sender)


@handles(TokenSplitRequest, at=Role.CENTRAL_BANK)
def split(message: TokenSplitRequest, *, sender: str, message_id: UUID) -> None:
    """Tokens become others of chosen values."""

    def act() -> Executed:
        return services.split(
            request_id=message.request_id,
            bank=sender,
            parts=message.parts,
            inputs=message.inputs,
            authorisation=message.authorisation,
        )

    _answer(sender, Kind.SPLIT, message.request_id, sum(message.parts), act)


@handles(TokenLockRequest, at=Role.CENTRAL_BANK)
def lock(message: TokenLockRequest, *, sender: str, message_id: UUID) -> None:
    """Tokens become guarantee."""
    _spend(Kind.LOCK, services.lock, message, sender)


@handles(TokenUnlockRequest, at=Role.CENTRAL_BANK)
def unlock(message: TokenUnlockRequest, *, sender: str, message_id: UUID) -> None:
    """Guarantee that is not in use becomes free."""
    _spend(Kind.UNLOCK, services.unlock, message, sender)


def _spend(
    operation: Kind,
    service: Callable[..., Executed],
    message: TokenMergeRequest | TokenLockRequest | TokenUnlockRequest,
    sender: str,
) -> None:
    def act() -> Executed:
        return service(
            request_id=message.request_id,
            bank=sender,
            amount=message.amount,
            inputs=message.inputs,
            authorisation=message.authorisation,
        )

    _answer(sender, operation, message.request_id, message.amount, act)


def _answer(
    bank: str,
    operation: Kind,
    request_id: UUID,
    amount: int,
    act: Callable[[], Executed | None],
) -> None:
    """Send what came of it. INV-10: a refusal undoes whatever was begun."""
    try:
        with transaction.atomic():
            done = act()
    except Problem as problem:
        refuse(bank=bank, operation=operation, request_id=request_id, problem=problem)
        return
    if done is not None:
        advise(bank=bank, operation=operation, request_id=request_id, amount=amount, done=done)
    reached(f"{operation}.answered")
