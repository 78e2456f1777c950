"""The central bank's auditor: re-derives everything from the rows, and trusts no service.

It has its own SQL and shares with the code it audits only the cryptography, which anyone can
check (`cbdc.crypto`). Each check answers findings; none means that it holds.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from cbdc.audit.chain import check_chain
from cbdc.clock import rfc3339
from cbdc.crypto.algorithms import VerifyingKey
from cbdc.crypto.tokens import SignedToken, Token, TokenError, transaction_hash, verify_token

GENESIS = "0" * 64
ROWS_AT_ONCE = 2_000
FINDINGS_MAX = 100  # of one check


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: what it breaks, where, and how."""

    rule: str
    subject: str
    detail: str


Check = Callable[[], Iterator[Finding]]


def audit_central_bank() -> list[Finding]:
    """Run every check over one snapshot of the database."""
    findings: list[Finding] = []
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for check in CHECKS:
            for number, finding in enumerate(check()):
                if number == FINDINGS_MAX:
                    break
                findings.append(finding)
    return findings


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def supply_adds_up() -> Iterator[Finding]:
    """INV-1: issued − redeemed = live tokens = Σ held by banks."""
    [(made, live)] = _rows("""
        SELECT (SELECT coalesce(sum(value_out - value_in), 0) FROM issuance_tokentransaction),
            (SELECT coalesce(sum(value), 0) FROM issuance_token t WHERE NOT EXISTS (
                SELECT FROM issuance_tokenspend s WHERE s.token_id = t.token_id))""")
    [(issued, redeemed, held)] = _rows(
        "SELECT coalesce(sum(issued), 0), coalesce(sum(redeemed), 0), coalesce(sum(held), 0)"
        " FROM issuance_bankaccount"
    )
    if not made == live == issued - redeemed == held:
        yield Finding(
            "INV-1",
            "supply",
            f"transactions made {made}, live tokens {live},"
            f" issued - redeemed {issued - redeemed}, held {held}",
        )


def holdings_are_the_live_tokens() -> Iterator[Finding]:
    """INV-1, for each bank: what its account says and what its tokens say."""
    rows = _rows("""
        SELECT coalesce(a.bank, l.institution), a.held, a.locked, l.held, l.locked
        FROM issuance_bankaccount a FULL JOIN (
            SELECT institution, sum(value) AS held,
                coalesce(sum(value) FILTER (WHERE lock IS NOT NULL), 0) AS locked
            FROM issuance_token t WHERE NOT EXISTS (
                SELECT FROM issuance_tokenspend s WHERE s.token_id = t.token_id)
            GROUP BY institution) l ON l.institution = a.bank
        WHERE coalesce(a.held, -1) <> coalesce(l.held, 0)
           OR coalesce(a.locked, -1) <> coalesce(l.locked, 0)""")
    for bank, held, locked, live, live_locked in rows:
        detail = f"account holds {held} ({locked} locked), tokens {live} ({live_locked} locked)"
        yield Finding("INV-1", bank, detail)


def tokens_are_spent_once() -> Iterator[Finding]:
    """INV-4: at most one spend per token, and the flag says the same."""
    rows = _rows("""
        SELECT t.token_id, t.spent, count(s.id) FROM issuance_token t
        LEFT JOIN issuance_tokenspend s ON s.token_id = t.token_id
        GROUP BY t.token_id, t.spent
        HAVING count(s.id) > 1 OR t.spent <> (count(s.id) = 1)""")
    for token_id, flag, spends in rows:
        yield Finding("INV-4", token_id, f"spent {spends} times, flagged {flag}")


def requests_are_executed_once() -> Iterator[Finding]:
    """INV-4: one token transaction per request."""
    rows = _rows("""
        SELECT request_id, count(*) FROM issuance_tokentransaction
        GROUP BY request_id HAVING count(*) > 1""")
    for request_id, number in rows:
        yield Finding("INV-4", str(request_id), f"executed {number} times")


def transactions_keep_value() -> Iterator[Finding]:
    """INV-1, for each transaction: its tokens are worth what it says, and nothing appears."""
    rows = _rows("""
        SELECT x.sequence, x.kind, x.value_in, x.value_out,
            coalesce(i.value, 0), coalesce(o.value, 0)
        FROM issuance_tokentransaction x
        LEFT JOIN (SELECT s.transaction_id, sum(t.value) AS value FROM issuance_tokenspend s
            JOIN issuance_token t ON t.token_id = s.token_id GROUP BY 1) i
            ON i.transaction_id = x.sequence
        LEFT JOIN (SELECT transaction_id, sum(value) AS value FROM issuance_token GROUP BY 1) o
            ON o.transaction_id = x.sequence
        WHERE x.value_in <> coalesce(i.value, 0) OR x.value_out <> coalesce(o.value, 0)
           OR (x.kind = 'issue' AND x.value_in <> 0)
           OR (x.kind = 'redeem' AND x.value_in <= x.value_out)
           OR (x.kind NOT IN ('issue', 'redeem') AND x.value_in <> x.value_out)""")
    for sequence, kind, says_in, says_out, is_in, is_out in rows:
        detail = f"{kind}: says {says_in} -> {says_out}, tokens {is_in} -> {is_out}"
        yield Finding("INV-1", f"transaction {sequence}", detail)


