"""One person asks another for money, who pays or declines. Requests move nothing by themselves.

States: open → paid | declined | cancelled | expired; across banks open → paying → paid, and
back to open when the payment is rejected.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import institution_number_of
from cbdc.institution import this_institution
from cbdc.money import CURRENCY
from cbdc.protocol.messages import Pain013, Pain014
from commercial_banks.clearing import requests as interbank
from commercial_banks.clearing.directory import bank_of
from wallets.accounts.models import Wallet
from wallets.accounts.states import require_active
from wallets.payments.authorisation import Authorisation
from wallets.payments.models import Payment, PaymentRequest, Status
from wallets.payments.services import pay

State = PaymentRequest.State
EXPIRE_BATCH = 1000


def ask(
    *, payee: Wallet, payer_wallet: str, amount: int, memo: str, expires_in: timedelta
) -> PaymentRequest:
    """Ask the holder of `payer_wallet`, at any bank, for money into the wallet `payee`.

    Raises:
        Problem: same_wallet; validation_failed for a payer that nobody has; wallet_frozen,
            wallet_closed.
    """
    if payer_wallet == payee.wallet_id:
        raise Problem(ErrorCode.SAME_WALLET)
    number = institution_number_of(payer_wallet)
    payer_bank = bank_of(number)
    inside = number == this_institution().number
    if inside and not Wallet.objects.filter(pk=payer_wallet).exists():
        payer_bank = None
    if payer_bank is None:
        raise refuse([FieldError("payer_wallet", "unknown", "Nobody has this wallet.")])
    require_active(payee)
    request = PaymentRequest.objects.create(
        payee_wallet=payee.wallet_id,
        payer_wallet=payer_wallet,
        amount=amount,
        memo=memo,
        expires_at=now() + expires_in,
    )
    if not inside:
        interbank.ask(_as_message(request, payer_bank))
    return request


def accept(*, request: PaymentRequest, payer: Wallet, by: Authorisation) -> Payment:
    """Pay what was asked for. Of two at once, one pays and the other hears that it is done.

    Raises:
        Problem: order_not_open, when the request is no longer open; and those of `pay`.
    """
    request = _locked_open(request.id)
    payment = pay(
        payer=payer,
        payee_wallet=request.payee_wallet,
        amount=request.amount,
        memo=request.memo,
        by=by,
    )
    request.payment_id = payment.id
    request.state = State.PAID if payment.status == Status.COMPLETED else State.PAYING
    request.save(update_fields=["payment_id", "state"])
    if request.state == State.PAYING:
        interbank.answer(_as_message(request), status="ACSP", payment_id=payment.id)
    return payment


def decline(*, request: PaymentRequest) -> PaymentRequest:
    """The payer will not pay.

    Raises:
        Problem: order_not_open.
    """
    return _end(request, State.DECLINED)


def cancel(*, request: PaymentRequest) -> PaymentRequest:
    """The payee takes the request back.

    Raises:
        Problem: order_not_open.
    """
    return _end(request, State.CANCELLED)


def expire_requests() -> int:
    """End open requests whose time is over, at most a batch; how many ended."""
    due = PaymentRequest.objects.filter(state=State.OPEN, expires_at__lte=now())
    ids = due.values_list("id", flat=True)[:EXPIRE_BATCH]
    return PaymentRequest.objects.filter(id__in=list(ids), state=State.OPEN).update(
        state=State.EXPIRED
    )


def payments_ended(payment_ids: Sequence[UUID], *, completed: bool) -> None:
    """Payments were decided between the banks: the requests they pay are paid, or open again."""
    PaymentRequest.objects.filter(payment_id__in=payment_ids, state=State.PAYING).update(
        **({"state": State.PAID} if completed else {"state": State.OPEN, "payment_id": None})
    )


@interbank.on_asked
def from_another_bank(message: Pain013) -> None:
    """A person at another bank asks a holder of this one."""
    if message.payer_wallet is None:
        return
    if not Wallet.objects.filter(pk=message.payer_wallet).exists():
        unknown = ErrorCode.VALIDATION_FAILED
        interbank.answer(message, status="RJCT", code=unknown.code, detail="Nobody has it.")
        return
    PaymentRequest.objects.get_or_create(
        id=message.request_id,
        defaults={
            "payee_wallet": message.payee_wallet,
            "payer_wallet": message.payer_wallet,
            "amount": message.amount,
            "memo": message.memo,
            "created_at": message.created_at,
            "expires_at": message.expires_at,
        },
    )


@interbank.on_answered
def answered(message: Pain014) -> None:
    """The other bank says what became of a request; only an open one changes."""
    request = PaymentRequest.objects.select_for_update().filter(id=message.request_id).first()
    if request is None or request.state != State.OPEN:
        return
    withdrawn = message.status == "CANC"
    speaks_for = request.payee_wallet if withdrawn else request.payer_wallet
    speaker = message.payee_bank if withdrawn else message.payer_bank
    if bank_of(institution_number_of(speaks_for)) != speaker:
        return
    if message.status == "ACSP" and message.payment_id is not None:
        request.payment_id = message.payment_id
        arrived = Payment.objects.filter(
            id=message.payment_id, payee_wallet=request.payee_wallet, status=Status.COMPLETED
        ).exists()
        request.state = State.PAID if arrived else State.PAYING
    else:
        request.state = State.CANCELLED if withdrawn else State.DECLINED
    request.save(update_fields=["payment_id", "state"])


def _locked_open(request_id: UUID) -> PaymentRequest:
    request = PaymentRequest.objects.select_for_update().get(id=request_id)
    if request.state != State.OPEN or request.expires_at <= now():
        raise Problem(ErrorCode.ORDER_NOT_OPEN, "The request is not open.")
    return request


def _end(request: PaymentRequest, state: PaymentRequest.State) -> PaymentRequest:
    request = _locked_open(request.id)
    request.state = state
    request.save(update_fields=["state"])
    payer, payee = map(institution_number_of, (request.payer_wallet, request.payee_wallet))
    if payer != payee:
        declined = state == State.DECLINED
        interbank.answer(
            _as_message(request),
            status="RJCT" if declined else "CANC",
            code=ErrorCode.ORDER_NOT_OPEN.code,
            detail=f"The request was {state.value}.",
        )
    return request


def _as_message(request: PaymentRequest, payer_bank: str | None = None) -> Pain013:
    banks = [
        bank_of(institution_number_of(wallet)) or ""
        for wallet in (request.payee_wallet, request.payer_wallet)
    ]
    return Pain013(
        request_id=request.id,
        payee_bank=banks[0],
        payer_bank=payer_bank or banks[1],
        payee_wallet=request.payee_wallet,
        payer_wallet=request.payer_wallet,
        payment_code=None,
        mandate=None,
        amount=request.amount,
        currency=CURRENCY,
        memo=request.memo,
        order_reference=None,
        terminal=None,
        created_at=request.created_at,
        expires_at=request.expires_at,
    )
