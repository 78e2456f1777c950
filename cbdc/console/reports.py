"""Reports as pages that can be printed: a payment's life, a business day."""

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from cbdc.clock import CHINA_STANDARD_TIME, now
from cbdc.console.recording import record
from cbdc.console.role import this_console
from cbdc.console.shown import Report


def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Everything that this institution knows of a payment, on one page."""
    console = this_console()
    if console.payment is None or not request.user.has_perm(console.sees_payments):
        raise PermissionDenied
    report = console.payment(request, payment_id)
    if report is None:
        raise Http404
    record(request, action="view_payment", subject=str(payment_id), detail={})
    return _page(request, report)


def _page(request: HttpRequest, report: Report) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": report.title,
        "report": report,
        "printed_at": now().astimezone(CHINA_STANDARD_TIME),
    }
    return TemplateResponse(request, "console/report.html", context)
