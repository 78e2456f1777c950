"""Tokens are made against reserves, signed, chained, and spent once."""

import pytest

from cbdc.approvals.models import ApprovalRequest
from cbdc.crypto.tokens import SignedToken, verify_token
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from cbdc.ledger.selectors import available
from cbdc.protocol.messages import (
    TokenAdvice,
    TokenIssueRequest,
    TokenLockRequest,
    TokenRedeemRequest,
    TokenRefusal,
    TokenUnlockRequest,
)
from central_bank.auditor import audit_central_bank
from central_bank.issuance.issuer import issuer_public_keys
from central_bank.issuance.models import BankAccount, Token, TokenTransaction
from central_bank.issuance.reserves import reserve_account
from central_bank.issuance.selectors import supply
from central_bank.issuance.services import set_quota
from central_bank.supervision.seed import QUOTA, RESERVES
from central_bank.supervision.services import suspend
from tests.central_bank.support import Vault, deliver, last, pay, sent, sign

pytestmark = pytest.mark.usefixtures("central_bank")
HARBOR_RESERVES = reserve_account("0011")


def test_inv_1_issue_turns_reserves_into_tokens() -> None:
    Vault("harbor").issue(1_000)

    published = supply()
    assert published["issued"] == published["in_circulation"] == 1_000
    assert published["held"] == {"harbor": 1_000, "jade": 0, "lotus": 0}
    assert published["locked"] == {"harbor": 0, "jade": 0, "lotus": 0}
    assert available(HARBOR_RESERVES) == RESERVES - 1_000
    assert audit_central_bank() == []


def test_advice_carries_tokens_that_verify() -> None:
    request_id = Vault("harbor").issue(1_000)

    advice = last("harbor", TokenAdvice)
    assert (advice.request_id, advice.operation, advice.amount) == (request_id, "issue", 1_000)
    [wire] = advice.created
    signed = SignedToken.from_wire(wire)
    verify_token(signed, issuer_public_keys().get)
    assert (signed.token.value, signed.token.institution) == (1_000, "harbor")
    assert signed.token.transaction_id == advice.transaction_id


def test_inv_4_repeated_request_issues_once_and_is_answered_again() -> None:
    vault = Vault("harbor")
    request_id = vault.issue(1_000)
    vault.issue(1_000, request_id)

    assert supply()["issued"] == 1_000
    first, second = sent("harbor", TokenAdvice)
    assert first == second


def test_request_id_of_another_bank_is_refused() -> None:
    request_id = Vault("harbor").issue(1_000)

    Vault("lotus").issue(1_000, request_id)

    assert last("lotus", TokenRefusal).code == "idempotency_key_reused"
    assert sent("lotus", TokenAdvice) == []


def test_inv_10_issue_beyond_reserves_changes_nothing() -> None:
    set_quota(bank="harbor", quota=10 * RESERVES)

    Vault("harbor").issue(RESERVES + 1)

    refusal = last("harbor", TokenRefusal)
    assert (refusal.operation, refusal.code) == ("issue", "insufficient_funds")
    assert supply()["issued"] == 0
    assert BankAccount.objects.get(bank="harbor").quota_used == 0
    assert TokenTransaction.objects.count() == 0
    assert audit_central_bank() == []


def test_inv_10_issue_beyond_quota_and_reserves_is_refused_at_once() -> None:
    Vault("harbor").issue(RESERVES + 1)

    assert last("harbor", TokenRefusal).code == "insufficient_funds"
    assert not ApprovalRequest.objects.exists()


def test_issue_above_quota_waits_for_two_people() -> None:
    Vault("harbor").issue(QUOTA)
    request_id = Vault("harbor").issue(1)

    assert supply()["issued"] == QUOTA
    asked = ApprovalRequest.objects.get(id=request_id)
    assert (asked.kind, asked.subject, asked.state) == ("issue", "harbor", "asked")
    assert (asked.payload, asked.asked_by) == ({"amount": 1}, "harbor")


def test_waiting_request_that_comes_again_is_entered_once() -> None:
    vault = Vault("harbor")
    request_id = vault.issue(QUOTA + 1)
    vault.issue(QUOTA + 1, request_id)
    assert ApprovalRequest.objects.count() == 1
    with pytest.raises(Problem) as refused:
        Vault("lotus").issue(QUOTA + 1, request_id)
    assert refused.value.error is ErrorCode.IDEMPOTENCY_KEY_REUSED


def test_suspended_bank_is_issued_nothing() -> None:
    suspend(code="harbor", reason="test")
    Vault("harbor").issue(1_000)
    assert last("harbor", TokenRefusal).code == "permission_denied"


