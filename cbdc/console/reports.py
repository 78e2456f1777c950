"""Reports as pages that can be printed: a payment's life, a business day."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from cbdc.clock import CHINA_STANDARD_TIME, china_today, now
from cbdc.console.role import this_console
from cbdc.console.shown import Report

DAYS_OFFERED = 14
FIRST_DAY = date(2020, 1, 1)


def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Everything that this institution knows of a payment, on one page."""
    console = this_console()
    if console.payment is None or not request.user.has_perm(console.sees_payments):
        raise PermissionDenied
    report = console.payment(request, payment_id)
    if report is None:
        raise Http404
    return _page(request, report)


def day_end(request: HttpRequest) -> HttpResponse:
    """The report of a business day, `?day=2026-01-31`; without one, of today so far."""
    console = this_console()
    if console.day_end is None or not request.user.has_perm(console.sees_day):
        raise PermissionDenied
    try:
        day = date.fromisoformat(request.GET.get("day", "") or china_today().isoformat())
    except ValueError as error:
        raise Http404 from error
    if not FIRST_DAY <= day <= china_today():
        raise Http404
    days = [china_today() - timedelta(days=back) for back in range(DAYS_OFFERED)]
    return _page(request, console.day_end(day), days=[one.isoformat() for one in days])


def _page(request: HttpRequest, report: Report, **more: Any) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": report.title,
        "report": report,
        "printed_at": now().astimezone(CHINA_STANDARD_TIME),
        **more,
    }
    return TemplateResponse(request, "console/report.html", context)
