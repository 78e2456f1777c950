"""A payment's whole life in a bank: states, signatures, messages, ledger, order, webhooks."""

from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from cbdc.console import life
from cbdc.console.shown import Link, Panel, Report, Table, Text
from cbdc.crypto import keys
from cbdc.ledger.models import RecordedTransfer
from cbdc.ledger.selectors import transfers_of
from cbdc.ledger.types import TransferCode, TransferFlag
from cbdc.messaging.selectors import letters_about
from cbdc.money import format_yuan
from commercial_banks.clearing.models import GrossSettlement, InterbankPayment, Settlement
from wallets.accounts.models import Device
from wallets.console import accounts
from wallets.console.related import Related, related_to
from wallets.merchants.events import ids_of_events
from wallets.merchants.models import Refund
from wallets.payments.models import DepositMovement, Payment
from wallets.webhooks.models import Delivery

REFUNDS_MAX = 100  # of an order, whose events are looked for
TOLD_MAX = 200  # deliveries: an event goes to each endpoint that wants it
_FLAGS = TransferFlag.PENDING | TransferFlag.POST | TransferFlag.VOID


def payment(request: HttpRequest, payment_id: UUID) -> Report | None:
    """Of a payment from, to or inside this bank; None when it has none of that id."""
    own = Payment.objects.filter(id=payment_id).first()
    between = InterbankPayment.objects.filter(payment_id=payment_id).first()
    if own is None and between is None:
        return None
    related = related_to(payment_id)
    top_up = DepositMovement.objects.filter(payment_id=payment_id).first()
    panels = [_facts(own, between, top_up), _states(own, between, top_up, related)]
    if own is not None:
        panels.append(_signature(own))
    if between is not None:
        panels.append(life.messages(letters_about(payment_id)))
    entries = transfers_of(top_up.id) if top_up is not None else []
    panels.append(_ledger([*entries, *transfers_of(payment_id)]))
    panels.append(_related(related))
    panels.append(_webhooks(related))
    amount = own.amount if own is not None else between.amount if between is not None else 0
    status = own.status if own is not None else between.status if between is not None else ""
    return Report(
        title=_("Payment of %(amount)s yuan: %(status)s")
        % {"amount": format_yuan(amount), "status": status},
        subtitle=str(payment_id),
        panels=panels,
    )


def _facts(
    own: Payment | None, between: InterbankPayment | None, top_up: DepositMovement | None
) -> Panel:
    row = own or between
    assert row is not None  # noqa: S101 - there is one of the two
    way: Text = _("inside the bank")
    if between is not None:
        way = _("to another bank") if between.direction == "out" else _("from another bank")
    rows: list[tuple[Text, Text | Link]] = [
        (_("Way"), way),
        (_("Payer"), accounts.holders(row.payer_wallet)),
        (_("Payee"), accounts.holders(row.payee_wallet)),
        (_("Amount"), format_yuan(row.amount)),
        (_("Status"), row.status),
        (_("Refused because"), f"{row.code} {row.detail}".strip()),
    ]
    if top_up is not None:
        said = _("%(amount)s yuan, topped up from %(account)s") % _terms(top_up)
        rows.append((_("What it lacked"), life.page_of(DepositMovement, top_up.pk, said)))
    if own is not None:
        rows.append((_("Row"), life.page_of(Payment, own.pk, _("as its holder sees it"))))
    if between is not None:
        rows.append((_("Row"), life.page_of(InterbankPayment, between.pk, _("between banks"))))
        if between.original_id is not None:
            url = reverse("console-payment", args=[between.original_id])
            rows.append((_("Returns"), Link(str(between.original_id), url)))
    return life.facts(_("What it is"), rows)


def _terms(top_up: DepositMovement) -> dict[str, str]:
    return {"amount": format_yuan(top_up.amount), "account": top_up.deposit_account}


