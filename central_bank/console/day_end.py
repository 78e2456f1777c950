"""The central bank's business day in figures, for the file."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from cbdc.clock import china_midnight
from cbdc.console.numbers import percent
from cbdc.console.shown import Panel, Report, Table
from cbdc.money import format_yuan
from central_bank.clearing.selectors import CycleFigures, cycles_closed_between
from central_bank.issuance.selectors import TokenFlow, flows_between, standings
from central_bank.supervision.models import DailyReport

CYCLES_MAX = 500  # of a day: one in three minutes


def day_end(day: date) -> Report:
    """The day from midnight to midnight in China: tokens, cycles, and what the banks reported."""
    begins = china_midnight(day)
    ends = begins + timedelta(days=1)
    cycles = cycles_closed_between(begins, ends, limit=CYCLES_MAX)
    return Report(
        title=_("Day-end report"),
        subtitle=day.isoformat(),
        panels=[
            _tokens(flows_between(begins, ends)),
            _cycles(cycles),
            _banks(day),
            _now(),
        ],
        notes=[_("A business day is one of China Standard Time. Amounts are yuan.")],
    )


def _tokens(flows: list[TokenFlow]) -> Panel:
    rows = [
        [flow.kind, f"{flow.number:,}", format_yuan(flow.value_in), format_yuan(flow.value_out)]
        for flow in flows
    ]
    headings = [_("Transaction"), _("Number"), _("Value in"), _("Value out")]
    table = Table(headings, rows, frozenset({1, 2, 3})) if rows else None
    return Panel(_("Token transactions of the day"), table=table)


def _cycles(cycles: list[CycleFigures]) -> Panel:
    gross, moved = sum(one.gross for one in cycles), sum(one.moved for one in cycles)
    rows = [
        [
            f"#{one.number}",
            one.state,
            f"{one.payments:,}",
            format_yuan(one.gross),
            format_yuan(one.moved),
            percent(one.saved, one.gross),
        ]
        for one in cycles
    ]
    if rows:
        payments = sum(one.payments for one in cycles)
        saved = percent(gross - moved, gross)
        total = [_("Sum"), "", f"{payments:,}", format_yuan(gross), format_yuan(moved), saved]
        rows.append(total)
    headings = [_("Cycle"), _("State"), _("Payments"), _("Gross"), _("Net"), _("Saved")]
    table = Table(headings, rows, frozenset({2, 3, 4, 5})) if rows else None
    return Panel(_("Settlement cycles of the day"), table=table)


def _banks(day: date) -> Panel:
    rows = [
        [
            report.bank,
            f"{sum(report.wallets.values()):,}",
            format_yuan(report.circulation),
            format_yuan(report.stock),
        ]
        for report in DailyReport.objects.filter(day=day).order_by("bank")
    ]
    headings = [_("Bank"), _("Open wallets"), _("In wallets"), _("Stock")]
    table = Table(headings, rows, frozenset({1, 2, 3})) if rows else None
    return Panel(_("What the banks reported for the day"), table=table)


def _now() -> Panel:
    banks = standings()
    rows = [
        [bank.bank, format_yuan(bank.held), format_yuan(bank.locked), format_yuan(bank.reserves)]
        for bank in banks
    ]
    rows.append(
        [
            _("Sum"),
            format_yuan(sum(bank.held for bank in banks)),
            format_yuan(sum(bank.locked for bank in banks)),
            format_yuan(sum(bank.reserves for bank in banks)),
        ]
    )
    headings = [_("Bank"), _("Tokens held"), _("Locked as guarantee"), _("Reserves")]
    return Panel(_("Where the banks stand now"), table=Table(headings, rows, frozenset({1, 2, 3})))
