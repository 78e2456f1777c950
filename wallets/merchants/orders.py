"""Orders that a payer pays by QR code: placed, closed, expired."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import new_id
from wallets.accounts.models import Wallet
from wallets.accounts.states import require_active
from wallets.merchants.authentication import Caller
from wallets.merchants.events import ORDER_CLOSED, tell_of_order
from wallets.merchants.machine import CLOSED, EXPIRED, ORDER, OrderEvent
from wallets.merchants.models import Merchant, Order
from wallets.merchants.selectors import own_order, own_terminal, own_wallets, status_of
from wallets.qr import LABEL_MAX, NAME_MAX, QrCode, QrError, encode

EXPIRE_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a merchant wants to be paid. `amount` is fen, `terminal` a label or empty."""

    out_trade_no: str
    amount: int
    description: str
    terminal: str = ""


def place(*, caller: Caller, wanted: Wanted, expires_in: timedelta) -> Order:
    """An open order with its QR code, in the caller's transaction.

    Raises:
        Problem: duplicate_out_trade_no; validation_failed for an unknown terminal, invalid_amount
            for one that no QR code can carry; wallet_frozen, wallet_closed.
    """
    order = draft(caller=caller, wanted=wanted, expires_in=expires_in)
    code = replace(
        _card(caller.merchant, order.payee_wallet),
        amount=order.amount,
        order_id=order.id,
        reference=_label(order.out_trade_no),
        terminal=_label(order.terminal),
    )
    try:
        order.qr = encode(code)
    except QrError as error:
        code_of_amount = ErrorCode.INVALID_AMOUNT.code
        raise refuse([FieldError("amount", code_of_amount, f"{error}.")]) from error
    insert(order)
    return order


def draft(*, caller: Caller, wanted: Wanted, expires_in: timedelta) -> Order:
    """An order of the caller that is not kept yet.

    Raises:
        Problem: validation_failed for an unknown terminal; wallet_frozen, wallet_closed.
    """
    shop_id = caller.shop_id
    if wanted.terminal:
        terminal = own_terminal(caller, wanted.terminal)
        if terminal is None:
            raise refuse([FieldError("terminal", "unknown", "You have no such terminal.")])
        shop_id = terminal.shop_id
    require_active(Wallet.objects.get(wallet_id=caller.merchant.wallet_id))
    moment = now()
    return Order(
        id=new_id(),
        merchant=caller.merchant,
        shop_id=shop_id,
        terminal=wanted.terminal,
        out_trade_no=wanted.out_trade_no,
        payee_wallet=caller.merchant.wallet_id,
        amount=wanted.amount,
        description=wanted.description,
        created_at=moment,
        expires_at=moment + expires_in,
    )


def insert(order: Order) -> None:
    """Keep a draft.

    Raises:
        Problem: duplicate_out_trade_no.
    """
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError as error:
        raise Problem(ErrorCode.DUPLICATE_OUT_TRADE_NO) from error


def close(*, caller: Caller, order_id: UUID) -> Order:
    """Let an open order be paid no more. A closed one stays closed.

    Raises:
        Problem: not_found; order_not_open, when it is paid, being charged, or expired.
    """
    order = own_order(caller, order_id)
    moment = now()
    closes = Order.objects.filter(
        id=order.id, status__in=ORDER.leading_to(OrderEvent.CLOSE, CLOSED), expires_at__gt=moment
    )
    changed = closes.update(status=CLOSED, closed_at=moment)
    order.refresh_from_db()
    if status_of(order) != CLOSED:
        raise Problem(ErrorCode.ORDER_NOT_OPEN)
    if changed:
        tell_of_order(ORDER_CLOSED, order)
    return order


def expire() -> int:
    """End the orders whose time is over, at most a batch; how many ended."""
    moment = now()
    with transaction.atomic():
        over = list(
            Order.objects.select_for_update(skip_locked=True)
            .filter(status__in=ORDER.leading_to(OrderEvent.EXPIRE, EXPIRED), expires_at__lte=moment)
            .order_by("expires_at")[:EXPIRE_BATCH]
        )
        Order.objects.filter(id__in=[order.id for order in over]).update(
            status=EXPIRED, closed_at=moment
        )
        for order in over:
            order.status, order.closed_at = EXPIRED, moment
            tell_of_order(ORDER_CLOSED, order)
    return len(over)


def static_qr(*, caller: Caller, wallet_id: str | None) -> tuple[str, str]:
    """A wallet of the firm, by default the merchant's, and a code for it that names no amount.

    Raises:
        Problem: not_found, for a wallet that is not an open one of the firm.
    """
    chosen = wallet_id or caller.merchant.wallet_id
    if chosen not in own_wallets(caller):
        raise Problem(ErrorCode.NOT_FOUND, "Your firm has no such wallet.")
    return chosen, encode(_card(caller.merchant, chosen))


def _card(merchant: Merchant, wallet_id: str) -> QrCode:
    """What a payer's screen shows of the merchant."""
    return QrCode(
        wallet_id=wallet_id,
        name=merchant.qr_name,
        city=merchant.city,
        category=merchant.category,
        local_name="" if merchant.name.isascii() else merchant.name[:NAME_MAX],
    )


def _label(text: str) -> str:
    """A label that fits into a code, or none."""
    fits = len(text) <= LABEL_MAX and text.isascii() and text.isprintable()
    return text if fits else ""
