"""ISO 20022 reason codes of payments (external code sets), by codes of the error registry."""

# ExternalStatusReason1Code: why a payment is rejected, or (in a PDNG) is held.
STATUS_REASONS = {
    "unknown_payee": "AC01",  # incorrect account number
    "not_found": "AC01",
    "invalid_wallet_id": "AC01",
    "wallet_closed": "AC04",  # closed account
    "wallet_frozen": "AC06",  # blocked account
    "payee_restricted": "AG01",  # transaction forbidden
    "balance_limit_exceeded": "AM14",  # amount exceeds agreed limit
    "payment_limit_exceeded": "AM14",
    "daily_limit_exceeded": "AM14",
    "annual_limit_exceeded": "AM14",
    "refund_exceeds_payment": "AM09",  # wrong amount
    "insufficient_funds": "AM04",
    "currency_mismatch": "AM03",  # not a processable currency
    "institution_unavailable": "AB08",  # offline creditor agent
}
REASON_NOT_SPECIFIED = "MS03"
HELD_FOR_COVER = "AM04"  # in a PDNG: the payer's bank has too little guarantee for it

# ExternalPaymentCancellationRejection1Code and ExternalCancellationReason1Code.
RECALL_NOT_ANSWERED = "TECH"
RECALL_NO_COVER = "COVR"
ALREADY_CREDITED = "ARDT"  # already returned or accepted: it cannot be cancelled any more
STILL_UNDER_WAY = "PTNA"  # passed to the next agent

# ExternalReturnReason1Code: why money that came goes back.
RETURN_REFUND = "CUST"  # on the creditor's request
RETURN_NOT_EXPECTED = "DUPL"  # e.g. an order that was paid already


def status_reason(code: str | None) -> str:
    """The reason that a pacs.002 gives for a code of the error registry."""
    return STATUS_REASONS.get(code or "", REASON_NOT_SPECIFIED)
