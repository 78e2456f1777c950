"""The base of every view of the cashier page: who is logged in, and headers that guard the page."""

from dataclasses import asdict
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views import View
from django.views.csrf import csrf_failure as django_csrf_failure

from cbdc.api.answers import Answer, problem_body
from cbdc.api.answers import render as render_json
from cbdc.api.problems import problem_of
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import this_institution
from wallets.merchants import pos_session
from wallets.merchants.authentication import Caller
from wallets.merchants.models import Shop
from wallets.merchants.pos_reasons import Said, reason_of
from wallets.merchants.pos_shown import shown_refusal

GUARDS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
Answered = TypeVar("Answered", bound=HttpResponseBase)
OLD_PAGE = Said("This page is too old: load it again.", "页面已过期，请刷新")


class PosView(View):
    """Something of a shop that is logged in, `caller`; a refusal becomes a page."""

    caller: Caller

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.caller = pos_session.caller_of(request)
        except Problem as problem:
            answer = self.logged_out(request, problem)
            pos_session.end(request, answer)
            return guarded(answer)
        try:
            return guarded(super().dispatch(request, *args, **kwargs))
        except Exception as error:
            problem_or_fault = problem_of(error)
            if problem_or_fault is None:
                raise
            return guarded(self.refused(request, problem_or_fault))

    def logged_out(self, request: HttpRequest, problem: Problem) -> HttpResponseBase:
        """What who is not logged in sees, or is no longer."""
        return HttpResponseRedirect(reverse("pos-login"))

    def refused(self, request: HttpRequest, problem: Problem) -> HttpResponseBase:
        """A refusal as this view answers it."""
        return self.page(request, "refused", status=problem.error.status, said=reason_of(problem))

    def page(
        self, request: HttpRequest, name: str, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        """A page of the shop, from its template."""
        known = {"shop": shop_name(self.caller), "scopes": self.caller.scopes, **context}
        return page(request, name, status=status, **known)


class PosCall(PosView):
    """A call of the page's scripts: JSON out, refusals too."""

    def logged_out(self, request: HttpRequest, problem: Problem) -> HttpResponseBase:
        return self.refused(request, Problem(ErrorCode.AUTHENTICATION_REQUIRED))

    def refused(self, request: HttpRequest, problem: Problem) -> HttpResponseBase:
        return render_json(Answer(problem.error.status, shown_refusal(problem)))


def page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page from its template."""
    known = {"bank": this_institution().name, **context}
    return render(request, f"pos/{name}.html", known, status=status)


def guarded(response: Answered) -> Answered:
    """The answer with headers that let nothing foreign in, and nobody keep it."""
    for name, value in GUARDS.items():
        response[name] = value
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF_FAILURE_VIEW: for the cashier page one of its own, and Django's for the rest."""
    if not request.path.startswith(pos_session.PATH):
        return django_csrf_failure(request, reason=reason)
    if request.content_type == "application/json":
        body = problem_body(Problem(ErrorCode.PERMISSION_DENIED, OLD_PAGE.en))
        return guarded(render_json(Answer(403, {**body, "reason": asdict(OLD_PAGE)})))
    return guarded(page(request, "refused", status=403, said=OLD_PAGE))


def shop_name(caller: Caller) -> str:
    """The merchant's name, and that of the shop when the key is a shop's."""
    name = caller.merchant.name
    if caller.shop_id is None:
        return name
    return f"{name} · {Shop.objects.get(id=caller.shop_id).name}"
