"""Kill -9 at each named point of issue and redeem: nothing is lost, a re-run finishes the work."""

import signal
from collections.abc import Iterator
from uuid import UUID

import pytest

from cbdc.identifiers import new_id
from cbdc.ledger.selectors import available
from cbdc.protocol.codecs import encode
from cbdc.protocol.messages import Message, TokenAdvice, TokenIssueRequest, TokenRedeemRequest
from central_bank.auditor import audit_central_bank
from central_bank.issuance.reserves import reserve_account
from central_bank.issuance.selectors import supply
from central_bank.supervision.seed import RESERVES
from tests.central_bank.support import Vault, deliver, sent, sign
from tests.victims import Victim, victim

pytestmark = pytest.mark.usefixtures("central_bank")
TOKENS = ["tokens.appended", "tokens.made", "tokens.spent", "tokens.booked"]
ISSUE = ["issue.asked", "issue.quota_used", "issue.reserves_debited", *TOKENS, "issue.answered"]
REDEEM = [
    "redeem.asked",
    *TOKENS,
    "redeem.tokens_destroyed",
    "redeem.reserves_credited",
    "redeem.answered",
]
COMMITTED = "committed"  # before anybody is told


@pytest.fixture
def doomed(central_bank: None) -> Iterator[Victim]:
    """A process over the same database that is killed where an order says."""
    with victim("tests.central_bank.killed") as made:
        yield made


def kill_at(doomed: Victim, point: str, message: Message) -> None:
    order = {"point": point, "kind": message.kind, "body": encode(message), "sender": "harbor"}
    signalled = doomed.carry_out({**order, "message_id": str(new_id())})
    assert signalled == signal.SIGKILL, point


def assert_nothing_lost(request_id: UUID, *, done: bool) -> None:
    """Reserves and live tokens together are what the bank brought; every audit holds."""
    assert available(reserve_account("0011")) + supply()["held"]["harbor"] == RESERVES
    assert audit_central_bank() == []
    advised = {a.transaction_id for a in sent("harbor", TokenAdvice) if a.request_id == request_id}
    assert len(advised) == int(done)


def test_issue_killed_at_each_point(doomed: Victim) -> None:
    for number, point in enumerate([*ISSUE, COMMITTED], 1):
        message = TokenIssueRequest(request_id=new_id(), amount=1_000)
        kill_at(doomed, point, message)
        assert_nothing_lost(message.request_id, done=point == COMMITTED)
        deliver("harbor", message)
        assert_nothing_lost(message.request_id, done=True)
        assert supply()["issued"] == 1_000 * number


def test_redeem_killed_at_each_point(doomed: Victim) -> None:
    vault = Vault("harbor")
    for number, point in enumerate([*REDEEM, COMMITTED], 1):
        vault.issue(1_000)
        request_id, inputs = new_id(), vault.ids(locked=False)
        message = TokenRedeemRequest(
            request_id=request_id,
            amount=600,
            inputs=inputs,
            authorisation=sign("harbor", TokenRedeemRequest, request_id, 600, inputs),
        )
        kill_at(doomed, point, message)
        assert_nothing_lost(request_id, done=point == COMMITTED)
        deliver("harbor", message)
        assert_nothing_lost(request_id, done=True)
        vault.learn(request_id)
        assert supply()["redeemed"] == 600 * number
