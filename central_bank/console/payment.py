"""A payment's whole life at the central bank: decision, cycle or tokens, messages."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from cbdc.console import life
from cbdc.console.shown import Link, Panel, Report, Table, Text
from cbdc.messaging.selectors import letters_about
from cbdc.money import format_yuan
from central_bank.clearing.models import ClearingPayment, SettlementCycle
from central_bank.issuance.models import TokenTransaction
from central_bank.issuance.selectors import is_signed_by_issuer


def payment(request: HttpRequest, payment_id: UUID) -> Report | None:
    """Of a payment between two banks; None when none came with that id."""
    row = ClearingPayment.objects.filter(payment_id=payment_id).first()
    if row is None:
        return None
    cycle = SettlementCycle.objects.filter(id=row.cycle_id).first() if row.cycle_id else None
    tokens = None
    if row.transaction_id is not None:
        tokens = TokenTransaction.objects.filter(transaction_id=row.transaction_id).first()
    return Report(
        title=_("Payment of %(amount)s yuan: %(status)s")
        % {"amount": format_yuan(row.amount), "status": row.state},
        subtitle=str(payment_id),
        panels=[
            _facts(row),
            _states(row, cycle, tokens),
            life.messages(letters_about(payment_id)),
            _settlement(cycle, tokens),
        ],
    )


def _facts(row: ClearingPayment) -> Panel:
    rows: list[tuple[Text, Text | Link]] = [
        (_("Payer"), f"{row.payer_bank} · {row.payer_wallet}"),
        (_("Payee"), f"{row.payee_bank} · {row.payee_wallet}"),
        (_("Amount"), format_yuan(row.amount)),
        (_("Status"), row.state),
        (_("Refused because"), f"{row.code} {row.detail}".strip()),
        (_("Returned so far"), format_yuan(row.returned) if row.returned else ""),
        (_("Row"), life.page_of(ClearingPayment, row.pk, _("as it is cleared"))),
    ]
    if row.original_id is not None:
        url = reverse("console-payment", args=[row.original_id])
        rows.append((_("Returns"), Link(str(row.original_id), url)))
    return life.facts(_("What it is"), rows)


def _states(
    row: ClearingPayment, cycle: SettlementCycle | None, tokens: TokenTransaction | None
) -> Panel:
    events: list[tuple[datetime | None, Text]] = [
        (row.received_at, _("came in")),
        (row.decided_at, _("decided: %(status)s") % {"status": row.state}),
    ]
    if cycle is not None:
        events.append((cycle.closed_at, _("its cycle closed")))
        events.append((cycle.settled_at, _("settled with its cycle")))
    if tokens is not None:
        events.append((tokens.occurred_at, _("settled by itself, gross")))
    return life.timeline(events)


def _settlement(cycle: SettlementCycle | None, tokens: TokenTransaction | None) -> Panel:
    rows: list[list[Text | Link]] = []
    if cycle is not None:
        said = _("cycle %(number)s, %(state)s") % {"number": cycle.number, "state": cycle.state}
        rows.append([_("Cycle"), life.page_of(SettlementCycle, cycle.pk, said)])
    if tokens is not None:
        valid = is_signed_by_issuer(tokens)
        rows.append(
            [_("Token transaction"), life.page_of(TokenTransaction, tokens.pk, f"#{tokens.pk}")]
        )
        rows.append([_("Issuer's signature"), _("valid") if valid else _("NOT VALID")])
        rows.append([_("Value moved"), format_yuan(tokens.value_out)])
    return Panel(_("Settlement"), table=Table([], rows) if rows else None)
