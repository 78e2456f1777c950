"""Parts of a payment's life that both tiers show."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cbdc.console.shown import Link, Panel, Table, Text
from cbdc.messaging.models import InboxMessage, OutboxMessage
from cbdc.messaging.selectors import Correspondence, Letter


def facts(title: Text, rows: Sequence[tuple[Text, Text | Link]]) -> Panel:
    """Names and values, without those that are empty."""
    shown = [[name, value] for name, value in rows if str(value)]
    return Panel(title, table=Table([], shown))


def clock(moment: datetime | None) -> str:
    """A moment to the millisecond, on the console's clock; empty for none."""
    if moment is None:
        return ""
    return timezone.localtime(moment).isoformat(sep=" ", timespec="milliseconds")[:23]


def page_of(model: type[models.Model], key: object, text: str = "") -> Text | Link:
    """A link to the admin's page of a row; the text alone where this console has none."""
    shown = text or str(key)
    if model not in admin.site._registry:
        return shown
    options = model._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[key])
    return Link(shown, url)


def timeline(events: Sequence[tuple[datetime | None, Text]]) -> Panel:
    """What happened, in its order."""
    happened = sorted(
        ((moment, said) for moment, said in events if moment is not None), key=lambda pair: pair[0]
    )
    rows = [[clock(moment), said] for moment, said in happened]
    return Panel(_("States"), table=Table([_("When"), _("What")], rows) if rows else None)


def messages(found: Correspondence) -> Panel:
    """Messages about it. One that came is here only because its signature was right."""
    rows: list[list[Text | Link]] = []
    for letter in found.letters:
        model = OutboxMessage if letter.sent else InboxMessage
        way = _("to %(peer)s") if letter.sent else _("from %(peer)s")
        rows.append(
            [
                clock(letter.at),
                way % {"peer": letter.peer},
                page_of(model, letter.row, letter.kind),
                _status(letter),
            ]
        )
    headings = [_("When"), _("Way"), _("Message"), _("Signature")]
    note = "" if found.whole else _("There are more, between the first and the last of these.")
    return Panel(_("Messages"), table=Table(headings, rows) if rows else None, note=note)


def _status(letter: Letter) -> str:
    if not letter.sent:
        if not letter.key_id:
            return _("valid when it came")
        return _("valid, key %(key)s…") % {"key": letter.key_id[:8]}
    if letter.done_at is None:
        return _("signed by us, not delivered yet %(error)s") % {"error": letter.error}
    return _("signed by us, taken at %(at)s") % {"at": clock(letter.done_at)[11:]}
