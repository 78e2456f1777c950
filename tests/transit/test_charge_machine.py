"""docs/flows/transit.md shows the table that charges obey, word for word."""

from pathlib import Path

from wallets.transit.models import Charge
from wallets.transit.operators.machine import CHARGE, ChargeEvent

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flows" / "transit.md"


def test_the_page_shows_the_transition_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = page.partition("<!-- begin: charge -->\n")[2].partition("<!-- end: charge -->")[0]
    assert shown.strip() == CHARGE.markdown().strip()


def test_the_table_has_every_state_and_paid_is_never_left() -> None:
    assert set(CHARGE.states) == set(Charge.State.values)
    for event in ChargeEvent:
        assert CHARGE.after(Charge.State.PAID, event).target == Charge.State.PAID
