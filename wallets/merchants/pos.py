"""The cashier page's pages: logging in, the till, an order with its QR code, the day."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.errors import ErrorCode, Problem
from cbdc.money import format_yuan
from wallets.accounts.api import path_id
from wallets.merchants import pos_session
from wallets.merchants.authentication import caller_of
from wallets.merchants.day_list import today
from wallets.merchants.keys import Scope
from wallets.merchants.pos_reasons import REASONS, Said
from wallets.merchants.pos_shown import shown_order, shown_row
from wallets.merchants.pos_views import PosView, guarded, page
from wallets.merchants.selectors import own_order

LOGINS_PER_MINUTE = 10  # per address
NO_SUCH_KEY = Said("This key is not in use.", "密钥无效")
SUSPENDED = Said("The merchant is suspended: call the bank.", "商户已停用，请联系银行")
LOGIN_REFUSALS = {
    ErrorCode.AUTHENTICATION_REQUIRED: NO_SUCH_KEY,
    ErrorCode.PERMISSION_DENIED: SUSPENDED,
    ErrorCode.RATE_LIMITED: REASONS[ErrorCode.RATE_LIMITED],
}


@method_decorator(sensitive_post_parameters("key"), name="dispatch")
class LoginView(View):
    """GET and POST /pos/login: by a key of the merchant, which is kept nowhere."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return guarded(super().dispatch(request, *args, **kwargs))

    def get(self, request: HttpRequest) -> HttpResponse:
        return page(request, "login")

    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            rate_limit("pos-login", caller_key(request), LOGINS_PER_MINUTE, 60)
            caller = caller_of(request.POST.get("key", "").strip())
        except Problem as problem:
            said = LOGIN_REFUSALS[problem.error]
            refusal = page(request, "login", status=problem.error.status, said=said)
            for name, value in problem.headers.items():
                refusal[name] = value
            return refusal
        rotate_token(request)
        answer = HttpResponseRedirect(reverse("pos-till"))
        pos_session.begin(request, answer, caller)
        return answer


class LogoutView(PosView):
    """POST /pos/logout."""

    def post(self, request: HttpRequest) -> HttpResponse:
        answer = HttpResponseRedirect(reverse("pos-login"))
        pos_session.end(request, answer)
        return answer


class TillView(PosView):
    """GET /pos/: an amount, then a QR code to show or a payment code to scan."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(
            request,
            "till",
            here="till",
            may_order=Scope.ORDERS in self.caller.scopes,
            may_charge=Scope.CHARGES in self.caller.scopes,
        )


class OrderView(PosView):
    """GET /pos/orders/{order_id}: its QR code while it is open, then what became of it."""

    def get(self, request: HttpRequest, order_id: str) -> HttpResponse:
        order = own_order(self.caller, path_id(order_id))
        return self.page(request, "order", order=shown_order(order), has_qr=bool(order.qr))


class DayView(PosView):
    """GET /pos/orders: today's orders."""

    def get(self, request: HttpRequest) -> HttpResponse:
        before = request.GET.get("before")
        day = today(self.caller, before=path_id(before) if before else None)
        return self.page(
            request,
            "day",
            here="day",
            day=day,
            taken=format_yuan(day.taken),
            refunded=format_yuan(day.refunded),
            orders=[shown_row(order) for order in day.orders],
            may_refund=Scope.REFUNDS in self.caller.scopes,
        )
