# ruff: noqa: S608 (the parts of the statements are our own)
"""The auditor: every balance, counter and history from the transfers alone.

It shares no code with the engine: its SQL adds up the rows of the transfers, in set statements,
and compares. What months that were moved out have moved is taken from the brought-forward tables.
Each check answers the accounts (or ids) that are wrong, the first ones first.
"""

from dataclasses import dataclass

from django.db import connection

FINDINGS_MAX = 100
_CLOSED = "(SELECT * FROM ledger_closed_month WHERE transfers >= 0)"  # and moved out
_NONE = "00000000-0000-0000-0000-000000000000"  # before an account's first transfer

# What a transfer does to its two sides, in one place for all checks. Flags: 2 pending, 4 post,
# 8 void, 16 limited. `reserved` is the amount of the reservation that a post or void resolves.
_ENTRIES = """
    entry AS (
        SELECT t.debit_account AS account, t.sequence, t.id, true AS is_debit,
            t.debit_previous AS previous, t.debit_balance_after AS balance_after,
            CASE WHEN t.flags & 10 = 0 THEN t.amount ELSE 0 END AS posted,
            CASE WHEN t.flags & 2 = 2 THEN t.amount WHEN t.flags & 12 <> 0 THEN -p.amount
                ELSE 0 END AS pending
        FROM ledger_transfer t LEFT JOIN ledger_pending p ON p.id = t.pending_id
        UNION ALL
        SELECT t.credit_account, t.sequence, t.id, false, t.credit_previous,
            t.credit_balance_after,
            CASE WHEN t.flags & 10 = 0 THEN t.amount ELSE 0 END,
            CASE WHEN t.flags & 2 = 2 THEN t.amount WHEN t.flags & 12 <> 0 THEN -p.amount
                ELSE 0 END
        FROM ledger_transfer t LEFT JOIN ledger_pending p ON p.id = t.pending_id
    )"""
# A row of a hot account lacks what its entries past `folded_upto` say.
_EXACT = """
    exact AS (
        SELECT a.id, a.ledger, a.side, a.overdraft,
            a.debits_posted + coalesce(u.debits, 0) AS debits_posted,
            a.credits_posted + coalesce(u.credits, 0) AS credits_posted,
            a.debits_pending + coalesce(u.debits_held, 0) AS debits_pending,
            a.credits_pending + coalesce(u.credits_held, 0) AS credits_pending
        FROM ledger_account a LEFT JOIN (
            SELECT h.account, sum(e.moved) FILTER (WHERE e.is_debit) AS debits,
                sum(e.moved) FILTER (WHERE NOT e.is_debit) AS credits,
                sum(e.held) FILTER (WHERE e.is_debit) AS debits_held,
                sum(e.held) FILTER (WHERE NOT e.is_debit) AS credits_held
            FROM ledger_hot h JOIN ledger_hot_entry e
                ON e.account = h.account AND e.sequence > h.folded_upto
            GROUP BY h.account) u ON u.account = a.id
    )"""
# Payments that count against limits, less what their resolution gave back, by the day that
# counted them (China Standard Time); for the account and for its parent.
_COUNTED = """
    counted AS (
        SELECT t.debit_account AS account,
            coalesce(p.counted_on, (t.recorded_at AT TIME ZONE INTERVAL '8 hours')::date) AS day,
            sum(t.amount - CASE WHEN p.id IS NULL OR r.id IS NULL THEN 0
                WHEN r.flags & 8 = 8 THEN t.amount ELSE t.amount - r.amount END) AS amount
        FROM ledger_transfer t
        LEFT JOIN ledger_pending p ON t.flags & 2 = 2 AND p.id = t.id
        LEFT JOIN (SELECT * FROM ledger_transfer WHERE pending_id IS NOT NULL) r
            ON t.flags & 2 = 2 AND r.pending_id = t.id
        WHERE t.flags & 16 = 16
        GROUP BY 1, 2
    ), by_day AS (
        SELECT account, day, sum(amount) AS amount FROM (
            SELECT * FROM counted
            UNION ALL
            SELECT a.parent, c.day, c.amount FROM counted c JOIN ledger_account a
                ON a.id = c.account AND a.parent IS NOT NULL
            UNION ALL
            SELECT account, day, amount FROM ledger_counted_forward) both_levels
        GROUP BY account, day
    )"""

