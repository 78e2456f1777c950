"""`execute`: the one way in which tokens change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from cbdc.clock import now, rfc3339
from cbdc.crypto.algorithms import Signer
from cbdc.crypto.encoding import b64url
from cbdc.crypto.tokens import VERSION, issue_token, transaction_bytes, transaction_hash
from cbdc.crypto.tokens import Token as TokenContent
from cbdc.errors import ErrorCode, Problem
from cbdc.money import CURRENCY
from cbdc.named_points import reached
from central_bank.issuance import domain
from central_bank.issuance.domain import Input, Kind, Output
from central_bank.issuance.issuer import issuer_signer
from central_bank.issuance.models import (
    BankAccount,
    Chain,
    Token,
    TokenSpend,
    TokenTransaction,
)
from central_bank.supervision.directory import owner_key_id


@dataclass(frozen=True, slots=True)
class Executed:
    """What a token transaction did. `created` are signed tokens in wire form, by bank."""

    transaction_id: str
    consumed: Mapping[str, tuple[str, ...]]
    created: Mapping[str, tuple[dict[str, Any], ...]]
    guarantee_changes: Mapping[str, int]  # fen by bank, without zeros


def inputs_of(token_ids: Sequence[str]) -> list[Input]:
    """The live tokens of those ids. They stay live while the caller holds the chain.

    Raises:
        Problem: validation_failed (an id twice, or too many), not_found (spent or unknown).
    """
    if len(set(token_ids)) != len(token_ids) or len(token_ids) > domain.INPUTS_MAX:
        raise Problem(ErrorCode.VALIDATION_FAILED, "Name each token once, and not too many.")
    rows = Token.objects.filter(token_id__in=token_ids, spent=False).order_by("token_id")
    found = [Input(row.token_id, row.institution, row.value, row.lock) for row in rows]
    if len(found) != len(token_ids):
        raise Problem(ErrorCode.NOT_FOUND, "A token is spent, or is not yours.")
    return found


def hold_chain() -> Chain:
    """Lock the end of the chain until the transaction ends: token transactions go one by one."""
    return Chain.objects.select_for_update().get()


def executed_before(request_id: UUID) -> Executed | None:
    """What the request did when it was carried out, or None."""
    done = TokenTransaction.objects.filter(request_id=request_id).first()
    if done is None:
        return None
    consumed = [
        Input(row.token_id, row.institution, row.value, row.lock)
        for row in Token.objects.filter(spends__transaction=done).order_by("token_id")
    ]
    created = list(Token.objects.filter(transaction=done).order_by("index"))
    return _executed(done.transaction_id, consumed, created)


@transaction.atomic
def execute(
    kind: Kind,
    *,
    request_id: UUID,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
    owner: str | None = None,
    authorisation: dict[str, Any] | None = None,
) -> Executed:
    """Consume `inputs`, make `outputs`: all or nothing, once per request, under the chain's lock.

    `owner` asked for it, and `authorisation` is its signature (`TokenTransaction`). The caller
    moves what depends on it (reserves, positions) in the same transaction.

    Raises:
        Problem: as `domain.validate` says.
        IntegrityError: inv_4_token_spent_once, inv_4_request_executed_once, should a caller
            that does not hold the chain ever get that far.
    """
    chain = hold_chain()
    domain.validate(kind, inputs, outputs, owner=owner)
    key_ids = {code: owner_key_id(code) for code in sorted({o.institution for o in outputs})}
    signer = issuer_signer()
    done = _append(chain, kind, request_id, inputs, outputs, key_ids, authorisation, signer)
    reached("tokens.appended")
    created = _make_tokens(done, outputs, key_ids, signer)
    reached("tokens.made")
    _spend(done, inputs)
    reached("tokens.spent")
    _book(kind, inputs, outputs)
    reached("tokens.booked")
    return _executed(done.transaction_id, inputs, created)


def _append(
    chain: Chain,
    kind: Kind,
    request_id: UUID,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
    key_ids: Mapping[str, str],
    authorisation: dict[str, Any] | None,
    signer: Signer,
) -> TokenTransaction:
    sequence = chain.sequence + 1
    transaction_id = transaction_hash(
        sequence=sequence,
        kind=kind,
        request_id=str(request_id),
        previous=chain.transaction_id,
        inputs=[token.token_id for token in inputs],
        outputs=[
            {
                "institution": output.institution,
                "key_id": key_ids[output.institution],
                "value": output.value,
                "lock": output.lock,
            }
            for output in outputs
        ],
    )
    occurred_at = now()
    said = transaction_bytes(
        transaction_id=transaction_id,
        occurred_at=rfc3339(occurred_at),
        authorisation=authorisation,
    )
    done = TokenTransaction.objects.create(
        sequence=sequence,
        transaction_id=transaction_id,
        previous_hash=chain.transaction_id,
        kind=kind,
        request_id=request_id,
        occurred_at=occurred_at,
        value_in=sum(token.value for token in inputs),
        value_out=sum(output.value for output in outputs),
        authorisation=authorisation,
        issuer_key_id=signer.key_id,
        alg=signer.alg,
        signature=b64url(signer.sign(said)),
    )
    Chain.objects.update(sequence=sequence, transaction_id=transaction_id)
    return done


def _make_tokens(
    done: TokenTransaction,
    outputs: Sequence[Output],
    key_ids: Mapping[str, str],
    signer: Signer,
) -> list[Token]:
    rows = [
        _signed_row(done, index, output, key_ids[output.institution], signer)
        for index, output in enumerate(outputs)
    ]
    return Token.objects.bulk_create(rows)


def _signed_row(
    done: TokenTransaction, index: int, output: Output, key_id: str, signer: Signer
) -> Token:
    token = TokenContent(
        version=VERSION,
        currency=CURRENCY,
        value=output.value,
        institution=output.institution,
        key_id=key_id,
        transaction_id=done.transaction_id,
        index=index,
        issued_at=rfc3339(done.occurred_at),
        lock=output.lock,
    )
    return Token(
        token_id=token.token_id,
        transaction=done,
        index=index,
        value=output.value,
        institution=output.institution,
        key_id=key_id,
        lock=output.lock,
        issued_at=done.occurred_at,
        issuer_key_id=signer.key_id,
        alg=signer.alg,
        signature=issue_token(token, signer).signature,
    )


def _spend(done: TokenTransaction, inputs: Sequence[Input]) -> None:
    ids = [token.token_id for token in inputs]
    TokenSpend.objects.bulk_create(TokenSpend(token_id=i, transaction=done) for i in ids)
    spent = Token.objects.filter(token_id__in=ids, spent=False).update(spent=True)
    if spent != len(ids):
        raise RuntimeError("a token was spent under the chain's lock")


def _book(kind: Kind, inputs: Sequence[Input], outputs: Sequence[Output]) -> None:
    for code, change in domain.changes(kind, inputs, outputs).items():
        updated = BankAccount.objects.filter(bank=code).update(
            issued=F("issued") + change.issued,
            redeemed=F("redeemed") + change.redeemed,
            held=F("held") + change.held,
            locked=F("locked") + change.locked,
        )
        if updated != 1:
            raise Problem(ErrorCode.NOT_FOUND, f"{code} has no account with the issuer.")


def _executed(transaction_id: str, consumed: Sequence[Input], created: Sequence[Token]) -> Executed:
    banks = sorted({t.institution for t in consumed} | {t.institution for t in created})
    guarantees = {
        code: sum(t.value for t in created if t.institution == code and t.lock)
        - sum(t.value for t in consumed if t.institution == code and t.lock)
        for code in banks
    }
    return Executed(
        transaction_id=transaction_id,
        consumed={
            code: tuple(sorted(t.token_id for t in consumed if t.institution == code))
            for code in banks
        },
        created={
            code: tuple(
                row.signed(transaction_id).to_wire() for row in created if row.institution == code
            )
            for code in banks
        },
        guarantee_changes={code: change for code, change in guarantees.items() if change},
    )
