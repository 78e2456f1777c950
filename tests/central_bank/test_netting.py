"""The pure rules of settlement."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_bank.clearing.domain import (
    Flow,
    Obligation,
    gross_by_bank,
    net_positions,
    settlement_outputs,
    tokens_to_consume,
)
from central_bank.clearing.gross import LOCKED_TOKENS_MAX

BANKS = st.sampled_from(["harbor", "lotus", "jade", "river"])
OBLIGATIONS = st.lists(
    st.builds(Obligation, payer=BANKS, payee=BANKS, amount=st.integers(1, 10**15)), max_size=50
)

# Worked example: payer, payee, amount. harbor 100 - 60, lotus 100 - 70, jade 70 - 40.
EXAMPLE = [("harbor", "lotus", 100), ("lotus", "jade", 70), ("jade", "harbor", 40)]


def test_worked_example_of_three_banks() -> None:
    nets = net_positions(Obligation(*row) for row in EXAMPLE)
    assert nets == {"harbor": -60, "lotus": 30, "jade": 30}


@given(OBLIGATIONS)
def test_inv_9_nets_sum_to_zero(obligations: list[Obligation]) -> None:
    assert sum(net_positions(obligations).values()) == 0


@given(OBLIGATIONS, st.randoms())
def test_inv_9_order_does_not_change_a_net(obligations: list[Obligation], random: Random) -> None:
    shuffled = obligations.copy()
    random.shuffle(shuffled)
    assert net_positions(shuffled) == net_positions(obligations)


@given(OBLIGATIONS)
def test_inv_9_added_up_flows_net_as_single_payments_do(obligations: list[Obligation]) -> None:
    flows = [Flow(o.payer, o.payee, o.amount, 1) for o in obligations]
    gross = gross_by_bank(flows)
    assert {bank: share.net for bank, share in gross.items()} == net_positions(obligations)
    assert sum(share.sent for share in gross.values()) == sum(o.amount for o in obligations)
    assert sum(share.payments for share in gross.values()) == 2 * len(obligations)


@given(st.lists(st.integers(1, 100), max_size=40), st.integers(0, 500))
def test_enough_tokens_are_consumed_and_no_needless_one(values: list[int], needed: int) -> None:
    tokens = [(str(i), v) for i, v in enumerate(sorted(values, reverse=True))]
    chosen = tokens_to_consume(tokens, needed, keep_max=32)
    total = sum(value for _, value in chosen)
    assert total >= min(needed, sum(values))
    if len(tokens) <= 32:
        assert not chosen or total - chosen[-1][1] < needed
    else:
        assert chosen == tokens


def test_outputs_keep_the_value_and_give_change() -> None:
    outputs = settlement_outputs({"harbor": 100, "lotus": 5}, {"harbor": -60, "lotus": 60})
    assert [(o.institution, o.value, o.lock) for o in outputs] == [
        ("harbor", 40, "guarantee"),
        ("lotus", 65, "guarantee"),
    ]


def test_bank_that_pays_all_it_put_in_has_no_change() -> None:
    outputs = settlement_outputs({"harbor": 60}, {"harbor": -60, "lotus": 60})
    assert [o.institution for o in outputs] == ["lotus"]


def test_net_without_cover_is_a_fault_and_not_a_debt() -> None:
    with pytest.raises(ValueError, match="harbor"):
        settlement_outputs({"harbor": 59}, {"harbor": -60, "lotus": 60})


def test_live_tokens_stay_few_through_100_000_settlements() -> None:
    """Three banks, of which one mostly receives; the registry's rows are left out, not its rules.

    `test_concurrency.py` settles through the services, 60 cycles in CI.
    """
    random = Random(20261125)
    locked = {bank: [10**9] for bank in ("harbor", "lotus", "jade")}
    most = 0
    for _ in range(100_000):
        nets = net_positions(
            Obligation(
                payer=random.choice(["harbor", "lotus"]),
                payee=random.choice(["jade", "jade", "harbor", "lotus"]),
                amount=random.randrange(1, 100),
            )
            for _ in range(3)
        )
        nets = {bank: net for bank, net in nets.items() if net}
        consumed = {}
        for bank, net in nets.items():
            ordered = [(str(at), value) for at, value in enumerate(sorted(locked[bank])[::-1])]
            chosen = tokens_to_consume(ordered, max(-net, 0), keep_max=LOCKED_TOKENS_MAX)
            consumed[bank] = sum(value for _, value in chosen)
            locked[bank] = [value for token, value in ordered if (token, value) not in chosen]
        for output in settlement_outputs(consumed, nets):
            locked[output.institution].append(output.value)
        most = max(most, *(len(tokens) for tokens in locked.values()))
    assert sum(map(sum, locked.values())) == 3 * 10**9
    assert LOCKED_TOKENS_MAX // 2 < most < 1_000, most
