"""Orders to freeze a wallet: by wallet id alone, for the central bank knows no holder (INV-12)."""

from datetime import date
from uuid import UUID

from django.db import transaction

from cbdc.audit import services as audit
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import institution_number_of
from cbdc.institution import Role
from cbdc.messaging.handlers import handles
from cbdc.messaging.services import send
from cbdc.protocol.messages import DailyReport as Report
from cbdc.protocol.messages import FreezeOrder as Order
from cbdc.protocol.messages import FreezeReport
from central_bank.supervision import directory
from central_bank.supervision.models import DailyReport, FreezeOrder

WALLET_ID_DIGITS = 16
REFERENCE_MAX = 64


def check(*, wallet_id: str, action: str, reference: str) -> None:
    """Raises: Problem invalid_wallet_id or validation_failed."""
    if len(wallet_id) != WALLET_ID_DIGITS or not wallet_id.isascii() or not wallet_id.isdigit():
        raise Problem(ErrorCode.INVALID_WALLET_ID)
    if action not in FreezeOrder.Action.values:
        raise Problem(ErrorCode.VALIDATION_FAILED, "action: freeze or unfreeze")
    if not 1 <= len(reference) <= REFERENCE_MAX:
        raise Problem(ErrorCode.VALIDATION_FAILED, "reference: 1 to 64 characters")


@transaction.atomic
def order(
    *, bank: str, order_id: UUID, wallet_id: str, action: str, reference: str, actor: str
) -> None:
    """Send a bank the order; its report says what came of it.

    Raises:
        Problem: unknown_payee, when the wallet is of another bank.
    """
    found = directory.bank(bank)
    if found is None or institution_number_of(wallet_id) != found.number:
        raise Problem(ErrorCode.UNKNOWN_PAYEE, "The wallet is of another bank.")
    FreezeOrder.objects.create(
        id=order_id, bank=bank, wallet_id=wallet_id, action=action, reference=reference
    )
    message = Order(order_id=order_id, wallet_id=wallet_id, action=action, reference=reference)
    send(to=bank, message=message)
    audit.record(
        actor=actor, action=f"order_{action}", subject=wallet_id, detail={"reference": reference}
    )


@handles(FreezeReport, at=Role.CENTRAL_BANK)
def answered(message: FreezeReport, *, sender: str, message_id: UUID) -> None:
    """A bank says what it did.

    Raises:
        Problem: not_found, for another bank's order.
    """
    orders = FreezeOrder.objects.filter(id=message.order_id, bank=sender)
    if not orders.exists():
        raise Problem(ErrorCode.NOT_FOUND)
    orders.filter(state=FreezeOrder.State.SENT).update(
        state=message.status, code=message.code or "", answered_at=now()
    )


@handles(Report, at=Role.CENTRAL_BANK)
def reported(message: Report, *, sender: str, message_id: UUID) -> None:
    """A bank's day; the first report of a day stands."""
    DailyReport.objects.get_or_create(
        bank=sender,
        day=date.fromisoformat(message.day),
        defaults={
            "wallets": {str(row.category): row.wallets for row in message.wallets},
            "circulation": message.circulation,
            "stock": message.stock,
        },
    )