def chain_is_whole() -> Iterator[Finding]:
    """Every transaction's id covers its tokens and the one before; none is missing."""
    expected, previous = 1, GENESIS
    while rows := _transactions(expected):
        for sequence, transaction_id, previous_hash, kind, request_id, inputs, outputs in rows:
            subject = f"transaction {sequence}"
            if sequence != expected or previous_hash != previous:
                detail = f"number {expected} after {previous[:12]} was expected here"
                yield Finding("chain", subject, detail)
            computed = transaction_hash(
                sequence=sequence,
                kind=kind,
                request_id=str(request_id),
                previous=previous_hash,
                inputs=inputs,
                outputs=json.loads(outputs),
            )
            if computed != transaction_id:
                yield Finding("chain", subject, "its id is not the hash of its content")
            expected, previous = sequence + 1, transaction_id
    [(sequence, transaction_id)] = _rows(
        "SELECT coalesce(max(sequence), 0), coalesce(max(transaction_id), %s) FROM issuance_chain",
        GENESIS,
    )
    if (sequence, transaction_id) != (expected - 1, previous):
        yield Finding("chain", "end", f"the chain ends at {expected - 1}, its end says {sequence}")


def _transactions(first: int) -> list[tuple[Any, ...]]:
    return _rows(
        """
        SELECT x.sequence, x.transaction_id, x.previous_hash, x.kind, x.request_id,
            ARRAY(SELECT token_id FROM issuance_tokenspend s
                WHERE s.transaction_id = x.sequence),
            (SELECT coalesce(jsonb_agg(jsonb_build_object('institution', institution,
                'key_id', key_id, 'value', value, 'lock', lock) ORDER BY index), '[]')
                FROM issuance_token t WHERE t.transaction_id = x.sequence)::text
        FROM issuance_tokentransaction x WHERE x.sequence >= %s
        ORDER BY x.sequence LIMIT %s""",
        first,
        ROWS_AT_ONCE,
    )


def tokens_are_signed() -> Iterator[Finding]:
    """Each token has the id and the issuer's signature of exactly what its row says."""
    issuers = {
        key_id: VerifyingKey.of(alg, raw)
        for key_id, alg, raw in _rows("SELECT key_id, alg, public_key FROM issuance_issuerkey")
    }
    after = ""
    while rows := _tokens(after):
        for row in rows:
            after = row[0]
            if fault := _fault_of_token(row, issuers):
                yield Finding("token", after, fault)


def _tokens(after: str) -> list[tuple[Any, ...]]:
    return _rows(
        """
        SELECT t.token_id, x.transaction_id, t.index, t.value, t.institution, t.key_id,
            t.issued_at, t.lock, t.issuer_key_id, t.signature, t.alg
        FROM issuance_token t JOIN issuance_tokentransaction x ON x.sequence = t.transaction_id
        WHERE t.token_id > %s ORDER BY t.token_id LIMIT %s""",
        after,
        ROWS_AT_ONCE,
    )


def _fault_of_token(row: tuple[Any, ...], issuers: dict[str, VerifyingKey]) -> str | None:
    token_id, transaction_id, index, value, institution, key_id = row[:6]
    issued_at, lock, issuer_key_id, signature, alg = row[6:]
    token = Token(
        version=1,
        currency="CNY",
        value=value,
        institution=institution,
        key_id=key_id,
        transaction_id=transaction_id,
        index=index,
        issued_at=rfc3339(issued_at),
        lock=lock,
    )
    if token.token_id != token_id:
        return "its id is not the hash of its content"
    try:
        verify_token(SignedToken(token, issuer_key_id, signature, alg), issuers.get)
    except TokenError as error:
        return str(error)
    return None


