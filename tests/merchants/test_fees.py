"""The fee rule: the tables of docs/flows/merchants.md, and what holds for every amount."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallets.merchants.fees import fee_of
from wallets.merchants.machine import ORDER

PAGE = (Path(__file__).parents[2] / "docs" / "flows" / "merchants.md").read_text(encoding="utf-8")
TERMS = {
    "basis_points": st.integers(0, 10_000),
    "floor": st.integers(0, 1_000),
    "cap": st.none() | st.integers(1_000, 100_000),
}


def shown(name: str) -> str:
    return PAGE.partition(f"<!-- begin: {name} -->\n")[2].partition(f"<!-- end: {name} -->")[0]


def fen(text: str) -> int:
    return int(text.replace(",", "").replace(".", ""))


ROWS = [[cell.strip() for cell in row.split("|")[1:-1]] for row in shown("fees").splitlines()[2:]]


@pytest.mark.parametrize("row", ROWS, ids=[row[-1] for row in ROWS])
def test_table_of_the_page(row: list[str]) -> None:
    amount, points, floor, cap, fee, _ = row
    most = None if cap == "-" else fen(cap)
    due = fee_of(fen(amount), basis_points=int(points), floor=fen(floor), cap=most)
    assert due == fen(fee)


def test_page_has_its_table() -> None:
    assert len(ROWS) >= 10


@given(amount=st.integers(0, 10**15), more=st.integers(0, 10**6), **TERMS)
def test_more_never_costs_less_and_no_fen_costs_more_than_itself(
    amount: int, more: int, basis_points: int, floor: int, cap: int | None
) -> None:
    fee, fee_of_more = (
        fee_of(one, basis_points=basis_points, floor=floor, cap=cap)
        for one in (amount, amount + more)
    )
    assert 0 <= fee <= amount
    # What a refund gives back of the fee is never more than the refund itself.
    assert 0 <= fee_of_more - fee <= more


def test_page_shows_the_orders_transition_table() -> None:
    assert shown("order").strip() == ORDER.markdown().strip()


def test_end_of_an_order_is_never_left() -> None:
    for row in ORDER.transitions():
        if row.state in ("paid", "closed", "expired"):
            assert row.target == row.state, row
