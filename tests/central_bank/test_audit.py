"""The auditor finds what was tampered with, and names it."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from central_bank.auditor import CHECKS, audit_central_bank
from central_bank.clearing.settlement import settle_cycle
from tests.central_bank.support import Vault, close, guarantee, pay

pytestmark = pytest.mark.usefixtures("central_bank")


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def a_busy_day() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    settle_cycle(close())
    pay("harbor", "lotus", 100)
    Vault("jade").issue(77)


DROP = "ALTER TABLE {} DROP CONSTRAINT {};"
TAMPERINGS = [
    ("INV-1", "UPDATE issuance_bankaccount SET held = held + 1 WHERE bank = 'harbor'"),
    ("INV-1", "UPDATE issuance_bankaccount SET issued = issued + 1 WHERE bank = 'harbor'"),
    ("INV-1", "UPDATE issuance_bankaccount SET locked = locked - 1 WHERE bank = 'harbor'"),
    ("INV-1", "UPDATE issuance_token SET value = value + 1 WHERE NOT spent"),
    ("token", "UPDATE issuance_token SET value = value + 1 WHERE NOT spent"),
    ("token", "UPDATE issuance_token SET institution = 'lotus' WHERE institution = 'jade'"),
    ("token", "UPDATE issuance_token SET lock = 'guarantee' WHERE institution = 'jade'"),
    ("token", "UPDATE issuance_token SET issued_at = issued_at + interval '1 microsecond'"),
    ("token", "UPDATE issuance_token SET signature = reverse(signature)"),
    ("chain", "UPDATE issuance_token SET value = value + 1 WHERE NOT spent"),
    ("chain", "UPDATE issuance_tokentransaction SET kind = 'split' WHERE kind = 'lock'"),
    ("chain", "UPDATE issuance_tokentransaction SET request_id = gen_random_uuid()"),
    ("chain", "UPDATE issuance_chain SET sequence = sequence + 1"),
    ("chain", "DELETE FROM issuance_tokenspend"),
    (
        "chain",
        "DELETE FROM issuance_token WHERE institution = 'jade';"
        "DELETE FROM issuance_tokentransaction"
        " WHERE sequence = (SELECT max(sequence) FROM issuance_tokentransaction)",
    ),
    ("INV-4", "DELETE FROM issuance_tokenspend"),
    ("INV-4", "UPDATE issuance_token SET spent = true"),
    (
        "reserves",
        "UPDATE ledger_transfer SET amount = amount + 1 WHERE code = 6",
    ),
    ("reserves", "UPDATE ledger_account SET credits_posted = credits_posted + 1 WHERE id = 10011"),
    ("INV-6", "UPDATE clearing_position SET sent = sent - 1 WHERE bank = 'harbor'"),
    ("INV-6", "UPDATE clearing_position SET guarantee = guarantee + 1 WHERE bank = 'lotus'"),
    ("INV-6", "UPDATE clearing_clearingpayment SET cycle_id = gen_random_uuid()"),
    ("INV-9", "UPDATE clearing_cycleposition SET received = received + 1 WHERE bank = 'lotus'"),
    ("INV-9", "DELETE FROM clearing_cycleposition WHERE bank = 'lotus'"),
    ("INV-9", "UPDATE clearing_clearingpayment SET amount = amount + 1"),
    ("INV-11", "UPDATE audit_auditentry SET actor = 'nobody' WHERE sequence = 2"),
    ("INV-11", "DELETE FROM audit_auditentry WHERE sequence = 2"),
    ("INV-11", "UPDATE audit_auditentry SET detail = '{}'"),
]


def test_untouched_books_have_no_finding() -> None:
    a_busy_day()
    assert audit_central_bank() == []


@pytest.mark.parametrize(("rule", "sql"), TAMPERINGS)
def test_tampering_is_found(rule: str, sql: str) -> None:
    a_busy_day()
    run(sql)
    assert rule in {finding.rule for finding in audit_central_bank()}


def test_inv_3_negative_headroom_is_found() -> None:
    a_busy_day()
    run(DROP.format("clearing_position", "inv_3_position_within_guarantee"))
    try:
        run("UPDATE clearing_position SET sent = 10000 WHERE bank = 'harbor'")
        assert "INV-3" in {finding.rule for finding in audit_central_bank()}
    finally:
        run("UPDATE clearing_position SET sent = 0")
        run(
            "ALTER TABLE clearing_position ADD CONSTRAINT inv_3_position_within_guarantee"
            " CHECK (sent <= guarantee + received)"
        )


def test_command_prints_json_and_exits_0_without_a_finding() -> None:
    a_busy_day()
    out = StringIO()
    call_command("audit_central_bank", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["ok"], report["findings"]) == (True, [])
    assert len(report["checks"]) == len(CHECKS)


def test_command_exits_1_on_a_finding() -> None:
    a_busy_day()
    run("UPDATE issuance_chain SET sequence = sequence + 1")
    out = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("audit_central_bank", "--json", stdout=out)
    [finding] = json.loads(out.getvalue())["findings"]
    assert finding["rule"] == "chain"