def reserves_back_the_tokens() -> Iterator[Finding]:
    """Reserves moved by exactly what was issued and redeemed; their two sides agree."""
    rows = _rows("""
        SELECT a.bank, a.issued, a.redeemed,
            coalesce((SELECT sum(amount) FROM ledger_transfer
                WHERE debit_account = a.reserve_account AND code = 6), 0)
            + coalesce((SELECT sum(debits) FROM ledger_brought_forward
                WHERE account = a.reserve_account AND code = 6), 0),
            coalesce((SELECT sum(amount) FROM ledger_transfer
                WHERE credit_account = a.reserve_account AND code = 7), 0)
            + coalesce((SELECT sum(credits) FROM ledger_brought_forward
                WHERE account = a.reserve_account AND code = 7), 0)
        FROM issuance_bankaccount a ORDER BY a.bank""")
    for bank, issued, redeemed, debited, credited in rows:
        if (issued, redeemed) != (debited, credited):
            detail = (
                f"issued {issued} for {debited} of reserves, redeemed {redeemed} for {credited}"
            )
            yield Finding("reserves", bank, detail)
    [(balances,)] = _rows("""
        SELECT coalesce(sum(credits_posted - debits_posted), 0) FROM ledger_balance
        WHERE ledger = 3""")
    if balances != 0:
        yield Finding("reserves", "ledger 3", f"its two sides differ by {balances}")


def positions_are_the_payments() -> Iterator[Finding]:
    """INV-3 and INV-6: what is sent, received and guaranteed, from payments and tokens."""
    rows = _rows("""
        SELECT p.bank, p.guarantee + p.earmarked, p.sent, p.received, p.earmarked,
            coalesce(a.locked, 0),
            coalesce((SELECT sum(amount) FROM clearing_clearingpayment c
                WHERE c.payer_bank = p.bank AND c.state = 'forwarded' AND c.gross), 0),
            coalesce((SELECT sum(amount) FROM clearing_clearingpayment c
                LEFT JOIN clearing_settlementcycle y ON y.id = c.cycle_id
                WHERE c.payer_bank = p.bank AND NOT c.gross AND (c.state = 'forwarded'
                    OR (c.state = 'completed' AND y.state <> 'settled'))), 0),
            coalesce((SELECT sum(amount) FROM clearing_clearingpayment c
                JOIN clearing_settlementcycle y ON y.id = c.cycle_id
                WHERE c.payee_bank = p.bank AND y.state <> 'settled'), 0)
        FROM clearing_position p LEFT JOIN issuance_bankaccount a ON a.bank = p.bank""")
    for bank, guarantee, sent, received, earmarked, locked, gross, owes, gets in rows:
        if (guarantee, sent, received, earmarked) != (locked, owes, gets, gross):
            detail = (
                f"says locked {guarantee}, sent {sent}, received {received},"
                f" earmarked {earmarked};"
                f" tokens and payments say {locked}, {owes}, {gets}, {gross}"
            )
            yield Finding("INV-6", bank, detail)
        if guarantee - earmarked + received - sent < 0:
            yield Finding("INV-3", bank, f"headroom {guarantee - earmarked + received - sent}")


def payments_are_decided_once() -> Iterator[Finding]:
    """INV-6 and INV-9: completed means settled once: in one cycle that exists, or gross."""
    rows = _rows("""
        SELECT c.payment_id, c.state, c.cycle_id, c.gross FROM clearing_clearingpayment c
        LEFT JOIN clearing_settlementcycle y ON y.id = c.cycle_id
        LEFT JOIN issuance_tokentransaction x ON x.transaction_id = c.transaction_id
        WHERE (c.state = 'completed' AND NOT c.gross) <> (y.id IS NOT NULL)
           OR (c.state = 'completed' AND c.gross)
              <> (x.request_id IS NOT DISTINCT FROM c.payment_id)
           OR (c.state IN ('held', 'forwarded')) <> (c.decided_at IS NULL)
           OR c.state NOT IN ('held', 'forwarded', 'completed', 'rejected')""")
    for payment_id, state, cycle_id, gross in rows:
        how = "gross" if gross else f"in cycle {cycle_id}"
        yield Finding("INV-6", str(payment_id), f"{state}, {how}")


def returns_stay_within_what_was_paid() -> Iterator[Finding]:
    """INV-8: what a payment says has been returned is the sum of its returns, and fits."""
    rows = _rows("""
        SELECT p.payment_id, p.amount, p.returned, coalesce(r.total, 0)
        FROM clearing_clearingpayment p
        FULL JOIN (SELECT original_id, sum(amount) AS total FROM clearing_clearingpayment
            WHERE original_id IS NOT NULL AND state <> 'rejected' GROUP BY original_id) r
            ON r.original_id = p.payment_id
        WHERE (p.returned <> 0 OR r.total IS NOT NULL)
          AND (p.returned IS DISTINCT FROM coalesce(r.total, 0) OR p.returned > p.amount)""")
    for payment_id, amount, returned, total in rows:
        detail = f"of {amount} it says {returned} went back, its returns say {total}"
        yield Finding("INV-8", str(payment_id), detail)


