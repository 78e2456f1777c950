"""The search box: whatever somebody has of a thing, one of its ids, leads to its page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import models
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cbdc.console.role import Found, this_console
from cbdc.identifiers import parse_uuid

TEXT_MAX = 128
FOUND_MAX = 20  # of one kind
Place = tuple[type[models.Model], dict[str, object]]


def look_up(request: HttpRequest) -> HttpResponse:
    """To the page of what was looked up; or what it may be, when there are several.

    A text is posted: it may be a phone number, which stands in no address.
    """
    text = request.POST.get("q", "").strip()[:TEXT_MAX]
    found = find(request, text) if text else []
    if len(found) == 1 and found[0].leads:
        return HttpResponseRedirect(found[0].url)
    context = {
        **admin.site.each_context(request),
        "title": _("Look up"),
        "text": text,
        "found": found,
        "elsewhere": this_console().elsewhere,
    }
    return TemplateResponse(request, "console/lookup.html", context)


def find(request: HttpRequest, text: str) -> list[Found]:
    """What the text may mean, of what the person may see."""
    found = [one for finder in this_console().finders for one in finder(request, text)]
    return list({one.url: one for one in found}.values())


def as_uuid(text: str) -> UUID | None:
    """The UUID that somebody typed or pasted, in any case; None for anything else."""
    try:
        return parse_uuid(text.lower())
    except ValueError:
        return None


def in_places(
    request: HttpRequest, places: Sequence[Place], lives: frozenset[str] = frozenset()
) -> list[Found]:
    """Rows of those models that have these values, in one query, with the pages of the admin.

    Models named in `lives` are payments by their key: they lead to the payment's life. Each filter
    must be an index's: this looks into big tables.
    """
    queries = [
        labelled(model._default_manager.filter(**values))[:FOUND_MAX]
        for model, values in places
        if may_see(request, model)
    ]
    if not queries:
        return []
    first, *more = queries
    rows = first.union(*more, all=True) if more else first
    by_label = {model._meta.label_lower: model for model, _values in places}
    return [
        Found(_("Payment"), key, reverse("console-payment", args=[key]))
        if label in lives
        else page_of(by_label[label], key)
        for label, key in rows
    ]


def may_see(request: HttpRequest, model: type[models.Model]) -> bool:
    """Whether the person may look at the pages of a model."""
    page = admin.site._registry.get(model)
    return page is not None and page.has_view_or_change_permission(request)


def labelled(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """(model's label, key as text) of rows, so that several models' can be one query."""
    label = Value(rows.model._meta.label_lower, output_field=CharField())
    return rows.order_by().values_list(label, Cast("pk", CharField()))


def keeper(wallet: str, bank: models.Model) -> Found:
    """The institution that keeps a wallet: told, and not opened, for its page is not the wallet's.

    `wallet` is the 16 digits, `bank` the row that the admin has of the institution.
    """
    kind = _("Bank that keeps wallet %(wallet)s") % {"wallet": wallet}
    found = page_of(type(bank), str(bank.pk))
    return replace(found, kind=kind, name=str(bank), leads=False)


def page_of(model: type[models.Model], key: str) -> Found:
    """A row by the page that the admin has of it."""
    options = model._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[key])
    return Found(options.verbose_name or "", key, url)
