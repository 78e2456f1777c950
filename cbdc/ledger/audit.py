"""The auditor: every balance from the transfers alone, with no code of the engine."""

from dataclasses import dataclass

from django.db import connection

FINDINGS_MAX = 100

_CHECKS = {
    "INV-3: balance differs from its transfers": """
        WITH moves AS (
            SELECT debit_account AS id, amount AS dr, 0 AS cr FROM ledger_transfer
            WHERE flags & 10 = 0
            UNION ALL
            SELECT credit_account, 0, amount FROM ledger_transfer WHERE flags & 10 = 0
        ), sums AS (SELECT id, sum(dr) AS dr, sum(cr) AS cr FROM moves GROUP BY id)
        SELECT a.id FROM ledger_account a FULL JOIN sums s ON s.id = a.id
        WHERE a.id IS NULL OR a.debits_posted <> coalesce(s.dr, 0)
            OR a.credits_posted <> coalesce(s.cr, 0)""",
    "INV-3: reservations differ from the open pending transfers": """
        WITH open AS (
            SELECT debit_account, credit_account, amount FROM ledger_transfer t
            WHERE flags & 2 = 2 AND NOT EXISTS (
                SELECT FROM ledger_transfer r WHERE r.pending_id = t.id)
        ), sums AS (
            SELECT id, sum(dr) AS dr, sum(cr) AS cr FROM (
                SELECT debit_account AS id, amount AS dr, 0 AS cr FROM open
                UNION ALL SELECT credit_account, 0, amount FROM open) both_sides
            GROUP BY id)
        SELECT a.id FROM ledger_account a LEFT JOIN sums s ON s.id = a.id
        WHERE a.debits_pending <> coalesce(s.dr, 0) OR a.credits_pending <> coalesce(s.cr, 0)""",
    "INV-3: a balance that must not is negative": """
        SELECT id FROM ledger_account WHERE NOT overdraft AND CASE side
            WHEN 2 THEN credits_posted < debits_posted + debits_pending
            ELSE debits_posted < credits_posted + credits_pending END""",
    "INV-3: the two sides of a ledger differ": """
        SELECT ledger FROM ledger_account GROUP BY ledger
        HAVING sum(debits_posted) <> sum(credits_posted)
            OR sum(debits_pending) <> sum(credits_pending)""",
    "INV-4: a reservation was resolved twice": """
        SELECT pending_id FROM ledger_transfer WHERE pending_id IS NOT NULL
        GROUP BY pending_id HAVING count(*) > 1""",
    "INV-4: a transfer id stands twice": """
        SELECT id FROM ledger_transfer GROUP BY id HAVING count(*) > 1""",
    "INV-3: a transfer between accounts of another ledger": """
        SELECT t.id FROM ledger_transfer t
        LEFT JOIN ledger_account d ON d.id = t.debit_account AND d.ledger = t.ledger
        LEFT JOIN ledger_account c ON c.id = t.credit_account AND c.ledger = t.ledger
        WHERE d.id IS NULL OR c.id IS NULL""",
}


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was checked, and what was found: at most FINDINGS_MAX per check."""

    accounts: int
    transfers: int
    findings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


def audit_ledger() -> AuditReport:
    """Check the whole ledger in one snapshot; other work goes on meanwhile.

    Raises:
        RuntimeError: inside a transaction, whose snapshot would be too old or too young.
    """
    findings = []
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            raise RuntimeError("the auditor needs a transaction of its own")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute(
                "SELECT (SELECT count(*) FROM ledger_account),"
                " (SELECT count(*) FROM ledger_transfer)"
            )
            row = cursor.fetchone()
            accounts, transfers = row if row else (0, 0)
            for name, query in _CHECKS.items():
                cursor.execute(f"{query} LIMIT {FINDINGS_MAX}")
                findings += [f"{name}: {found[0]}" for found in cursor.fetchall()]
        finally:
            cursor.execute("ROLLBACK")
    return AuditReport(accounts, transfers, tuple(findings))