def cycles_net_to_zero() -> Iterator[Finding]:
    """INV-9: a settled cycle froze what its payments say, and its nets sum to zero."""
    rows = _rows("""
        WITH sides AS (
            SELECT cycle_id, payer_bank AS bank, amount AS sent, 0 AS received
            FROM clearing_clearingpayment WHERE state = 'completed'
            UNION ALL
            SELECT cycle_id, payee_bank, 0, amount
            FROM clearing_clearingpayment WHERE state = 'completed'),
        sums AS (
            SELECT s.cycle_id, s.bank, sum(s.sent) AS sent, sum(s.received) AS received
            FROM sides s JOIN clearing_settlementcycle y ON y.id = s.cycle_id
            WHERE y.state = 'settled' GROUP BY 1, 2)
        SELECT coalesce(p.cycle_id, s.cycle_id), coalesce(p.bank, s.bank),
            p.sent, p.received, s.sent, s.received
        FROM clearing_cycleposition p
        FULL JOIN sums s ON s.cycle_id = p.cycle_id AND s.bank = p.bank
        LEFT JOIN clearing_settlementcycle c ON c.id = p.cycle_id
        WHERE (c.state IS NULL OR c.state = 'settled')
          AND (p.sent, p.received) IS DISTINCT FROM (s.sent::bigint, s.received::bigint)""")
    for cycle_id, bank, sent, received, is_sent, is_received in rows:
        detail = (
            f"{bank}: settled sent {sent}, received {received};"
            f" payments say {is_sent}, {is_received}"
        )
        yield Finding("INV-9", str(cycle_id), detail)
    unequal = _rows("""
        SELECT cycle_id, sum(received - sent) FROM clearing_cycleposition
        GROUP BY cycle_id HAVING sum(received - sent) <> 0""")
    for cycle_id, total in unequal:
        yield Finding("INV-9", str(cycle_id), f"its nets sum to {total}")


def tokens_moved_as_netted() -> Iterator[Finding]:
    """INV-9: a settlement's transaction moved each bank's net, a gross one its payment."""
    rows = _rows("""
        WITH moves AS (
            SELECT t.transaction_id, t.institution AS bank, t.value AS value FROM issuance_token t
            UNION ALL
            SELECT s.transaction_id, t.institution, -t.value FROM issuance_tokenspend s
            JOIN issuance_token t ON t.token_id = s.token_id),
        moved AS (
            SELECT x.request_id AS cycle_id, m.bank, sum(m.value) AS value
            FROM moves m JOIN issuance_tokentransaction x ON x.sequence = m.transaction_id
            WHERE x.kind = 'settle' GROUP BY 1, 2),
        nets AS (
            SELECT p.cycle_id, p.bank, p.received - p.sent AS net FROM clearing_cycleposition p
            JOIN clearing_settlementcycle y ON y.id = p.cycle_id WHERE y.state = 'settled'
            UNION ALL
            SELECT payment_id, payer_bank, -amount FROM clearing_clearingpayment
            WHERE gross AND state = 'completed'
            UNION ALL
            SELECT payment_id, payee_bank, amount FROM clearing_clearingpayment
            WHERE gross AND state = 'completed')
        SELECT coalesce(m.cycle_id, p.cycle_id), coalesce(m.bank, p.bank),
            coalesce(m.value, 0), coalesce(p.net, 0)
        FROM nets p FULL JOIN moved m ON m.cycle_id = p.cycle_id AND m.bank = p.bank
        WHERE coalesce(m.value, 0) <> coalesce(p.net, 0)""")
    for cycle_id, bank, moved, net in rows:
        yield Finding("INV-9", str(cycle_id), f"{bank}: net {net}, tokens moved {moved}")


def audit_log_is_whole() -> Iterator[Finding]:
    """INV-11: no entry is missing, changed or out of its place."""
    for broken in check_chain().broken:
        subject, _, detail = broken.partition(": ")
        yield Finding("INV-11", subject, detail)


CHECKS: tuple[Check, ...] = (
    supply_adds_up,
    holdings_are_the_live_tokens,
    tokens_are_spent_once,
    requests_are_executed_once,
    transactions_keep_value,
    chain_is_whole,
    tokens_are_signed,
    reserves_back_the_tokens,
    positions_are_the_payments,
    payments_are_decided_once,
    returns_stay_within_what_was_paid,
    cycles_net_to_zero,
    tokens_moved_as_netted,
    audit_log_is_whole,
)
