"""The auditor of transit: from the rows alone, in one snapshot; no code of the services."""

from cbdc.ledger.types import AccountCode
from commercial_banks.clearing.audit import also, findings_of

_FINDINGS = """
WITH refunds AS (
    SELECT charge_id, sum(amount) AS amount FROM transit_farerefund GROUP BY charge_id
)
SELECT 'INV-8: charge ' || c.id || ' is paid, and no completed payment of its amount paid it'
FROM transit_charge c JOIN merchants_merchant m ON m.id = c.operator_id
LEFT JOIN payments_payment p ON p.id = c.payment_id
WHERE c.state = 'paid' AND (p.status, p.amount, p.payee_wallet, p.payer_wallet)
    IS DISTINCT FROM ('completed', c.amount, m.wallet_id, c.payer_wallet)
UNION ALL
SELECT 'INV-8: charge ' || c.id || ' counts refunds of ' || c.refunded || ', there are '
    || coalesce(r.amount, 0)
FROM transit_charge c LEFT JOIN refunds r ON r.charge_id = c.id
WHERE c.refunded <> coalesce(r.amount, 0)
UNION ALL
SELECT 'INV-8: fare refund ' || r.id || ' is completed, and no payment of its amount went back'
FROM transit_farerefund r JOIN transit_charge c ON c.id = r.charge_id
LEFT JOIN payments_payment p ON p.id = r.payment_id
WHERE r.status = 'completed' AND (p.status, p.amount, p.payee_wallet)
    IS DISTINCT FROM ('completed', r.amount, c.payer_wallet)
UNION ALL
SELECT 'journey ' || j.journey_id || ' names a tap that there is not'
FROM transit_ratedjourney j, jsonb_array_elements_text(j.tap_ids) tap
WHERE NOT EXISTS (SELECT FROM transit_tap t
    WHERE t.operator_id = j.operator_id AND t.tap_id = tap::uuid)
UNION ALL
SELECT 'debts are ' || rows.owed || ' and losses ' || rows.lost || ', the ledger of claims says '
    || booked.owed || ' and ' || booked.lost
FROM (
    SELECT coalesce(sum(amount) FILTER (WHERE state = 'owed'), 0) AS owed,
        coalesce(sum(amount) FILTER (WHERE state = 'lost'), 0) AS lost FROM transit_charge
) rows, (
    SELECT coalesce(sum(debits_posted - credits_posted) FILTER (WHERE id = %(owed)s), 0) AS owed,
        coalesce(sum(debits_posted - credits_posted) FILTER (WHERE id = %(lost)s), 0) AS lost
    FROM ledger_balance WHERE id IN (%(owed)s, %(lost)s)
) booked
WHERE (rows.owed, rows.lost) <> (booked.owed, booked.lost)
UNION ALL
SELECT 'credential ' || c.credential_id || ' has a debt, and gates are not told to refuse it'
FROM transit_charge c
WHERE c.state IN ('owed', 'lost') AND NOT EXISTS (SELECT FROM transit_denyentry d
    WHERE d.denied AND d.credential_id = c.credential_id AND d.operator_id = c.operator_id)
"""


@also
def audit_transit() -> list[str]:
    """What does not hold of charges, refunds, journeys and debts, in words."""
    values = {
        "owed": int(AccountCode.TRANSIT_RECEIVABLE),
        "lost": int(AccountCode.TRANSIT_LOSSES),
    }
    return findings_of(_FINDINGS, values)
