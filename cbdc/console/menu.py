"""The menu: pages by task, and only those that the person may see."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cbdc.console.lookup import may_see
from cbdc.console.role import Console, Page, Section, this_console

SHARED = frozenset({"cbdc", "django"})  # packages whose admin pages every role has
OTHER_ICON = "table_rows"

MESSAGES = Section(
    _("Messages"),
    [
        Page("messaging.outboxmessage", _("Sent and waiting"), "outbox"),
        Page("messaging.inboxmessage", _("Received"), "inbox"),
        Page("messaging.link", _("Links"), "cable"),
    ],
)
STAFF = Section(
    _("Staff"),
    [
        Page("auth.user", _("People"), "badge"),
        Page("access.staffsession", _("Sessions"), "devices"),
        Page("audit.auditentry", _("Audit log"), "history"),
    ],
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu in the shape that unfold reads."""
    console = this_console()
    overview = [_entry(request, *item) for item in _overview(request, console)]
    menu: list[dict[str, Any]] = [{"title": "", "items": overview}]
    for section in [*console.sections, others(console)]:
        pages = [page for page in section.pages if may_see(request, apps.get_model(page.model))]
        if pages:
            items = [_entry(request, page.title, page.icon, _list_of(page)) for page in pages]
            menu.append({"title": section.title, "separator": True, "items": items})
    return menu


def others(console: Console) -> Section:
    """Pages of this role that no section names yet: nothing is out of reach."""
    named = {page.model for section in console.sections for page in section.pages}
    pages = [
        Page(label, options.verbose_name_plural, OTHER_ICON)
        for label, options in _registered(console)
        if label not in named
    ]
    return Section(_("Other"), pages)


def _registered(console: Console) -> Iterator[tuple[str, Any]]:
    for model, page in admin.site._registry.items():
        root = type(page).__module__.partition(".")[0]
        if root in console.packages | SHARED:
            yield model._meta.label_lower, model._meta


def _overview(request: HttpRequest, console: Console) -> list[tuple[Any, str, str]]:
    items = [
        (_("Dashboard"), "monitoring", reverse("admin:index")),
        (_("Look up"), "search", reverse("console-look-up")),
    ]
    if console.day_end is not None and request.user.has_perm(console.sees_day):
        items.append((_("Day-end report"), "summarize", reverse("console-day-end")))
    return items


def _list_of(page: Page) -> str:
    return reverse(f"admin:{page.model.replace('.', '_')}_changelist")


def _entry(request: HttpRequest, title: Any, icon: str, link: str) -> dict[str, Any]:
    index = reverse("admin:index")
    active = request.path == link or (link != index and request.path.startswith(link))
    return {"title": title, "icon": icon, "link": link, "active": active}
