"""The bank's auditor: its books (INV-2) and audit log (INV-11) from the rows alone.

The books are read in one snapshot; no code of the services is used.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from cbdc.audit.chain import audit_log_is_whole
from cbdc.ledger.types import AccountCode, Ledger

SHOWN_MAX = 5
_FIGURES = """
SELECT
    (SELECT coalesce(sum(value), 0) FROM treasury_vaulttoken WHERE spent_at IS NULL),
    (SELECT debits_posted - credits_posted FROM ledger_balance WHERE id = %(tokens)s),
    (SELECT credits_posted - debits_posted FROM ledger_balance WHERE id = %(clearing)s),
    (SELECT coalesce(sum(amount), 0) FROM bank_clearing_interbankpayment
        WHERE direction = 'out' AND status = 'completed'),
    (SELECT coalesce(sum(amount), 0) FROM bank_clearing_interbankpayment
        WHERE direction = 'in' AND status = 'completed'),
    (SELECT coalesce(sum(net), 0) FROM bank_clearing_settlement)
        + (SELECT coalesce(sum(CASE direction WHEN 'in' THEN amount ELSE -amount END), 0)
            FROM bank_clearing_grosssettlement),
    (SELECT coalesce(sum(amount), 0) FROM bank_clearing_interbankpayment
        WHERE direction = 'out' AND status = 'pending'),
    (SELECT credits_pending FROM ledger_balance WHERE id = %(clearing)s),
    ledger_credit_total(%(digital)s::smallint),
    (SELECT count(*) FROM bank_clearing_break WHERE resolved_at IS NULL)
"""


Audit = Callable[[], list[str]]
_others: list[Audit] = []


def also(audit: Audit) -> Audit:
    """Have `audit_bank` ask an auditor of a layer above too."""
    if audit not in _others:
        _others.append(audit)
    return audit


def findings_of(statement: str, values: Mapping[str, Any]) -> list[str]:
    """What one statement finds, a row for each finding: the first few, and how many more."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        findings = [row[0] for row in cursor.fetchall()]
    left_out = len(findings) - SHOWN_MAX
    return findings[:SHOWN_MAX] + ([f"and {left_out} more"] if left_out > 0 else [])


def audit_bank() -> list[str]:
    """What does not hold, in words; an empty list when everything does."""
    return [*_own(), *audit_log_is_whole(), *(finding for audit in _others for finding in audit())]


def _own() -> list[str]:
    values = {
        "tokens": int(AccountCode.TOKENS_AT_CENTRAL_BANK),
        "clearing": int(AccountCode.CLEARING),
        "digital": int(Ledger.DIGITAL_CURRENCY),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)  # one statement, one snapshot
        row = cursor.fetchone()
    if row is None:
        return ["INV-2: no figures"]
    vault, tokens, clearing, paid_out, paid_in, settled, waiting, reserved, credits, breaks = row
    checks = [
        (vault == tokens, f"INV-2: the vault holds {vault}, the ledger says {tokens}"),
        (
            clearing == paid_out - paid_in + settled,
            f"INV-2: clearing is {clearing}, its payments and settlements say"
            f" {paid_out - paid_in + settled}",
        ),
        (credits == tokens, f"INV-2: Σ credit balances {credits}, tokens {tokens}"),
        (
            waiting == reserved,
            f"INV-6: undecided payments are {waiting}, reservations are {reserved}",
        ),
        (breaks == 0, f"INV-9: {breaks} breaks that nobody has explained"),
    ]
    return [finding for holds, finding in checks if not holds]