def test_redeem_gives_reserves_back_and_change() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    vault.spend(TokenRedeemRequest, 300)

    assert vault.value(locked=False) == 700
    assert available(HARBOR_RESERVES) == RESERVES - 700
    published = supply()
    assert (published["issued"], published["redeemed"]) == (1_000, 300)
    assert published["in_circulation"] == published["held"]["harbor"] == 700
    assert BankAccount.objects.get(bank="harbor").quota_used == 700
    assert audit_central_bank() == []


def test_redeem_of_everything_leaves_no_token() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    vault.spend(TokenRedeemRequest, 1_000)
    assert not Token.objects.filter(spent=False).exists()
    assert audit_central_bank() == []


def test_lock_makes_a_guarantee_and_unlock_takes_it_back() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)

    vault.spend(TokenLockRequest, 600)
    assert (vault.value(locked=True), vault.value(locked=False)) == (600, 400)
    assert supply()["locked"]["harbor"] == 600

    vault.spend(TokenUnlockRequest, 250)
    assert (vault.value(locked=True), vault.value(locked=False)) == (350, 650)
    assert supply()["held"]["harbor"] == 1_000
    assert audit_central_bank() == []


def test_unlock_of_a_guarantee_in_use_is_refused() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    vault.spend(TokenLockRequest, 1_000)
    pay("harbor", "lotus", 400)

    vault.spend(TokenUnlockRequest, 601)
    assert last("harbor", TokenRefusal).code == "insufficient_funds"
    assert vault.value(locked=True) == 1_000

    vault.spend(TokenUnlockRequest, 600)
    assert vault.value(locked=True) == 400
    assert audit_central_bank() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 999}, "signature_invalid"),
        ({"request_id": new_id()}, "signature_invalid"),
        ({"authorisation": "A" * 86}, "signature_invalid"),
        ({"inputs": ("ab" * 32,)}, "signature_invalid"),
    ],
)
def test_spending_that_the_owner_did_not_sign_is_refused(
    changes: dict[str, object], code: str
) -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    vault.spend(TokenRedeemRequest, 500, tampered=changes)
    assert last("harbor", TokenRefusal).code == code
    assert supply()["redeemed"] == 0


def test_signature_for_one_operation_does_not_serve_another() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    request_id, inputs = new_id(), vault.ids(locked=False)
    authorisation = sign("harbor", TokenLockRequest, request_id, 1_000, inputs)
    redeem = TokenRedeemRequest(
        request_id=request_id, amount=1_000, inputs=inputs, authorisation=authorisation
    )
    deliver("harbor", redeem)
    assert last("harbor", TokenRefusal).code == "signature_invalid"


def test_token_of_another_bank_is_not_found() -> None:
    harbor, lotus = Vault("harbor"), Vault("lotus")
    harbor.issue(1_000)
    lotus.spend(TokenRedeemRequest, 1_000, inputs=harbor.ids(locked=False))
    assert last("lotus", TokenRefusal).code == "not_found"


def test_inv_4_spent_token_is_not_found() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    spent = vault.ids(locked=False)
    vault.spend(TokenLockRequest, 1_000)
    vault.spend(TokenRedeemRequest, 1_000, inputs=spent)
    assert last("harbor", TokenRefusal).code == "not_found"
    assert supply()["redeemed"] == 0


@pytest.mark.parametrize(
    ("cls", "amount", "code"),
    [
        (TokenRedeemRequest, 1_001, "invalid_amount"),
        (TokenLockRequest, 1_001, "invalid_amount"),
        (TokenUnlockRequest, 1_000, "validation_failed"),
    ],
)
def test_unlocked_tokens_do_only_what_they_can(cls: type, amount: int, code: str) -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    vault.spend(cls, amount, inputs=vault.ids(locked=False))
    assert last("harbor", TokenRefusal).code == code
    assert TokenTransaction.objects.count() == 1


def test_locked_token_is_not_redeemed() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    vault.spend(TokenLockRequest, 1_000)
    vault.spend(TokenRedeemRequest, 1_000, inputs=vault.ids(locked=True))
    assert last("harbor", TokenRefusal).code == "validation_failed"


def test_token_named_twice_counts_once() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    [token] = vault.ids(locked=False)
    vault.spend(TokenRedeemRequest, 2_000, inputs=(token, token))
    assert last("harbor", TokenRefusal).code == "validation_failed"


def test_chain_is_gap_free_and_linked() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    vault.spend(TokenRedeemRequest, 9_999)  # refused: takes no number
    vault.spend(TokenLockRequest, 500)
    vault.spend(TokenRedeemRequest, 500)

    rows = list(TokenTransaction.objects.order_by("sequence"))
    assert [row.sequence for row in rows] == [1, 2, 3]
    ids = ["0" * 64, *(row.transaction_id for row in rows)]
    assert [row.previous_hash for row in rows] == ids[:-1]


def test_request_for_more_than_one_movement_is_no_message() -> None:
    with pytest.raises(ValueError, match="amount"):
        deliver("harbor", TokenIssueRequest(request_id=new_id(), amount=10**15 + 1))
