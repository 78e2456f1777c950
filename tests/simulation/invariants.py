"""INV-1 to INV-9 (DESIGN section 8) over all institutions, from rows, in a few set statements.

`Invariants.check` is for after every step, and looks again only where somebody acted;
`at_rest` is for the end, when nothing is under way any more.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.selectors import balances
from central_bank import auditor
from commercial_banks.clearing.audit import audit_bank
from tests.simulation.institutions import BANKS, Institutions

# What of the central bank's own audit is cheap enough for every step.
CENTRAL_CHECKS = (
    auditor.supply_adds_up,  # INV-1
    auditor.holdings_are_the_live_tokens,
    auditor.transactions_keep_value,
    auditor.tokens_are_spent_once,  # INV-4
    auditor.requests_are_executed_once,
    auditor.positions_are_the_payments,  # INV-3, INV-6
    auditor.payments_are_decided_once,  # INV-6
    auditor.cycles_net_to_zero,  # INV-9
    auditor.tokens_moved_as_netted,
)
TOKENS, CLEARING = 1, 4
CATEGORY_4 = {"balance": 10_000_00, "payment": 2_000_00, "day": 5_000_00}
FINAL = frozenset({"completed", "rejected"})

# What a bank's transfers say of each account of digital currency, and what is reserved.
_ACCOUNTS = """
WITH moved AS (
    SELECT id, debit_account, credit_account, amount FROM ledger_transfer
    WHERE ledger = 1 AND flags & 10 = 0),
open AS (
    SELECT debit_account, credit_account, amount FROM ledger_transfer t
    WHERE ledger = 1 AND flags & 2 = 2 AND NOT EXISTS (
        SELECT FROM ledger_transfer r WHERE r.pending_id = t.id))
SELECT id, sum(credit - debit)::bigint, sum(leaving)::bigint, sum(coming)::bigint FROM (
    SELECT debit_account AS id, amount AS debit, 0 AS credit, 0 AS leaving, 0 AS coming FROM moved
    UNION ALL SELECT credit_account, 0, amount, 0, 0 FROM moved
    UNION ALL SELECT debit_account, 0, 0, amount, 0 FROM open
    UNION ALL SELECT credit_account, 0, 0, 0, amount FROM open) sides
GROUP BY id
"""
_FIGURES = """
SELECT
    (SELECT coalesce(sum(value), 0) FROM treasury_vaulttoken WHERE spent_at IS NULL)::bigint,
    (SELECT coalesce(sum(net), 0) FROM bank_clearing_settlement)::bigint
        + (SELECT coalesce(sum(CASE direction WHEN 'in' THEN amount ELSE -amount END), 0)
            FROM bank_clearing_grosssettlement)::bigint,
    (SELECT count(*) FROM (SELECT id FROM ledger_transfer GROUP BY id HAVING count(*) > 1) x)
        + (SELECT count(*) FROM (SELECT pending_id FROM ledger_transfer
            WHERE pending_id IS NOT NULL GROUP BY pending_id HAVING count(*) > 1) x)
        + (SELECT count(*) FROM (SELECT reference, debit_account, credit_account
            FROM ledger_transfer WHERE flags & 14 = 0
            GROUP BY 1, 2, 3 HAVING count(*) > 1) x)
"""
_PAYMENTS = """
SELECT payment_id, direction, status, amount, original_id FROM bank_clearing_interbankpayment
"""
_PAID_TODAY = """
SELECT debit_account, max(amount), sum(amount)::bigint FROM ledger_transfer t
WHERE ledger = 1 AND flags & 16 <> 0 AND NOT EXISTS (
    SELECT FROM ledger_transfer r WHERE r.pending_id = t.id AND r.flags & 8 <> 0)
GROUP BY debit_account
"""
_DECISIONS = """
SELECT payment_id, payer_bank, payee_bank, state, amount, gross, returned, original_id
FROM clearing_clearingpayment
"""


@dataclass(frozen=True)
class Books:
    """What one bank's rows say."""

    accounts: Mapping[int, tuple[int, int, int]]  # credits less debits; leaving; coming
    shown: Mapping[int, int]  # available, as the ledger's own selectors say
    vault: int
    settled: int
    doubles: int
    payments: Mapping[UUID, tuple[str, str, int, UUID | None]]
    paid_today: Mapping[int, tuple[int, int]]  # the largest, and all


