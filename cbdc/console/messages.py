"""What both dashboards say of messages between institutions."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cbdc.console import bounded
from cbdc.console.shown import Alert, Tile, Tone
from cbdc.messaging.selectors import Backlog


def waiting_tile(queue: Backlog) -> Tile:
    """How many wait, and whether a lane does not answer."""
    return Tile(
        _("Messages waiting"),
        bounded.shown(queue.waiting),
        _failing(queue.failing) if queue.failing else "",
        Tone.WARNING if queue.failing else Tone.CALM,
        reverse("admin:messaging_outboxmessage_changelist"),
    )


def _failing(number: int) -> str:
    text = ngettext("%(number)s lane does not answer", "%(number)s lanes do not answer", number)
    return text % {"number": number}


def parked_alerts(queue: Backlog) -> list[Alert]:
    """That people must look at some of them."""
    if not queue.parked:
        return []
    text = ngettext(
        "%(shown)s message is parked: its peer refused it.",
        "%(shown)s messages are parked: their peers refused them.",
        queue.parked,
    )
    page = (
        reverse("admin:messaging_outboxmessage_changelist")
        + "?parked_at__isempty=0&given_up_at__isempty=1"
    )
    return [Alert(text % {"shown": bounded.shown(queue.parked)}, Tone.DANGER, page)]
