"""The central bank's first page: the state of the money at a glance."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cbdc.console import bounded, charts
from cbdc.console.charts import Bar, Bars, Series
from cbdc.console.messages import parked_alerts, waiting_tile
from cbdc.console.numbers import percent, yuan
from cbdc.console.selectors import History, history
from cbdc.console.shown import Alert, Dashboard, Panel, Table, Tile, Tone
from cbdc.messaging.selectors import backlog
from central_bank.clearing.selectors import (
    CapUse,
    CycleFigures,
    caps_in_use,
    late_payments,
    netted_cycles,
)
from central_bank.console.figures import PAYMENTS, RESERVES, SUPPLY
from central_bank.issuance.selectors import Standing, standings
from central_bank.supervision.selectors import Waiting, waiting

CYCLES = 12  # on the chart
CYCLES_LISTED = 6
ALMOST_USED = 80  # percent of a cap that is worth a look
THOUSANDTHS = timedelta(seconds=1000)  # whole numbers, of payments per 1,000 seconds


def dashboard(request: HttpRequest) -> Dashboard:
    """Supply, reserves, clearing and what asks for attention, of what the person may see."""
    may = request.user.has_perm
    tiles: list[Tile] = []
    panels: list[Panel] = []
    alerts: list[Alert] = []
    past = history([SUPPLY, RESERVES, PAYMENTS])
    if may("issuance.view_bankaccount"):
        banks = standings()
        tiles += _money(banks)
        panels += _supply(past, banks)
    if may("clearing.view_settlementcycle"):
        cycles = netted_cycles(CYCLES)
        tiles += _clearing(cycles, past)
        panels += _cycles(cycles, past)
    if may("clearing.view_position"):
        caps = caps_in_use()
        panels.append(Panel(_("Banks' caps in use"), _caps(caps)))
        alerts += _short_of_room(caps)
    if may("clearing.view_clearingpayment"):
        alerts += _late(late_payments())
    if may("approvals.view_approvalrequest"):
        tasks = waiting()
        tiles.append(_queue(tasks))
        alerts += _supervision(tasks)
    if may("messaging.view_outboxmessage"):
        queue = backlog()
        tiles.append(waiting_tile(queue))
        alerts += parked_alerts(queue)
    return Dashboard(tiles, panels, alerts)


def _money(banks: Sequence[Standing]) -> list[Tile]:
    page = reverse("admin:issuance_bankaccount_changelist")
    issued = sum(bank.issued for bank in banks)
    redeemed = sum(bank.redeemed for bank in banks)
    locked = sum(bank.locked for bank in banks)
    return [
        Tile(
            _("Currency in circulation"),
            yuan(issued - redeemed),
            _("issued %(issued)s, redeemed %(redeemed)s")
            % {"issued": yuan(issued), "redeemed": yuan(redeemed)},
            url=page,
        ),
        Tile(_("Locked as guarantee"), yuan(locked), percent(locked, issued - redeemed)),
        Tile(_("Reserves of banks"), yuan(sum(bank.reserves for bank in banks)), url=page),
    ]


def _supply(past: History, banks: Sequence[Standing]) -> list[Panel]:
    supply = Series(_("Currency in circulation"), past.values.get(SUPPLY, []))
    held = charts.bars([(bank.bank, bank.held) for bank in banks], format_value=yuan)
    reserves = charts.bars([(bank.bank, bank.reserves) for bank in banks], format_value=yuan)
    return [
        Panel(
            _("Supply over time, yuan"),
            charts.lines([supply], past.labels(), format_value=yuan),
            wide=True,
        ),
        Panel(_("Held by bank, yuan"), held),
        Panel(_("Reserves, yuan"), reserves),
    ]


def _clearing(cycles: Sequence[CycleFigures], past: History) -> list[Tile]:
    gross, saved = sum(one.gross for one in cycles), sum(one.saved for one in cycles)
    rates = past.rates(PAYMENTS, THOUSANDTHS)
    return [
        Tile(
            _("Liquidity saved by netting"),
            percent(saved, gross),
            _("of the last %(number)s cycles") % {"number": len(cycles)},
            Tone.GOOD if saved else Tone.CALM,
            reverse("admin:clearing_settlementcycle_changelist"),
        ),
        Tile(
            _("Payments per second"),
            _thousandths(rates[-1] if rates else 0),
            _("between banks, now"),
            url=reverse("admin:clearing_clearingpayment_changelist"),
        ),
    ]


def _cycles(cycles: Sequence[CycleFigures], past: History) -> list[Panel]:
    in_order = list(reversed(cycles))
    chart = charts.columns(
        [
            Series(_("Gross"), [one.gross for one in in_order]),
            Series(_("Net, moved"), [one.moved for one in in_order]),
        ],
        [f"#{one.number}" for one in in_order],
        format_value=yuan,
    )
    rows = [
        [
            f"#{one.number}",
            f"{one.payments:,}",
            yuan(one.gross),
            yuan(one.moved),
            percent(one.saved, one.gross),
        ]
        for one in cycles[:CYCLES_LISTED]
    ]
    headings = [_("Cycle"), _("Payments"), _("Gross"), _("Net"), _("Saved")]
    table = Table(headings, rows, frozenset({1, 2, 3, 4})) if rows else None
    rate = Series(_("Payments per second"), past.rates(PAYMENTS, THOUSANDTHS))
    return [
        Panel(_("Settlement cycles, yuan"), chart, table, wide=True),
        Panel(
            _("Payments per second"),
            charts.lines([rate], past.labels()[1:], format_value=_thousandths),
        ),
    ]


def _thousandths(number: int) -> str:
    return f"{number / 1000:,.0f}" if number >= 10_000 else f"{number / 1000:g}"


def _caps(caps: Sequence[CapUse]) -> Bars | None:
    if not caps:
        return None
    return Bars(
        [
            Bar(
                cap.bank,
                f"{yuan(cap.owed)} / {yuan(cap.most)}",
                charts.share(cap.owed, cap.most),
                "over" if _almost(cap) else "s0",
                _("may still send %(headroom)s") % {"headroom": yuan(cap.headroom)},
            )
            for cap in caps
        ]
    )


def _almost(cap: CapUse) -> bool:
    return cap.owed > 0 and 100 * cap.owed >= ALMOST_USED * cap.most


def _short_of_room(caps: Sequence[CapUse]) -> list[Alert]:
    page = reverse("admin:clearing_position_changelist")
    return [
        Alert(
            _("%(bank)s uses %(share)s of what it may owe.")
            % {"bank": cap.bank, "share": percent(cap.owed, cap.most)},
            url=page,
        )
        for cap in caps
        if _almost(cap)
    ]


def _late(number: int) -> list[Alert]:
    if not number:
        return []
    text = ngettext(
        "%(shown)s payment is undecided for too long.",
        "%(shown)s payments are undecided for too long.",
        number,
    )
    page = reverse("admin:clearing_clearingpayment_changelist") + "?state__exact=forwarded"
    return [Alert(text % {"shown": bounded.shown(number)}, Tone.DANGER, page)]


def _queue(tasks: Waiting) -> Tile:
    return Tile(
        _("Requests to decide"),
        str(tasks.requests),
        _("two people each"),
        Tone.WARNING if tasks.requests else Tone.CALM,
        reverse("admin:approvals_approvalrequest_changelist"),
    )


def _supervision(tasks: Waiting) -> list[Alert]:
    alerts = []
    if tasks.freeze_orders:
        text = ngettext(
            "%(number)s freeze order has no answer yet.",
            "%(number)s freeze orders have no answer yet.",
            tasks.freeze_orders,
        )
        page = reverse("admin:supervision_freezeorder_changelist") + "?state__exact=sent"
        alerts.append(Alert(text % {"number": tasks.freeze_orders}, url=page))
    if tasks.suspended:
        text = ngettext(
            "%(number)s bank is suspended.", "%(number)s banks are suspended.", tasks.suspended
        )
        page = reverse("admin:messaging_peer_changelist") + "?status__exact=suspended"
        alerts.append(Alert(text % {"number": tasks.suspended}, url=page))
    return alerts
