"""What is not at its end at a bank. No Django here: whoever drives a load test asks often."""

UNDECIDED = """
SELECT (SELECT count(*) FROM payments_payment WHERE status = 'pending')
    + (SELECT count(*) FROM bank_clearing_interbankpayment WHERE status = 'pending'),
    (SELECT count(*) FROM messaging_outboxmessage WHERE delivered_at IS NULL)
"""
