"""Paying, topping up and withdrawing. Each runs in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, institution_number_of, new_id
from cbdc.institution import this_institution
from cbdc.ledger.selectors import available
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from commercial_banks.chart import BANK_FUNDS, STOCK
from commercial_banks.clearing.services import first_refusal, start_payment
from commercial_banks.customers.models import Customer, DepositAccount
from wallets.accounts.models import Wallet
from wallets.notifications.services import Event, note
from wallets.payments.authorisation import Authorisation
from wallets.payments.models import DepositMovement, Payment, Status
from wallets.payments.orders import order_book
from wallets.payments.refusals import require_recorded

Kind = DepositMovement.Kind
SHORTFALL_TRIES_MAX = 5


def pay(
    *,
    payer: Wallet,
    payee_wallet: str,
    amount: int,
    memo: str,
    by: Authorisation,
    reference: str = "",
    within_family: bool = False,
) -> Payment:
    """Pay a wallet of this bank at once, or start a payment to another bank's.

    `reference` names the order that is paid. `within_family`: between a holder's wallet and its
    own sub-wallets, which counts against no limit, for nothing is paid. When the money does not
    do and the holder wished it so, the shortfall comes from the deposit account.

    Raises:
        Problem: same_wallet, unknown_payee, wallet_frozen, wallet_closed, insufficient_funds,
            payee_restricted, and those of the limits.
    """
    if payee_wallet == payer.wallet_id:
        raise Problem(ErrorCode.SAME_WALLET)
    inside = institution_number_of(payee_wallet) == this_institution().number
    moment = now()
    payment = Payment(
        id=new_id(),
        payer_wallet=payer.wallet_id,
        payee_wallet=payee_wallet,
        amount=amount,
        memo=memo,
        reference=reference,
        status=Status.COMPLETED if inside else Status.PENDING,
        created_at=moment,
        completed_at=moment if inside else None,
        device_id=by.device_id,
        signature_base=by.signature_base,
        signature=by.signature,
    )
    if payer.top_up_from:
        result = _move_with_shortfall(payment, payer, by, within_family)
    else:
        result = _move(payment, by, within_family)
    require_recorded(result)
    payment.save(force_insert=True)
    events = {payer.wallet_id: Event.MONEY_OUT}
    if inside:
        events[payee_wallet] = Event.MONEY_IN
    note(subject_id=payment.id, events=events, amount=amount)
    if inside and reference:
        order_book().paid(payment)
    return payment


def move_deposit(
    *, kind: Kind, wallet: Wallet, number: str, amount: int, by: Authorisation
) -> DepositMovement:
    """Swap a deposit for e-CNY or back: two linked transfers, 1:1.

    Raises:
        Problem: not_found for an account of somebody else, insufficient_funds, wallet_frozen,
            wallet_closed, balance_limit_exceeded.
    """
    require_own_deposit_account(wallet, number)
    movement = _movement(kind, wallet.wallet_id, number, amount, by)
    require_recorded(first_refusal(create_transfers(_swap(movement))))
    movement.save(force_insert=True)
    event = Event.MONEY_IN if kind == Kind.TOP_UP else Event.MONEY_OUT
    note(subject_id=movement.id, events={wallet.wallet_id: event}, amount=amount)
    return movement


def require_own_deposit_account(wallet: Wallet, number: str) -> None:
    """Raises: Problem not_found, unless the account is of the wallet's holder."""
    accounts = DepositAccount.objects.filter(number=number)
    if wallet.kind == Wallet.Kind.CORPORATE:
        accounts = accounts.filter(customer__id__in=[wallet.customer_id])
    else:
        accounts = accounts.filter(
            customer__phone_hash=wallet.phone_hash, customer__kind=Customer.Kind.PERSON
        )
    if not accounts.exists():
        raise Problem(ErrorCode.NOT_FOUND, "You have no such deposit account at this bank.")


