"""A bank's business day in figures, for the file."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.utils.translation import gettext as _

from cbdc.clock import china_midnight
from cbdc.console.life import clock
from cbdc.console.selectors import latest
from cbdc.console.shown import Panel, Report, Table, Text
from cbdc.ledger.types import CATEGORIES
from cbdc.money import format_yuan
from commercial_banks.clearing.models import Break, Settlement
from commercial_banks.clearing.selectors import breaks_found_between, settlements_between
from commercial_banks.treasury.selectors import marks, stock_and_clearing, vault
from wallets.console.figures import IN, INSIDE, OUT, totals_of_day, wallets_of
from wallets.payments.selectors import Flow

LINES_MAX = 500  # of a table


def day_end(day: date) -> Report:
    """The day from midnight to midnight in China: payments, cycles, breaks, and the stock now."""
    begins = china_midnight(day)
    ends = begins + timedelta(days=1)
    return Report(
        title=_("Day-end report"),
        subtitle=day.isoformat(),
        panels=[
            _payments(totals_of_day(begins, ends)),
            _settled(settlements_between(begins, ends, limit=LINES_MAX)),
            _breaks(breaks_found_between(begins, ends, limit=LINES_MAX)),
            _now(),
        ],
        notes=[_("A business day is one of China Standard Time. Amounts are yuan.")],
    )


def _payments(flows: Mapping[str, Flow]) -> Panel:
    names = {
        INSIDE: _("Inside the bank"),
        OUT: _("Out to other banks"),
        IN: _("In from other banks"),
    }
    rows = [
        [name, f"{flows[way].payments:,}", format_yuan(flows[way].amount)]
        for way, name in names.items()
        if way in flows
    ]
    table = Table([_("Way"), _("Payments"), _("Yuan")], rows, frozenset({1, 2})) if rows else None
    return Panel(
        _("Payments of the day"),
        table=table,
        note=_("As they were ordered, and not refused; from the figures kept each minute."),
    )


def _settled(cycles: list[Settlement]) -> Panel:
    rows = [
        [
            clock(one.settled_at)[:19],
            str(one.cycle_id),
            f"{one.payments:,}",
            format_yuan(one.gross_in),
            format_yuan(one.gross_out),
            format_yuan(one.net),
            _("yes") if one.reconciled_at else _("not yet"),
        ]
        for one in cycles
    ]
    headings = [_("Settled"), _("Cycle"), _("Payments"), _("In"), _("Out"), _("Net")]
    headings.append(_("Reconciled"))
    table = Table(headings, rows, frozenset({2, 3, 4, 5})) if rows else None
    return Panel(_("Cycles settled on the day"), table=table)


def _breaks(found: list[Break]) -> Panel:
    rows = [
        [
            clock(one.found_at)[:19],
            one.kind,
            one.detail,
            one.resolved_by or _("open"),
        ]
        for one in found
    ]
    headings = [_("Found"), _("Kind"), _("What differs"), _("Explained by")]
    return Panel(_("Breaks found on the day"), table=Table(headings, rows) if rows else None)


def _now() -> Panel:
    stock, owed = stock_and_clearing()
    tokens, between = vault(), marks()
    wallets = latest([wallets_of(category) for category in CATEGORIES])
    rows: list[list[Text]] = [
        [_("e-CNY stock"), format_yuan(stock)],
        [_("Owed to other banks"), format_yuan(owed)],
        [_("Tokens free"), format_yuan(tokens.free)],
        [_("Tokens locked as guarantee"), format_yuan(tokens.locked)],
    ]
    if between is not None:
        rows.append([_("Low mark"), format_yuan(between.low)])
        rows.append([_("High mark"), format_yuan(between.high)])
    for category in CATEGORIES:
        if wallets_of(category) in wallets:
            name = _("Open wallets of category %(number)s") % {"number": category}
            rows.append([name, f"{wallets[wallets_of(category)]:,}"])
    return Panel(_("Where the bank stands now"), table=Table([], rows, frozenset({1})))
