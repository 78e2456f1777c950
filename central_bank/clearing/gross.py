"""Gross settlement: the tokens of one payment move when it is decided, and not in a cycle."""

from cbdc.clock import now
from cbdc.messaging.services import send_each
from cbdc.protocol.messages import Camt054
from central_bank.clearing.domain import settlement_outputs, tokens_to_consume
from central_bank.clearing.store import Payment
from central_bank.issuance.domain import Kind
from central_bank.issuance.registry import execute, inputs_of
from central_bank.issuance.selectors import guarantee_tokens

LOCKED_TOKENS_MAX = 32  # of a bank; above it, a settlement merges them


def settle_gross(payment: Payment) -> None:
    """Move locked tokens worth the payment, once, and advise both banks.

    The caller holds the chain. The tokens are there: they were earmarked when the payment was
    forwarded. At the payee's bank they arrive as guarantee, which it may unlock.
    """
    chosen = tokens_to_consume(
        guarantee_tokens(payment.payer_bank), payment.amount, keep_max=LOCKED_TOKENS_MAX
    )
    consumed = {payment.payer_bank: sum(value for _, value in chosen)}
    nets = {payment.payer_bank: -payment.amount, payment.payee_bank: payment.amount}
    done = execute(
        Kind.SETTLE,
        request_id=payment.payment_id,
        inputs=inputs_of([token_id for token_id, _ in chosen]),
        outputs=settlement_outputs(consumed, nets),
    )
    payment.transaction_id = done.transaction_id
    moment = now()
    send_each(
        [
            (
                bank,
                Camt054(
                    payment_id=payment.payment_id,
                    direction=direction,
                    amount=payment.amount,
                    transaction_id=done.transaction_id,
                    consumed=done.consumed.get(bank, ()),
                    created=done.created.get(bank, ()),
                    settled_at=moment,
                ),
            )
            for bank, direction in ((payment.payer_bank, "out"), (payment.payee_bank, "in"))
        ]
    )
