"""What the central bank's supervision says to a bank, and the bank's report of each day."""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from cbdc.clock import china_today
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.ledger.selectors import balance, balances
from cbdc.ledger.services import publish_limit_table
from cbdc.ledger.types import Limits
from cbdc.messaging.handlers import handles
from cbdc.messaging.services import send
from cbdc.protocol.messages import (
    CategoryCount,
    DailyReport,
    FreezeOrder,
    FreezeReport,
    LimitTable,
)
from commercial_banks.chart import STOCK
from wallets.accounts import states
from wallets.accounts.models import Wallet

ONE_DAY = timedelta(days=1)
WALLETS_AT_ONCE = 10_000


@handles(LimitTable, at=Role.COMMERCIAL_BANK)
def limits_published(message: LimitTable, *, sender: str, message_id: UUID) -> None:
    """They hold from their own minute on, and nobody need do anything then."""
    publish_limit_table(
        effective_from=message.effective_from,
        limits={
            row.category: Limits(row.balance, row.per_payment, row.daily, row.annual)
            for row in message.categories
        },
    )


@handles(FreezeOrder, at=Role.COMMERCIAL_BANK)
def freeze_ordered(message: FreezeOrder, *, sender: str, message_id: UUID) -> None:
    """Carry the order out and report it."""
    code = None
    try:
        with transaction.atomic():
            _obey(message)
    except Problem as problem:
        code = problem.error.code
    status = "done" if code is None else "refused"
    report = FreezeReport(order_id=message.order_id, status=status, code=code)
    send(to=CENTRAL_BANK_CODE, message=report)


def _obey(order: FreezeOrder) -> None:
    wallet = Wallet.objects.filter(wallet_id=order.wallet_id).first()
    if wallet is None:
        raise Problem(ErrorCode.NOT_FOUND)
    if order.action == "freeze":
        states.freeze(wallet=wallet, by=Wallet.FrozenBy.BANK)
    else:
        states.unfreeze(wallet=wallet, by=Wallet.FrozenBy.BANK)


def report_day(day: date | None = None) -> None:
    """Send the figures as they are now for `day` (yesterday): numbers and sums alone (INV-12)."""
    day = day or china_today() - ONE_DAY
    with transaction.atomic():
        opened = Wallet.objects.exclude(status=Wallet.Status.CLOSED)
        counts = opened.values_list("category").annotate(n=Count("wallet_id")).order_by("category")
        report = DailyReport(
            day=day.isoformat(),
            wallets=tuple(CategoryCount(category, number) for category, number in counts),
            circulation=_circulation(),
            stock=balance(STOCK),
        )
        send(to=CENTRAL_BANK_CODE, message=report)


def _circulation() -> int:
    ids = [int(text) for text in Wallet.objects.values_list("wallet_id", flat=True)]
    stretches = range(0, len(ids), WALLETS_AT_ONCE)
    return sum(sum(balances(ids[at : at + WALLETS_AT_ONCE]).values()) for at in stretches)