def _move(
    payment: Payment, by: Authorisation, within_family: bool, funding: Sequence[Transfer] = ()
) -> Result:
    """Move the money, or reserve it for another bank; after `funding`, linked to it."""
    if payment.status == Status.PENDING:
        return start_payment(
            payment_id=payment.id,
            payer_wallet=payment.payer_wallet,
            payee_wallet=payment.payee_wallet,
            amount=payment.amount,
            memo=payment.memo,
            order_reference=payment.reference or None,
            strict_category=by.strict_category,
            funding=funding,
        )
    transfer = transfer_of(payment)
    if within_family:
        transfer = replace(transfer, flags=TransferFlag(0))
    else:
        transfer = replace(transfer, strict_category=by.strict_category)
    return first_refusal(create_transfers([*funding, transfer]))


def transfer_of(payment: Payment) -> Transfer:
    """How the money of a payment inside the bank moves, held to the payer's limits."""
    return Transfer(
        id=derived_id(payment.id, "pay"),
        debit_account=int(payment.payer_wallet),
        credit_account=int(payment.payee_wallet),
        amount=payment.amount,
        ledger=Ledger.DIGITAL_CURRENCY,
        code=TransferCode.PAYMENT,
        reference=payment.id,
        occurred_at=payment.created_at,
        flags=TransferFlag.LIMITED,
    )


def _move_with_shortfall(
    payment: Payment, payer: Wallet, by: Authorisation, within_family: bool
) -> Result:
    """As `_move`; when the money does not do, top up by what is missing, linked to it.

    What is missing is read without a lock, and the engine decides the whole chain: if others
    spent in between, it changes nothing and is tried with what is missing then. Each try is a
    savepoint, so that no row stays locked that the next one would lock out of order.
    """
    funding: list[Transfer] = []
    movement: DepositMovement | None = None
    for _ in range(SHORTFALL_TRIES_MAX):
        with transaction.atomic():
            result = _move(payment, by, within_family, funding)
            if not result.recorded:
                transaction.set_rollback(True)
        if result is not Result.INSUFFICIENT_FUNDS:
            break
        missing = payment.amount - available(int(payer.wallet_id))
        if missing <= 0:
            funding, movement = [], None
            continue
        if movement is not None and movement.amount == missing:
            break  # it is the deposit account that has too little
        movement = _movement(Kind.TOP_UP, payer.wallet_id, payer.top_up_from, missing, by)
        movement.payment_id = payment.id
        funding = _swap(movement, linked=True)
    if result.recorded and movement is not None:
        movement.save(force_insert=True)
    return result


def _movement(
    kind: Kind, wallet_id: str, number: str, amount: int, by: Authorisation
) -> DepositMovement:
    return DepositMovement(
        kind=kind,
        wallet_id=wallet_id,
        deposit_account=number,
        amount=amount,
        device_id=by.device_id,
        signature_base=by.signature_base,
        signature=by.signature,
    )


def _swap(movement: DepositMovement, *, linked: bool = False) -> list[Transfer]:
    """Its two transfers; `linked` to what follows too."""
    sides = [(int(movement.deposit_account), BANK_FUNDS), (STOCK, int(movement.wallet_id))]
    code = TransferCode.TOP_UP
    if movement.kind == Kind.WITHDRAWAL:
        sides = [(credit, debit) for debit, credit in sides]
        code = TransferCode.WITHDRAWAL
    moment = now()

    def leg(ledger: Ledger, sides: tuple[int, int], flags: TransferFlag) -> Transfer:
        return Transfer(
            id=derived_id(movement.id, ledger.name),
            debit_account=sides[0],
            credit_account=sides[1],
            amount=movement.amount,
            ledger=ledger,
            code=code,
            reference=movement.id,
            occurred_at=moment,
            flags=flags,
        )

    last = TransferFlag.LINKED if linked else TransferFlag(0)
    return [
        leg(Ledger.DEPOSITS, sides[0], TransferFlag.LINKED),
        leg(Ledger.DIGITAL_CURRENCY, sides[1], last),
    ]
