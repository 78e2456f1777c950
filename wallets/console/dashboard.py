"""A bank's first page: its e-CNY, its wallets, its payments and what asks for attention."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cbdc.approvals.selectors import open_requests
from cbdc.console import bounded, charts
from cbdc.console.charts import Series
from cbdc.console.messages import parked_alerts, waiting_tile
from cbdc.console.numbers import compact, yuan
from cbdc.console.selectors import History, history
from cbdc.console.shown import Alert, Dashboard, Panel, Table, Tile, Tone
from cbdc.ledger.types import CATEGORIES
from cbdc.messaging.selectors import backlog
from commercial_banks.clearing.models import Settlement
from commercial_banks.clearing.selectors import last_settlements, open_breaks, undecided
from commercial_banks.treasury.models import ReplenishmentMarks
from commercial_banks.treasury.selectors import (
    Vault,
    marks,
    requests_waiting,
    stock_and_clearing,
    vault,
)
from wallets.console.figures import CLEARING, IN, INSIDE, OUT, STOCK, wallets_of
from wallets.webhooks.selectors import waiting_and_dead

SETTLEMENTS = 6
HOUR = timedelta(hours=1)
_KEPT = [STOCK, CLEARING, f"{INSIDE}.payments", f"{OUT}.payments", f"{IN}.payments"]
_KEPT += [f"{INSIDE}.amount", f"{OUT}.amount", f"{IN}.amount"]
_KEPT += [wallets_of(category) for category in CATEGORIES]


def dashboard(request: HttpRequest) -> Dashboard:
    """Stock, wallets, payments, clearing and what waits, of what the person may see."""
    may = request.user.has_perm
    tiles: list[Tile] = []
    panels: list[Panel] = []
    alerts: list[Alert] = []
    past = history(_KEPT)
    if may("treasury.view_vaulttoken"):
        stock, owed = stock_and_clearing()
        kept_between = marks()
        tiles += _money(stock, owed, kept_between, vault())
        panels.append(_stock(past, kept_between))
        alerts += _below(stock, kept_between)
    if may("accounts.view_wallet"):
        series = [wallets_of(category) for category in CATEGORIES]
        wallets = {name: past.values[name][-1] for name in series if name in past.values}
        tiles.append(_wallets(sum(wallets.values())))
        panels.append(_by_category(wallets))
    if may("payments.view_payment"):
        panels += _payments(past)
    if may("bank_clearing.view_interbankpayment"):
        tiles.append(_on_their_way(undecided(), requests_waiting()))
        panels.append(_clearing(past, last_settlements(SETTLEMENTS)))
    if may("bank_clearing.view_break"):
        alerts += _breaks(open_breaks())
    if may("approvals.view_approvalrequest"):
        alerts += _requests_to_decide(bounded.count(open_requests()))
    if may("webhooks.view_delivery"):
        due, dead = waiting_and_dead()
        tiles.append(_webhooks(due, dead))
        alerts += _dead(dead)
    if may("messaging.view_outboxmessage"):
        queue = backlog()
        tiles.append(waiting_tile(queue))
        alerts += parked_alerts(queue)
    return Dashboard(tiles, panels, alerts)


def _money(
    stock: int, owed: int, kept_between: ReplenishmentMarks | None, tokens: Vault
) -> list[Tile]:
    between = ""
    if kept_between is not None:
        between = _("kept between %(low)s and %(high)s") % {
            "low": yuan(kept_between.low),
            "high": yuan(kept_between.high),
        }
    low = kept_between is not None and stock < kept_between.low
    return [
        Tile(
            _("e-CNY stock"),
            yuan(stock),
            between,
            Tone.WARNING if low else Tone.GOOD,
            reverse("admin:treasury_tokenrequest_changelist"),
        ),
        Tile(
            _("Tokens in the vault"),
            yuan(tokens.free + tokens.locked),
            _("%(locked)s locked as guarantee") % {"locked": yuan(tokens.locked)},
            url=reverse("admin:treasury_vaulttoken_changelist"),
        ),
        Tile(
            _("Clearing position"),
            yuan(-owed),
            _("we owe other banks") if owed > 0 else _("other banks owe us") if owed else "",
            url=reverse("admin:bank_clearing_settlement_changelist"),
        ),
    ]


def _stock(past: History, kept_between: ReplenishmentMarks | None) -> Panel:
    stock = past.values.get(STOCK, [])
    series = [Series(_("e-CNY stock"), stock)]
    if kept_between is not None and stock:
        series.append(Series(_("Low mark"), [kept_between.low] * len(stock)))
        series.append(Series(_("High mark"), [kept_between.high] * len(stock)))
    chart = charts.lines(series, past.labels(), format_value=yuan)
    return Panel(_("e-CNY stock against its marks, yuan"), chart, wide=True)


def _below(stock: int, kept_between: ReplenishmentMarks | None) -> list[Alert]:
    if kept_between is None or stock >= kept_between.low:
        return []
    text = _("The stock of %(stock)s yuan is below its low mark of %(low)s.")
    page = reverse("admin:treasury_tokenrequest_changelist")
    return [Alert(text % {"stock": yuan(stock), "low": yuan(kept_between.low)}, url=page)]


def _wallets(number: int) -> Tile:
    page = reverse("admin:accounts_wallet_changelist")
    return Tile(_("Open wallets"), compact(number), url=page)


def _by_category(wallets: dict[str, int]) -> Panel:
    rows = [
        (_("Category %(number)s") % {"number": category}, wallets.get(wallets_of(category), 0))
        for category in CATEGORIES
    ]
    chart = charts.bars(rows, format_value=compact) if wallets else None
    return Panel(_("Open wallets by category"), chart)


def _payments(past: History) -> list[Panel]:
    labels = past.labels()[1:]
    amounts = [
        Series(_("In from other banks"), past.rates(f"{IN}.amount", HOUR)),
        Series(_("Out to other banks"), past.rates(f"{OUT}.amount", HOUR)),
    ]
    numbers = [
        Series(_("Inside the bank"), past.rates(f"{INSIDE}.payments", HOUR)),
        Series(_("In"), past.rates(f"{IN}.payments", HOUR)),
        Series(_("Out"), past.rates(f"{OUT}.payments", HOUR)),
    ]
    return [
        Panel(
            _("Payments in and out, yuan an hour"),
            charts.lines(amounts, labels, format_value=yuan),
        ),
        Panel(_("Payments an hour"), charts.lines(numbers, labels, format_value=compact)),
    ]


def _clearing(past: History, settled: Sequence[Settlement]) -> Panel:
    position = Series(_("Owed to other banks"), past.values.get(CLEARING, []))
    rows = [
        [
            timezone.localtime(one.settled_at).strftime("%m-%d %H:%M"),
            f"{one.payments:,}",
            yuan(one.net),
            _("yes") if one.reconciled_at else _("not yet"),
        ]
        for one in settled
    ]
    headings = [_("Settled"), _("Payments"), _("Net"), _("Reconciled")]
    return Panel(
        _("Clearing position, yuan"),
        charts.lines([position], past.labels(), format_value=yuan),
        Table(headings, rows, frozenset({1, 2})) if rows else None,
    )


def _on_their_way(payments: int, requests: int) -> Tile:
    return Tile(
        _("Payments on their way"),
        bounded.shown(payments),
        _requests(requests) if requests else "",
        url=reverse("admin:bank_clearing_interbankpayment_changelist") + "?status__exact=pending",
    )


def _requests(number: int) -> str:
    text = ngettext(
        "and %(number)s request for tokens", "and %(number)s requests for tokens", number
    )
    return text % {"number": bounded.shown(number)}


def _breaks(number: int) -> list[Alert]:
    if not number:
        return []
    text = ngettext(
        "%(shown)s break with the central bank is not explained.",
        "%(shown)s breaks with the central bank are not explained.",
        number,
    )
    page = reverse("admin:bank_clearing_break_changelist") + "?resolved_at__isempty=1"
    return [Alert(text % {"shown": bounded.shown(number)}, Tone.DANGER, page)]


def _requests_to_decide(number: int) -> list[Alert]:
    if not number:
        return []
    text = ngettext(
        "%(shown)s request waits for its checker.",
        "%(shown)s requests wait for their checkers.",
        number,
    )
    page = reverse("admin:approvals_approvalrequest_changelist") + "?state__exact=proposed"
    return [Alert(text % {"shown": bounded.shown(number)}, url=page)]


def _webhooks(due: int, dead: int) -> Tile:
    return Tile(
        _("Webhooks waiting"),
        bounded.shown(due),
        _("%(number)s given up") % {"number": bounded.shown(dead)} if dead else "",
        Tone.WARNING if dead else Tone.CALM,
        reverse("admin:webhooks_delivery_changelist") + "?state__exact=due",
    )


def _dead(number: int) -> list[Alert]:
    if not number:
        return []
    text = ngettext("%(shown)s webhook was given up.", "%(shown)s webhooks were given up.", number)
    page = reverse("admin:webhooks_delivery_changelist") + "?state__exact=given_up"
    return [Alert(text % {"shown": bounded.shown(number)}, url=page)]