_CHECKS = {
    "INV-3: balance differs from its transfers": f"""
        WITH {_ENTRIES}, {_EXACT}, forward AS (
            SELECT account, sum(debits) AS debits, sum(credits) AS credits
            FROM ledger_brought_forward GROUP BY account
        ), sums AS (
            SELECT account, sum(posted) FILTER (WHERE is_debit) AS debits,
                sum(posted) FILTER (WHERE NOT is_debit) AS credits,
                sum(pending) FILTER (WHERE is_debit) AS debits_held,
                sum(pending) FILTER (WHERE NOT is_debit) AS credits_held
            FROM entry GROUP BY account
        ), forward_held AS (  -- reservations of months moved out, resolved since
            SELECT account, sum(debit) AS debits, sum(credit) AS credits FROM (
                SELECT p.debit_account AS account, p.amount AS debit, 0 AS credit
                FROM ledger_pending p JOIN {_CLOSED} m ON p.id < m.first_open_id
                JOIN ledger_transfer r ON r.pending_id = p.id
                WHERE m.month = (SELECT max(month) FROM {_CLOSED})
                UNION ALL
                SELECT p.credit_account, 0, p.amount
                FROM ledger_pending p JOIN {_CLOSED} m ON p.id < m.first_open_id
                JOIN ledger_transfer r ON r.pending_id = p.id
                WHERE m.month = (SELECT max(month) FROM {_CLOSED})) held
            GROUP BY account
        )
        SELECT coalesce(a.id, s.account) FROM exact a FULL JOIN sums s ON s.account = a.id
        LEFT JOIN forward f ON f.account = a.id LEFT JOIN forward_held h ON h.account = a.id
        WHERE a.id IS NULL
            OR a.debits_posted <> coalesce(s.debits, 0) + coalesce(f.debits, 0)
            OR a.credits_posted <> coalesce(s.credits, 0) + coalesce(f.credits, 0)
            OR a.debits_pending <> coalesce(s.debits_held, 0) + coalesce(h.debits, 0)
            OR a.credits_pending <> coalesce(s.credits_held, 0) + coalesce(h.credits, 0)
        ORDER BY 1""",
    "INV-3: a balance that must not is negative": f"""
        WITH {_EXACT}
        SELECT id FROM exact WHERE (NOT overdraft AND CASE side
                WHEN 2 THEN credits_posted < debits_posted + debits_pending
                ELSE debits_posted < credits_posted + credits_pending END)
            OR least(debits_posted, credits_posted, debits_pending, credits_pending) < 0
        ORDER BY 1""",
    "INV-3: the two sides of a ledger differ": f"""
        WITH {_EXACT}
        SELECT ledger FROM exact GROUP BY ledger
        HAVING sum(debits_posted) <> sum(credits_posted)
            OR sum(debits_pending) <> sum(credits_pending)
        ORDER BY 1""",
    "INV-3: a history is broken": f"""
        WITH {_ENTRIES}, closed AS (
            SELECT first_open_id FROM {_CLOSED} ORDER BY month DESC LIMIT 1
        ), line AS (
            SELECT e.account, e.id, e.previous, e.balance_after,
                CASE WHEN e.is_debit = (a.side = 1) THEN e.posted
                    ELSE -e.posted - e.pending END AS change,
                lag(e.id) OVER along AS previous_found,
                lag(e.balance_after) OVER along AS balance_before,
                lead(e.id) OVER along AS next, a.last_transfer
            FROM entry e JOIN ledger_account a ON a.id = e.account
            WHERE e.previous IS NOT NULL
            WINDOW along AS (PARTITION BY e.account ORDER BY e.sequence)
        )
        SELECT DISTINCT account FROM line LEFT JOIN closed ON true
        WHERE balance_after IS NULL
            OR (previous_found IS NOT NULL
                AND (previous <> previous_found OR balance_after <> balance_before + change)
                AND (previous < closed.first_open_id AND previous <> '{_NONE}') IS NOT TRUE)
            OR (previous_found IS NULL AND previous <> '{_NONE}' AND
                (closed.first_open_id IS NULL OR previous >= closed.first_open_id))
            OR (previous_found IS NULL AND previous = '{_NONE}' AND balance_after <> change)
            OR (next IS NULL AND last_transfer <> id
                AND (last_transfer < closed.first_open_id AND last_transfer <> '{_NONE}')
                    IS NOT TRUE)
        UNION
        SELECT id FROM ledger_account a WHERE last_transfer <> '{_NONE}' AND NOT EXISTS (
            SELECT FROM ledger_transfer t WHERE t.id = a.last_transfer
                AND a.id IN (t.debit_account, t.credit_account))
            AND (last_transfer < (SELECT first_open_id FROM closed)) IS NOT TRUE
        ORDER BY 1""",
    "INV-3: a hot account's entries differ from its transfers": f"""
        WITH {_ENTRIES}
        SELECT coalesce(e.account, h.account) FROM entry e
        FULL JOIN ledger_hot_entry h ON h.account = e.account AND h.sequence = e.sequence
        WHERE (e.previous IS NULL OR h.account IS NOT NULL) AND (
            e.account IS NULL OR h.account IS NULL OR e.previous IS NOT NULL
            OR h.transfer <> e.id OR h.is_debit <> e.is_debit OR h.moved <> e.posted
            OR h.held <> e.pending)
            -- Kept without its transfer: it was recorded after one that is still there.
            AND (e.account IS NULL AND h.transfer < (SELECT first_open_id
                FROM {_CLOSED} ORDER BY month DESC LIMIT 1)) IS NOT TRUE
        UNION
        SELECT h.account FROM ledger_hot h LEFT JOIN ledger_account a ON a.id = h.account
        WHERE a.id IS NULL
        ORDER BY 1""",
    "INV-3: a hot account's anchor differs from its entries": f"""
        WITH {_EXACT}, base AS (
            SELECT e.account, e.sequence, CASE WHEN e.is_debit = (a.side = 1) THEN e.moved
                ELSE -e.moved - e.held END AS change,
                CASE a.side WHEN 2 THEN a.credits_posted - a.debits_posted - a.debits_pending
                    ELSE a.debits_posted - a.credits_posted - a.credits_pending END AS available
            FROM ledger_hot_entry e JOIN exact a ON a.id = e.account
        ), running AS (
            SELECT account, sequence, available - sum(change) OVER (PARTITION BY account)
                + sum(change) OVER (PARTITION BY account ORDER BY sequence) AS available
            FROM base
        )
        SELECT n.account FROM ledger_anchor n LEFT JOIN running r USING (account, sequence)
        WHERE n.available IS DISTINCT FROM r.available
            AND n.sequence >= (SELECT coalesce(min(sequence), n.sequence) FROM ledger_hot_entry
                WHERE account = n.account)
        ORDER BY 1""",
    "INV-4: a reservation's state differs from its transfers": f"""
        SELECT coalesce(p.id, t.id) FROM ledger_pending p
        FULL JOIN (SELECT * FROM ledger_transfer WHERE flags & 2 = 2) t ON t.id = p.id
        LEFT JOIN ledger_transfer r ON r.pending_id = coalesce(p.id, t.id)
        WHERE (p.id IS NULL OR t.id IS NULL OR p.debit_account <> t.debit_account
                OR p.credit_account <> t.credit_account OR p.amount <> t.amount
                OR p.ledger <> t.ledger OR p.code <> t.code
                OR p.expires_at IS DISTINCT FROM t.expires_at
                OR (p.counted_on IS NOT NULL) <> (t.flags & 16 = 16)
                OR p.state <> CASE WHEN r.id IS NULL THEN 1 WHEN r.flags & 4 = 4 THEN 2 ELSE 3 END
                OR (r.id IS NOT NULL AND (r.amount > p.amount OR r.debit_account <> t.debit_account
                    OR r.credit_account <> t.credit_account)))
            AND (coalesce(p.id, t.id) < (SELECT first_open_id FROM {_CLOSED}
                ORDER BY month DESC LIMIT 1)) IS NOT TRUE
        ORDER BY 1""",
    "INV-4: a reservation was resolved twice": """
        SELECT pending_id FROM ledger_transfer WHERE pending_id IS NOT NULL
        GROUP BY pending_id HAVING count(*) > 1 ORDER BY 1""",
    "INV-4: a transfer of a closed month": f"""
        SELECT id FROM ledger_transfer WHERE id < (
            SELECT first_open_id FROM {_CLOSED} ORDER BY month DESC LIMIT 1)
        ORDER BY 1""",
    "INV-3: a transfer that cannot be": """
        -- Materialized: for a LIMIT, PostgreSQL would walk along the key, expecting to find soon.
        WITH wrong AS MATERIALIZED (
        SELECT t.id FROM ledger_transfer t
        LEFT JOIN ledger_account d ON d.id = t.debit_account AND d.ledger = t.ledger
        LEFT JOIN ledger_account c ON c.id = t.credit_account AND c.ledger = t.ledger
        WHERE d.id IS NULL OR c.id IS NULL OR t.amount NOT BETWEEN 1 AND 1000000000000000
            OR t.debit_account = t.credit_account OR t.flags NOT BETWEEN 0 AND 63
            OR t.flags & 14 NOT IN (0, 2, 4, 8) OR t.flags & 1 = 1
            OR ((t.flags & 12) <> 0) <> (t.pending_id IS NOT NULL)
            OR (t.expires_at IS NOT NULL AND t.flags & 2 = 0)
            OR t.occurred_at > t.recorded_at OR t.recorded_at > statement_timestamp()
        ) SELECT id FROM wrong ORDER BY 1""",
    "INV-4: two transfers share a sequence": """
        SELECT sequence FROM ledger_transfer GROUP BY sequence HAVING count(*) > 1 ORDER BY 1""",
    "INV-7: counters differ from the payments": f"""
        WITH {_COUNTED}
        SELECT a.id FROM ledger_account a LEFT JOIN (
            SELECT b.account, sum(b.amount) FILTER (WHERE b.day = a.counted_on) AS day,
                sum(b.amount) FILTER (WHERE date_trunc('year', b.day)
                    = date_trunc('year', a.counted_on)) AS year,
                max(b.day) FILTER (WHERE b.amount <> 0) AS newest
            FROM by_day b JOIN ledger_account a ON a.id = b.account
            GROUP BY b.account) s ON s.account = a.id
        WHERE a.counted_day <> coalesce(s.day, 0) OR a.counted_year <> coalesce(s.year, 0)
            OR s.newest > a.counted_on
        ORDER BY 1""",
    "INV-7: an account's values are unknown": """
        SELECT id FROM ledger_account a WHERE ledger NOT BETWEEN 1 AND 4 OR side NOT IN (1, 2)
            OR status NOT IN (1, 2, 3) OR id <= 0 OR category NOT BETWEEN 1 AND 4 OR parent = id
            OR least(balance_max, payment_max, daily_max, annual_max) < 0
            OR (parent IS NOT NULL AND NOT EXISTS (
                SELECT FROM ledger_account p WHERE p.id = a.parent))
        ORDER BY 1""",
    "INV-7: the ceilings in force differ from the published limits": """
        SELECT coalesce(c.effective_from, m.moment) FROM ledger_ceilings c
        FULL JOIN (
            SELECT moment, array_agg(l.balance_max ORDER BY number) AS balance_max,
                array_agg(l.payment_max ORDER BY number) AS payment_max,
                array_agg(l.daily_max ORDER BY number) AS daily_max,
                array_agg(l.annual_max ORDER BY number) AS annual_max
            FROM (SELECT DISTINCT effective_from AS moment FROM ledger_limit) moments,
                generate_series(1, 4) number LEFT JOIN LATERAL (
                    SELECT * FROM ledger_limit WHERE category = number
                        AND effective_from <= moment
                    ORDER BY effective_from DESC LIMIT 1) l ON true
            GROUP BY moment) m ON m.moment = c.effective_from
        WHERE (c.balance_max, c.payment_max, c.daily_max, c.annual_max)
            IS DISTINCT FROM (m.balance_max, m.payment_max, m.daily_max, m.annual_max)
        ORDER BY 1""",
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
            for setting in _SETTINGS:
                cursor.execute(setting)
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


# It sorts the whole ledger, and takes as long as that takes.
_SETTINGS = (
    "SET LOCAL work_mem = '128MB'",
    "SET LOCAL max_parallel_workers_per_gather = 2",
    "SET LOCAL statement_timeout = 0",
)