def _states(
    own: Payment | None,
    between: InterbankPayment | None,
    top_up: DepositMovement | None,
    related: Related,
) -> Panel:
    events: list[tuple[datetime | None, Text]] = []
    if top_up is not None:
        topped_up = _("%(amount)s yuan that it lacked were topped up from %(account)s")
        events.append((top_up.created_at, topped_up % _terms(top_up)))
    if own is not None:
        events += [
            (own.created_at, _("ordered")),
            (own.completed_at, _("completed")),
        ]
    if between is not None:
        if own is None:
            events.append((between.created_at, _("came in")))
        decided = _("decided by the central bank: %(status)s") % {"status": between.status}
        events.append((between.decided_at, decided))
        events += _settled(between)
    if related.order is not None:
        events.append((related.order.created_at, _("the order was placed")))
        events.append((related.order.paid_at, _("the order was paid")))
    return life.timeline(events)


def _settled(between: InterbankPayment) -> list[tuple[datetime | None, Text]]:
    if between.cycle_id is not None:
        cycle = Settlement.objects.filter(cycle_id=between.cycle_id).first()
        if cycle is not None:
            return [
                (cycle.settled_at, _("settled with its cycle")),
                (cycle.reconciled_at, _("its cycle was reconciled")),
            ]
        return []
    gross = GrossSettlement.objects.filter(payment_id=between.payment_id).first()
    return [(gross.settled_at, _("settled by itself, gross"))] if gross is not None else []


def _signature(own: Payment) -> Panel:
    device = Device.objects.filter(id=own.device_id).first() if own.device_id else None
    if device is None or not own.signature_base:
        said: Text = _("No device of this bank signed it: it came from another bank, or is our own")
        return life.facts(_("The payer's signature"), [(_("Signature"), said)])
    verdict: Text = _("valid")
    try:
        public = keys.public_from_raw(device.public_key)
        public.verify(bytes(own.signature), own.signature_base.encode())
    except (InvalidSignature, ValueError):
        verdict = _("NOT VALID")
    return life.facts(
        _("The payer's signature"),
        [(_("Signature"), verdict), (_("Device"), life.page_of(Device, device.pk))],
    )


def _ledger(transfers: list[RecordedTransfer]) -> Panel:
    rows = [
        [
            life.clock(row.recorded_at),
            TransferCode(row.code).name.lower().replace("_", " ") + _kind(row),
            accounts.account(row.debit_account),
            accounts.account(row.credit_account),
            format_yuan(row.amount),
        ]
        for row in transfers
    ]
    headings = [_("When"), _("Transfer"), _("Debit"), _("Credit"), _("Yuan")]
    return Panel(_("Ledger entries"), table=Table(headings, rows, frozenset({4})) if rows else None)


def _kind(row: RecordedTransfer) -> str:
    flags = TransferFlag(row.flags) & _FLAGS
    return f" ({flags.name.lower()})" if flags and flags.name else ""


def _related(related: Related) -> Panel:
    rows = [[_row.kind, Link(_row.name, _row.url)] for _row in related.found]
    headings = [_("What"), _("Which")]
    title = _("Orders, refunds and fares")
    return Panel(title, table=Table(headings, rows) if rows else None)


def _webhooks(related: Related) -> Panel:
    """What the order's merchant was told: of the order, and of each refund of it."""
    order = related.order
    rows: list[list[Text | Link]] = []
    if order is not None:
        refunds = Refund.objects.filter(order=order).order_by("id").values_list("id", flat=True)
        told = Delivery.objects.filter(
            endpoint__owner_id=order.merchant_id,
            event_id__in=ids_of_events(order.id, refunds[:REFUNDS_MAX]),
        )
        rows = [
            [
                life.clock(one.created_at),
                life.page_of(Delivery, one.pk, one.event),
                one.state,
                str(one.attempts),
                life.clock(one.sent_at) or one.last_error,
            ]
            for one in told.order_by("id")[:TOLD_MAX]
        ]
    headings = [_("When"), _("Event"), _("State"), _("Attempts"), _("Sent")]
    return Panel(_("Webhooks"), table=Table(headings, rows) if rows else None)
