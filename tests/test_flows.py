"""docs/flows shows the tables that the code obeys, word for word."""

from pathlib import Path

import pytest

from cbdc.protocol.messages import MESSAGES
from cbdc.protocol.reasons import STATUS_REASONS
from cbdc.states import UNKNOWN, StateMachine
from central_bank.clearing.machine import PAYMENT
from commercial_banks.clearing.machine import INCOMING, OUTGOING

DOCS = Path(__file__).resolve().parents[1] / "docs" / "flows"
MACHINES = {"payer's bank": OUTGOING, "central bank": PAYMENT, "payee's bank": INCOMING}


@pytest.mark.parametrize("institution", MACHINES)
def test_payment_page_shows_the_transition_table(institution: str) -> None:
    page = (DOCS / "payment.md").read_text(encoding="utf-8")
    begin, end = f"<!-- begin: {institution} -->\n", f"<!-- end: {institution} -->"
    shown = page.partition(begin)[2].partition(end)[0]
    assert shown.strip() == MACHINES[institution].markdown().strip()


def test_payment_page_names_every_reason_that_a_status_can_give() -> None:
    page = (DOCS / "payment.md").read_text(encoding="utf-8")
    for code, reason in STATUS_REASONS.items():
        assert f"| `{code}` | {reason} |" in page


def test_pages_name_every_message_of_clearing() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    for message in MESSAGES:
        if not message.kind.startswith(("token.", "pain.", "supervision.")):
            assert message.kind in text


def test_page_of_tokens_names_every_message_of_supervision() -> None:
    page = (DOCS.parent / "reference" / "tokens.md").read_text(encoding="utf-8")
    kinds = {m.kind for m in MESSAGES if m.kind.startswith("supervision.")}
    assert len(kinds) >= 4
    assert all(f"`{kind}`" in page for kind in kinds)


@pytest.mark.parametrize("institution", MACHINES)
def test_inv_6_an_end_is_never_left(institution: str) -> None:
    machine = MACHINES[institution]
    for row in machine.transitions():
        if row.state in ("completed", "rejected"):
            assert row.target == row.state, row
        if row.target == UNKNOWN:
            assert row.state == UNKNOWN, row


def test_table_with_a_gap_is_no_machine() -> None:
    with pytest.raises(ValueError, match="a row for each"):
        StateMachine(["a", "b"], {"event": {"a": ("b", "")}})
    with pytest.raises(ValueError, match="leads to c"):
        StateMachine(["a"], {"event": {"a": ("c", "")}})