@dataclass
class Invariants:
    """Remembers what it read, and what is final already."""

    institutions: Institutions
    final: dict[tuple[str, UUID], str] = field(default_factory=dict)
    books: dict[str, Books] = field(default_factory=dict)
    decisions: dict[UUID, tuple[Any, ...]] = field(default_factory=dict)

    def check(self) -> list[str]:
        """What does not hold now, in words."""
        touched, self.institutions.touched = self.institutions.touched, set()
        if not self.books:
            touched = {CENTRAL_BANK_CODE, *BANKS}
        findings: list[str] = []
        for code in sorted(touched):
            with self.institutions.at(code):
                if code == CENTRAL_BANK_CODE:
                    findings += self._central_bank()
                else:
                    self.books[code] = _read()
                    findings += [f"{code}: {text}" for text in self._bank(code)]
        self.institutions.touched = set()
        return findings + list(self._across())

    def at_rest(self) -> list[str]:
        """What must hold beside all that once nothing is under way: every audit, and the sum."""
        findings = []
        for code in (CENTRAL_BANK_CODE, *BANKS):
            with self.institutions.at(code):
                if code == CENTRAL_BANK_CODE:
                    findings += [f"{code}: {found}" for found in auditor.audit_central_bank()]
                else:
                    findings += [f"{code}: {found}" for found in audit_bank()]
                findings += [f"{code}: {found}" for found in audit_ledger().findings]
        for code, books in self.books.items():
            clearing = books.accounts.get(CLEARING, (0, 0, 0))
            if clearing != (0, 0, 0):
                findings.append(f"INV-2: {code}: clearing is {clearing}, and nothing is under way")
        for payment_id, row in self.decisions.items():
            ends = {
                books.payments[payment_id][1]
                for books in self.books.values()
                if payment_id in books.payments
            }
            if ends != {row[2]}:
                findings.append(f"INV-6: {payment_id} ended {row[2]} here and {ends} there")
        return findings

    def _central_bank(self) -> list[str]:
        findings = [str(finding) for check in CENTRAL_CHECKS for finding in check()]
        self.decisions = {row[0]: row[1:] for row in _rows(_DECISIONS)}
        for payment_id, row in self.decisions.items():
            findings += self._stays("central bank", payment_id, row[2])
        return findings

    def _bank(self, code: str) -> Iterator[str]:
        books = self.books[code]
        tokens = -books.accounts.get(TOKENS, (0, 0, 0))[0]
        if books.vault != tokens:
            yield f"INV-2: the vault holds {books.vault}, the ledger says {tokens}"
        sums: Counter[tuple[str, str]] = Counter()
        for direction, status, amount, _ in books.payments.values():
            sums[direction, status] += amount
        clearing, _, coming = books.accounts.get(CLEARING, (0, 0, 0))
        due = sums["out", "completed"] - sums["in", "completed"] + books.settled
        if clearing != due:
            yield f"INV-2: clearing is {clearing}, payments and settlements say {due}"
        if coming != sums["out", "pending"]:
            yield f"INV-6: {coming} reserved, {sums['out', 'pending']} pending"
        if books.doubles:
            yield f"INV-4: {books.doubles} transfers or decisions stand twice"
        for account, (posted, leaving, incoming) in books.accounts.items():
            if account == TOKENS:
                continue
            if account != CLEARING and posted - leaving < 0:
                yield f"INV-3: account {account} is at {posted} less {leaving}"
            if books.shown.get(account) != posted - leaving:
                shown = books.shown.get(account)
                yield f"INV-3: account {account} shows {shown}, transfers say {posted - leaving}"
            if account > 10**12 and posted + incoming > CATEGORY_4["balance"]:
                yield f"INV-7: wallet {account} holds {posted} and expects {incoming}"
        for account, (largest, total) in books.paid_today.items():
            if largest > CATEGORY_4["payment"] or total > CATEGORY_4["day"]:
                yield f"INV-7: wallet {account} paid {largest} at once, {total} today"
        for payment_id, (_, status, _, _) in books.payments.items():
            yield from self._stays(code, payment_id, status)

    def _stays(self, where: str, payment_id: UUID, state: str) -> Iterator[str]:
        """INV-6: an end is an end."""
        ended = self.final.get((where, payment_id))
        if ended is not None and ended != state:
            yield f"INV-6: {payment_id} was {ended} at {where}, and is {state}"
        elif state in FINAL:
            self.final[where, payment_id] = state

    def _across(self) -> Iterator[str]:
        """INV-6 and INV-8: what the three institutions of a payment may say at the same time."""
        returned: Counter[UUID] = Counter()
        for payment_id, row in self.decisions.items():
            payer_bank, payee_bank, state, amount, _, _, original = row
            out = self._side(payer_bank, payment_id)
            into = self._side(payee_bank, payment_id)
            paid_out, paid_in = out == "completed", into == "completed"
            wrong = (
                (paid_out and state != "completed")
                or (out == "rejected" and state != "rejected")
                or (state == "completed" and not paid_in)
                or (state == "rejected" and paid_in)
                or (state == "held" and into is not None)
            )
            if wrong:
                yield f"INV-6: {payment_id} is {out}, {state} and {into}"
            if original is not None and paid_in:
                returned[original] += amount
        for original, total in returned.items():
            if total > self.decisions[original][3]:
                yield f"INV-8: {total} came back of {original}"
        for code, books in self.books.items():
            for payment_id, (direction, status, _, _) in books.payments.items():
                if payment_id not in self.decisions and (
                    status == "completed" or (direction, status) == ("out", "rejected")
                ):
                    yield f"INV-6: {payment_id} is {status} at {code}, none at the central bank"

    def _side(self, bank: str, payment_id: UUID) -> str | None:
        books = self.books.get(bank)
        row = books.payments.get(payment_id) if books is not None else None
        return row[1] if row is not None else None


def _read() -> Books:
    accounts = {row[0]: row[1:] for row in _rows(_ACCOUNTS)}
    [(vault, settled, doubles)] = _rows(_FIGURES)
    return Books(
        accounts=accounts,
        shown=balances(accounts),
        vault=vault,
        settled=settled,
        doubles=doubles,
        payments={row[0]: row[1:] for row in _rows(_PAYMENTS)},
        paid_today={row[0]: row[1:] for row in _rows(_PAID_TODAY)},
    )


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
