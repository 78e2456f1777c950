"""Below a wallet's page: its latest transactions, as its holder's history has them."""

from collections.abc import Sequence

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from cbdc.console import life
from cbdc.console.shown import Link, Panel, Table, Text
from cbdc.ledger.types import TransferCode
from cbdc.money import format_yuan
from wallets.console import accounts
from wallets.payments.models import DepositMovement
from wallets.payments.selectors import Line, lines

LATEST = 25  # transactions of a page
BEFORE = "before"  # in the address: the cursor of the last transaction of the page before
_CURSOR_DIGITS_MAX = 39
_CURSOR_MAX = 2**128 - 1


def transactions(request: HttpRequest, wallet_id: str) -> Sequence[Panel]:
    """LATEST of them and the way to older ones, for who sees payments; never what was written.

    Raises:
        BadRequest: for a cursor that is none.
    """
    if not request.user.has_perm("payments.view_payment"):
        return []
    found = lines(wallet_id, before=_cursor(request), limit=LATEST + 1)
    shown, more = found[:LATEST], None
    if len(found) > LATEST:
        more = Link(_("Older ones"), f"?{BEFORE}={shown[-1].entry.cursor}#transactions")
    headings = [
        *[_("When"), _("Yuan"), _("Transaction"), _("Counterparty"), _("Balance after")],
        _("Status"),
    ]
    table = Table(headings, [_row(line) for line in shown], frozenset({1, 4}))
    return [
        Panel(_("Transactions"), table=table if shown else None, more=more, name="transactions")
    ]


def _cursor(request: HttpRequest) -> int | None:
    text = request.GET.get(BEFORE)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _CURSOR_DIGITS_MAX):
        raise BadRequest("No cursor of a list of transactions.")
    cursor = int(text)
    if cursor > _CURSOR_MAX:
        raise BadRequest("No cursor of a list of transactions.")
    return cursor


def _row(line: Line) -> list[Text | Link]:
    entry = line.entry
    sign = "+" if entry.direction == "in" else "−"
    other = accounts.holders(line.counterparty)
    if (line.payment is None and line.movement is None) or entry.code is TransferCode.FEE:
        other = accounts.account(entry.counterparty)
    return [
        life.clock(entry.occurred_at),
        sign + format_yuan(entry.amount),
        _page(line),
        other,
        format_yuan(entry.balance_after),
        line.status,
    ]


def _page(line: Line) -> Text | Link:
    """What it was, with the payment's life or the movement's page."""
    kind = line.kind.replace("_", " ")
    if line.payment is not None:
        if line.entry.direction == "in" and line.payment.payer_wallet == line.wallet_id:
            kind = _("%(kind)s, given back") % {"kind": kind}  # it was reserved, and refused
        return Link(kind, reverse("console-payment", args=[line.payment.pk]))
    if line.movement is not None:
        return life.page_of(DepositMovement, line.movement.pk, kind)
    return kind
