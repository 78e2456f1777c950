"""Cycles: closed while payments flow, settled once, in order, whatever is killed."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction

from cbdc import clock
from cbdc.messaging.models import OutboxMessage
from cbdc.protocol.messages import (
    Camt053,
    Pacs009,
    TokenLockRequest,
    TokenRefusal,
    TokenUnlockRequest,
)
from central_bank.auditor import audit_central_bank
from central_bank.clearing import positions as position_rows
from central_bank.clearing import settlement, statements
from central_bank.clearing.cycles import close_cycle, close_due_cycle, open_cycle_id
from central_bank.clearing.models import ClearingPayment, Position, SettlementCycle
from central_bank.clearing.selectors import cycle_as_json
from central_bank.clearing.settlement import (
    CycleOrderError,
    settle_closed_cycles,
    settle_cycle,
)
from central_bank.clearing.tasks import close_and_settle
from central_bank.issuance.models import Token, TokenTransaction
from central_bank.issuance.selectors import supply
from tests.central_bank.support import (
    Vault,
    accepted,
    at_once,
    close,
    deliver,
    guarantee,
    last,
    pacs008,
    pay,
    sent,
)

pytestmark = pytest.mark.usefixtures("central_bank")


def everything() -> dict[str, list[object]]:
    """All that settling could change."""
    models = (SettlementCycle, Position, Token, TokenTransaction, OutboxMessage, ClearingPayment)
    return {m.__name__: list(m.objects.order_by("pk").values()) for m in models}


def close_now() -> None:
    """Whatever cycle is open; another thread may be first."""
    close_cycle(open_cycle_id())


def positions() -> dict[str, tuple[int, int, int]]:
    rows = Position.objects.values_list("bank", "guarantee", "sent", "received")
    return {bank: (guaranteed, out, inn) for bank, guaranteed, out, inn in rows}


def test_settlement_moves_the_nets_and_tells_every_bank() -> None:
    harbor, lotus = guarantee("harbor", 1_000), guarantee("lotus", 500)
    first, second = pay("harbor", "lotus", 400), pay("lotus", "harbor", 150)
    third = pay("lotus", "jade", 100)
    cycle_id = close()

    assert settle_cycle(cycle_id)

    harbor.settled()
    lotus.settled()
    jade = Vault("jade")
    jade.settled()
    assert [v.value(locked=True) for v in (harbor, lotus, jade)] == [750, 650, 100]
    assert positions() == {"harbor": (750, 0, 0), "jade": (100, 0, 0), "lotus": (650, 0, 0)}
    assert supply()["locked"] == {"harbor": 750, "jade": 100, "lotus": 650}
    advice = {bank: last(bank, Pacs009) for bank in ("harbor", "lotus", "jade")}
    assert {b: (a.net, a.payments) for b, a in advice.items()} == {
        "harbor": (-250, 2),
        "lotus": (150, 3),
        "jade": (100, 1),
    }
    assert len({a.transaction_id for a in advice.values()}) == 1
    statement = last("lotus", Camt053)
    assert (statement.part, statement.parts) == (1, 1)
    assert (statement.gross_in, statement.gross_out) == (400, 250)
    assert {(e.payment_id, e.direction, e.amount) for e in statement.entries} == {
        (first, "in", 400),
        (second, "out", 150),
        (third, "out", 100),
    }
    assert audit_central_bank() == []


def test_inv_9_settling_again_changes_nothing() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    cycle_id = close()
    settle_cycle(cycle_id)
    before = everything()

    assert settle_cycle(cycle_id) is False
    assert close_cycle(cycle_id) is False

    assert everything() == before


class KilledError(Exception):
    """The process died here."""


KILLS = {
    "before netting": (settlement, "net", False),
    "after netting": (settlement, "net", True),
    "while tokens move": (settlement, "_move_tokens", True),
    "before the advice": (settlement, "_send_advice", False),
    "after the advice": (settlement, "_send_advice", True),
    "after the positions": (position_rows, "apply", True),
    "before the statements": (settlement, "send_statements", False),
    "between two statements": (statements, "_send_parts", True),
    "after the statements": (settlement, "send_statements", True),
}


@pytest.mark.parametrize("kill", KILLS)
def test_inv_9_killed_at_any_step_settles_when_run_again(
    kill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarantee("harbor", 1_000)
    ids = {pay("harbor", "lotus", 400), pay("harbor", "lotus", 5)}
    cycle_id = close()
    owner, name, after = KILLS[kill]
    original = getattr(owner, name)

    def die(*args: object, **values: object) -> None:
        if after:
            original(*args, **values)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, die)
        with pytest.raises(KilledError):
            settle_cycle(cycle_id)

    settle_closed_cycles()  # as the schedule does

    assert positions()["lotus"] == (405, 0, 0)
    assert SettlementCycle.objects.get(id=cycle_id).state == "settled"
    for bank in ("harbor", "lotus"):
        assert len(sent(bank, Pacs009)) == 1
        [statement] = sent(bank, Camt053)
        assert {entry.payment_id for entry in statement.entries} == ids
    assert audit_central_bank() == []


def test_killed_between_closing_and_settling_is_finished_by_the_next_run() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    cycle_id = close()

    close_now()
    settle_closed_cycles()

    assert SettlementCycle.objects.get(id=cycle_id).state == "settled"
    assert list(SettlementCycle.objects.values_list("state", flat=True)) == [
        "open",
        "settled",
        "settled",
    ]


def test_empty_cycle_settles_without_a_token_transaction() -> None:
    cycle_id = close()
    settle_cycle(cycle_id)
    cycle = SettlementCycle.objects.get(id=cycle_id)
    assert (cycle.state, cycle.transaction_id, cycle.payments) == ("settled", None, 0)
    assert TokenTransaction.objects.count() == 0
    assert sent("harbor", Pacs009) == []


def test_cycle_whose_nets_are_zero_moves_no_token() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    pay("lotus", "harbor", 400)
    transactions = TokenTransaction.objects.count()
    settle_cycle(close())

    assert TokenTransaction.objects.count() == transactions
    advice = last("harbor", Pacs009)
    assert (advice.net, advice.transaction_id, advice.payments) == (0, None, 2)
    assert positions()["harbor"] == (1_000, 0, 0)
    assert audit_central_bank() == []


def test_open_cycle_does_not_settle() -> None:
    with pytest.raises(CycleOrderError):
        settle_cycle(open_cycle_id())


def test_cycles_settle_in_the_order_of_closing() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    first = close()
    second = close()
    with pytest.raises(CycleOrderError):
        settle_cycle(second)
    settle_cycle(first)
    assert settle_cycle(second)


def test_inv_9_payment_decided_after_the_close_is_in_the_next_cycle() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    first = close()
    deliver("lotus", accepted(message.payment_id))

    settle_cycle(first)

    payment = ClearingPayment.objects.get()
    assert payment.cycle_id == open_cycle_id()
    assert positions()["harbor"] == (1_000, 400, 0)
    settle_cycle(close())
    assert positions()["harbor"] == (600, 0, 0)
    assert audit_central_bank() == []


def test_what_came_in_after_a_close_does_not_free_the_guarantee_of_that_cycle() -> None:
    harbor = guarantee("harbor", 100)
    guarantee("lotus", 50)
    pay("harbor", "jade", 100)
    cycle_id = close()
    pay("lotus", "harbor", 50)  # headroom 50, but the closed cycle needs all 100

    harbor.spend(TokenUnlockRequest, 50)

    assert last("harbor", TokenRefusal).code == "insufficient_funds"
    assert settle_cycle(cycle_id)
    assert audit_central_bank() == []


def test_received_money_serves_as_guarantee_at_once_and_settles() -> None:
    """harbor → lotus → jade with no guarantee at lotus: nets -100, 0, +100."""
    guarantee("harbor", 100)
    pay("harbor", "lotus", 100)
    pay("lotus", "jade", 100)
    settle_cycle(close())
    assert positions() == {"harbor": (0, 0, 0), "jade": (100, 0, 0), "lotus": (0, 0, 0)}
    assert audit_central_bank() == []


def test_statement_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "STATEMENT_ENTRIES_MAX", 2)
    monkeypatch.setattr(statements, "PARTS_AT_ONCE", 2)
    guarantee("harbor", 1_000)
    ids = {pay("harbor", "lotus", 10) for _ in range(5)}
    settle_cycle(close())

    parts = sorted(sent("lotus", Camt053), key=lambda part: part.part)
    assert [(p.part, p.parts, len(p.entries)) for p in parts] == [(1, 3, 2), (2, 3, 2), (3, 3, 1)]
    assert {e.payment_id for part in parts for e in part.entries} == ids
    assert {part.gross_in for part in parts} == {50}


def test_live_tokens_of_a_bank_stay_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "LOCKED_TOKENS_MAX", 4)
    guarantee("harbor", 1_000)
    for _ in range(12):
        pay("harbor", "lotus", 10)
        settle_cycle(close())
        assert Token.objects.filter(institution="lotus", spent=False).count() <= 5
    assert supply()["held"] == {"harbor": 880, "jade": 0, "lotus": 120}
    assert audit_central_bank() == []


def test_inv_9_payments_flow_while_cycles_close_and_every_one_settles_once() -> None:
    guarantee("harbor", 10_000)
    guarantee("lotus", 10_000)

    def flow(payer: str, payee: str) -> None:
        for _ in range(15):
            pay(payer, payee, 10)

    def cycle() -> None:
        for _ in range(6):
            close_now()
            settle_closed_cycles()

    at_once(
        lambda: flow("harbor", "lotus"),
        lambda: flow("lotus", "jade"),
        lambda: flow("lotus", "harbor"),
        cycle,
        lambda: flow("harbor", "jade"),
        cycle,
    )
    close_now()
    settle_closed_cycles()

    assert ClearingPayment.objects.filter(state="completed").count() == 60
    settled = SettlementCycle.objects.filter(state="settled")
    assert sum(cycle.payments for cycle in settled) == 60
    assert all(sum(cycle_as_json(c)["net"].values()) == 0 for c in settled)
    assert positions() == {
        "harbor": (9_850, 0, 0),
        "jade": (300, 0, 0),
        "lotus": (9_850, 0, 0),
    }
    assert audit_central_bank() == []


def test_lock_added_in_a_closed_cycle_stays() -> None:
    harbor = guarantee("harbor", 100)
    pay("harbor", "lotus", 100)
    cycle_id = close()
    harbor.issue(50)
    harbor.spend(TokenLockRequest, 50)
    settle_cycle(cycle_id)
    assert positions()["harbor"] == (50, 0, 0)


def test_payment_in_a_transaction_that_fails_joins_no_cycle() -> None:
    guarantee("harbor", 100)
    message = pacs008("harbor", "lotus", 100)
    deliver("harbor", message)
    with transaction.atomic():
        deliver("lotus", accepted(message.payment_id))
        transaction.set_rollback(True)
    settle_cycle(close())
    assert ClearingPayment.objects.get().state == "forwarded"
    assert audit_central_bank() == []


def test_second_beat_closes_nothing_that_the_first_has_just_opened() -> None:
    """Two beats by mistake: each fires the same task within moments."""
    guarantee("harbor", 100)
    pay("harbor", "lotus", 100)
    opened = SettlementCycle.objects.get().opened_at
    over = opened + timedelta(seconds=settings.SETTLEMENT_PERIOD_S)
    with clock.injected(lambda: over):
        assert at_once(*[close_due_cycle] * 8).count(True) == 1
        assert close_due_cycle() is False
        close_and_settle()
        close_and_settle()
    assert list(SettlementCycle.objects.values_list("state", flat=True)) == ["open", "settled"]
    assert positions()["lotus"] == (100, 0, 0)
