"""The auditor of merchants: INV-8 from the rows alone, in one snapshot; no code of the services."""

from cbdc.ledger.types import AccountCode
from commercial_banks.clearing.audit import also, findings_of

_FINDINGS = """
WITH refunds AS (
    SELECT order_id,
        coalesce(sum(amount) FILTER (WHERE status = 'completed'), 0) AS completed,
        coalesce(sum(amount) FILTER (WHERE status = 'pending'), 0) AS pending
    FROM merchants_refund GROUP BY order_id
)
SELECT 'INV-8: order ' || o.id || ' is paid, and no completed payment of its amount paid it'
FROM merchants_order o LEFT JOIN payments_payment p ON p.id = o.payment_id
WHERE o.status = 'paid' AND (p.status, p.amount, p.payee_wallet, p.payer_wallet, p.reference)
    IS DISTINCT FROM ('completed', o.amount, o.payee_wallet, o.payer_wallet, o.id::text)
UNION ALL
SELECT 'INV-8: order ' || o.id || ' counts refunds of ' || o.refunded || ' and ' || o.refunding
    || ', there are ' || coalesce(r.completed, 0) || ' and ' || coalesce(r.pending, 0)
FROM merchants_order o LEFT JOIN refunds r ON r.order_id = o.id
WHERE (o.refunded, o.refunding) <> (coalesce(r.completed, 0), coalesce(r.pending, 0))
UNION ALL
SELECT 'INV-8: refund ' || r.id || ' is completed, and no payment of its amount went back'
FROM merchants_refund r JOIN merchants_order o ON o.id = r.order_id
LEFT JOIN payments_payment p ON p.id = r.payment_id
WHERE r.status = 'completed' AND (p.status, p.amount, p.payer_wallet, p.payee_wallet)
    IS DISTINCT FROM ('completed', r.amount, o.payee_wallet, o.payer_wallet)
UNION ALL
SELECT 'INV-8: payment ' || p.id || ' named an order of a merchant, and neither paid it nor is'
    || ' sent back'
FROM payments_payment p JOIN merchants_merchant m ON m.wallet_id = p.payee_wallet
WHERE p.status = 'completed' AND p.reference <> ''
    AND NOT EXISTS (SELECT FROM merchants_order o WHERE o.payment_id = p.id)
    AND NOT EXISTS (SELECT FROM merchants_return r WHERE r.id = p.id)
UNION ALL
SELECT 'INV-8: the account of fees holds ' || fees.held || ', the orders say ' || fees.said
FROM (
    SELECT coalesce((SELECT b.credits_posted - b.debits_posted FROM ledger_balance b
            WHERE b.id = %(fees)s), 0) AS held,
        (SELECT coalesce(sum(fee), 0) FROM merchants_order) AS said
) fees WHERE held <> said
"""


@also
def audit_merchants() -> list[str]:
    """What does not hold of orders, refunds, returns and fees, in words."""
    return findings_of(_FINDINGS, {"fees": int(AccountCode.FEES)})
