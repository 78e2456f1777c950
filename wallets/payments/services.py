"""Paying, topping up and withdrawing. Each runs in the caller's transaction."""

from uuid import UUID

from cbdc.clock import now
from cbdc.crypto.http_signatures import Verified
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, institution_number_of, new_id
from cbdc.institution import this_institution
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from commercial_banks.chart import BANK_FUNDS, STOCK
from commercial_banks.clearing.services import start_payment
from commercial_banks.customers.models import DepositAccount
from wallets.accounts.models import Wallet
from wallets.payments.models import DepositMovement, Payment, Status
from wallets.payments.refusals import require_recorded

Kind = DepositMovement.Kind


def pay(
    *, payer: Wallet, payee_wallet: str, amount: int, memo: str, device_id: UUID, proof: Verified
) -> Payment:
    """Pay a wallet of this bank at once, or start a payment to another bank's.

    Raises:
        Problem: same_wallet, unknown_payee, wallet_frozen, wallet_closed, insufficient_funds,
            payee_restricted, and those of the limits.
    """
    if payee_wallet == payer.wallet_id:
        raise Problem(ErrorCode.SAME_WALLET)
    payment_id = new_id()
    inside = institution_number_of(payee_wallet) == this_institution().number
    if inside:
        result = _pay_inside(payment_id, payer.wallet_id, payee_wallet, amount)
    else:
        result = start_payment(
            payment_id=payment_id,
            payer_wallet=payer.wallet_id,
            payee_wallet=payee_wallet,
            amount=amount,
            memo=memo,
        )
    require_recorded(result)
    return Payment.objects.create(
        id=payment_id,
        payer_wallet=payer.wallet_id,
        payee_wallet=payee_wallet,
        amount=amount,
        memo=memo,
        status=Status.COMPLETED if inside else Status.PENDING,
        completed_at=now() if inside else None,
        device_id=device_id,
        signature_base=proof.signature_base,
        signature=proof.signature,
    )


def move_deposit(
    *, kind: Kind, wallet: Wallet, number: str, amount: int, device_id: UUID, proof: Verified
) -> DepositMovement:
    """Swap a deposit for e-CNY or back: two linked transfers, 1:1.

    Raises:
        Problem: not_found for an account of somebody else, insufficient_funds, wallet_frozen,
            wallet_closed.
    """
    mine = DepositAccount.objects.filter(
        number=number, customer__phone_hash=wallet.phone_hash
    ).exists()
    if not mine:
        raise Problem(ErrorCode.NOT_FOUND, "You have no such deposit account at this bank.")
    movement = DepositMovement.objects.create(
        kind=kind,
        wallet_id=wallet.wallet_id,
        deposit_account=number,
        amount=amount,
        device_id=device_id,
        signature_base=proof.signature_base,
        signature=proof.signature,
    )
    sides = [(int(number), BANK_FUNDS), (STOCK, int(wallet.wallet_id))]
    if kind == Kind.WITHDRAWAL:
        sides = [(credit, debit) for debit, credit in sides]
    ledgers = [Ledger.DEPOSITS, Ledger.DIGITAL_CURRENCY]
    results = create_transfers(
        [
            Transfer(
                id=derived_id(movement.id, ledger.name),
                debit_account=debit,
                credit_account=credit,
                amount=amount,
                ledger=ledger,
                code=TransferCode.TOP_UP if kind == Kind.TOP_UP else TransferCode.WITHDRAWAL,
                reference=movement.id,
                occurred_at=now(),
                flags=TransferFlag.LINKED if ledger is Ledger.DEPOSITS else TransferFlag(0),
            )
            for (debit, credit), ledger in zip(sides, ledgers, strict=True)
        ]
    )
    for result in results:
        if result is not Result.LINKED_TRANSFER_FAILED:
            require_recorded(result)
    return movement


def _pay_inside(payment_id: UUID, payer: str, payee: str, amount: int) -> Result:
    [result] = create_transfers(
        [
            Transfer(
                id=derived_id(payment_id, "pay"),
                debit_account=int(payer),
                credit_account=int(payee),
                amount=amount,
                ledger=Ledger.DIGITAL_CURRENCY,
                code=TransferCode.PAYMENT,
                reference=payment_id,
                occurred_at=now(),
                flags=TransferFlag.LIMITED,
            )
        ]
    )
    return result
