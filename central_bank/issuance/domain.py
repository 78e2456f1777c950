"""The rules of a token transaction: pure, and the same for every kind (DESIGN section 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cbdc.errors import ErrorCode, Problem
from cbdc.money import AMOUNT_MAX

INPUTS_MAX = 5_000
OUTPUTS_MAX = 5_000
GUARANTEE = "guarantee"  # the lock of a token that secures a bank's payments to other banks


class Kind(StrEnum):
    """Why tokens change. Issue has no inputs, redeem destroys value, the rest keep it."""

    ISSUE = "issue"
    TRANSFER = "transfer"
    SPLIT = "split"
    MERGE = "merge"
    LOCK = "lock"
    UNLOCK = "unlock"
    REDEEM = "redeem"
    SETTLE = "settle"


# The locks that a kind's inputs and outputs may have; every other kind uses free tokens alone.
FREE: frozenset[str | None] = frozenset({None})
GUARANTEED: frozenset[str | None] = frozenset({GUARANTEE})
LOCKS = {
    Kind.LOCK: (FREE, FREE | GUARANTEED),
    Kind.UNLOCK: (GUARANTEED, FREE | GUARANTEED),
    Kind.SETTLE: (GUARANTEED, GUARANTEED),
}


@dataclass(frozen=True, slots=True)
class Input:
    """A live token that is to be consumed."""

    token_id: str
    institution: str
    value: int
    lock: str | None


@dataclass(frozen=True, slots=True)
class Output:
    """A token that is to be made."""

    institution: str
    value: int
    lock: str | None = None


@dataclass(slots=True)
class Change:
    """What a transaction does to one bank's holdings, in fen."""

    issued: int = 0
    redeemed: int = 0
    held: int = 0
    locked: int = 0


def validate(
    kind: Kind, inputs: Sequence[Input], outputs: Sequence[Output], *, owner: str | None
) -> None:
    """The one validation of the one primitive. `owner` is the bank that asks for it, if one does.

    Raises:
        Problem: validation_failed (shape), not_found (a token of another bank, or spent),
            invalid_amount (sums).
    """
    if len(inputs) > INPUTS_MAX or len(outputs) > OUTPUTS_MAX:
        raise Problem(ErrorCode.VALIDATION_FAILED, "Too many tokens in one transaction.")
    if (not inputs) != (kind is Kind.ISSUE) or (not outputs and kind is not Kind.REDEEM):
        raise Problem(ErrorCode.VALIDATION_FAILED, f"These are not the tokens of {kind}.")
    if any(not 1 <= output.value <= AMOUNT_MAX for output in outputs):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    if owner is not None and any(token.institution != owner for token in inputs):
        raise Problem(ErrorCode.NOT_FOUND, "A token is spent, or is not yours.")
    _validate_sums(kind, inputs, outputs)
    _validate_locks(kind, inputs, outputs)
    if kind not in (Kind.TRANSFER, Kind.SETTLE) and len(_owners(inputs, outputs)) > 1:
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{kind} is within one bank.")


def _owners(inputs: Sequence[Input], outputs: Sequence[Output]) -> set[str]:
    return {token.institution for token in inputs} | {token.institution for token in outputs}


def _validate_sums(kind: Kind, inputs: Sequence[Input], outputs: Sequence[Output]) -> None:
    value_in = sum(token.value for token in inputs)
    value_out = sum(token.value for token in outputs)
    if kind is Kind.REDEEM and value_in <= value_out:
        raise Problem(ErrorCode.INVALID_AMOUNT, "The tokens are worth less than the amount.")
    if kind not in (Kind.ISSUE, Kind.REDEEM) and value_in != value_out:
        raise Problem(ErrorCode.INVALID_AMOUNT, "Inputs and outputs differ in value.")


def _validate_locks(kind: Kind, inputs: Sequence[Input], outputs: Sequence[Output]) -> None:
    """Only lock, unlock and settle touch a guarantee, each in its own direction."""
    locks_in = {token.lock for token in inputs}
    locks_out = {token.lock for token in outputs}
    allowed_in, allowed_out = LOCKS.get(kind, (FREE, FREE))
    if not (locks_in <= allowed_in and locks_out <= allowed_out):
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{kind} cannot use these tokens.")


def changes(kind: Kind, inputs: Sequence[Input], outputs: Sequence[Output]) -> Mapping[str, Change]:
    """What the transaction does to each bank, by code, sorted: the order in which rows lock."""
    by_bank = {code: Change() for code in sorted(_owners(inputs, outputs))}
    for token in inputs:
        by_bank[token.institution].held -= token.value
        by_bank[token.institution].locked -= token.value if token.lock else 0
    for output in outputs:
        by_bank[output.institution].held += output.value
        by_bank[output.institution].locked += output.value if output.lock else 0
    for change in by_bank.values():
        if kind is Kind.ISSUE:
            change.issued = change.held
        elif kind is Kind.REDEEM:
            change.redeemed = -change.held
    return by_bank


def with_change(
    bank: str, amount: int, inputs: Sequence[Input], *, lock: str | None, change_lock: str | None
) -> list[Output]:
    """`amount` locked by `lock`, and what the inputs are worth above it as one token of change.

    Raises:
        Problem: invalid_amount, when the inputs are worth less.
    """
    rest = sum(token.value for token in inputs) - amount
    if rest < 0:
        raise Problem(ErrorCode.INVALID_AMOUNT, "The tokens are worth less than the amount.")
    outputs = [Output(bank, amount, lock)]
    return [*outputs, Output(bank, rest, change_lock)] if rest else outputs
