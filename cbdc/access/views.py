"""The pages of the second factor, between the password and the admin."""

from base64 import b32encode
from typing import Any, cast

import segno
from django import forms
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from unfold.widgets import UnfoldAdminTextInputWidget

from cbdc.access import second_factor
from cbdc.errors import Problem

PENDING = "second_factor_to_enrol"  # in the session, until the authenticator is enrolled
WRONG = "This is not the code, or it was used before."
TOO_MANY = "Too many wrong codes. Try again in an hour."


class CodeForm(forms.Form):
    """Six digits, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "inputmode": "text"}
        ),
    )


class _StaffView(View):
    """For who has given the password; nothing of these pages is kept by a browser."""

    def dispatch(self, request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        user = request.user
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        answer = cast(HttpResponse, super().dispatch(request, *args, **values))
        answer["Cache-Control"] = "no-store"
        return answer

    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    def page(self, name: str, title: str, form: forms.Form, **more: Any) -> HttpResponse:
        context = {**site.each_context(self.request), "title": title, "form": form, **more}
        return render(self.request, f"access/{name}.html", context)

    def onward(self) -> str:
        """Where the person was going, when that is a page of this institution."""
        wanted = self.request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(wanted, {self.request.get_host()})
        return wanted if safe else reverse("admin:index")

    def forward(self, name: str) -> HttpResponse:
        query = self.request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(f"{reverse(name)}{f'?{query}' if query else ''}")


class SecondFactorView(_StaffView):
    """Asks for the code; sends on to enrolment who has no authenticator yet."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if second_factor.device_of(self.person) is None:
            return self.forward("second-factor-enrol")
        return self.page("verify", "Second factor", CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                if second_factor.show(request, self.person, form.cleaned_data["code"]):
                    return HttpResponseRedirect(self.onward())
                form.add_error("code", WRONG)
            except Problem:
                form.add_error("code", TOO_MANY)
        return self.page("verify", "Second factor", form)


class EnrolView(_StaffView):
    """Shows the secret, as a QR code too, until a code shows that the authenticator has it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if second_factor.device_of(self.person) is not None:
            return self.forward("second-factor")
        return self._ask(CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        if second_factor.device_of(self.person) is not None:
            return self.forward("second-factor")
        form = CodeForm(request.POST)
        secret = request.session.get(PENDING)
        if secret and form.is_valid():
            try:
                codes = second_factor.enrol(
                    request, self.person, secret, form.cleaned_data["code"].replace(" ", "")
                )
            except Problem:
                codes = None
                form.add_error("code", TOO_MANY)
            if codes is not None:
                del request.session[PENDING]
                return self.page("codes", "Recovery codes", form, codes=codes, onward=self.onward())
            if not form.errors:
                form.add_error("code", WRONG)
        return self._ask(form)

    def _ask(self, form: forms.Form) -> HttpResponse:
        secret = self.request.session.setdefault(PENDING, second_factor.new_secret())
        device = second_factor.authenticator_for(self.person, secret)
        return self.page(
            "enrol",
            "Set up the second factor",
            form,
            qr=segno.make(device.config_url, error="m").svg_inline(scale=5, border=4, light="#fff"),
            secret=_in_fours(device),
        )


class RecoveryCodesView(_StaffView):
    """New recovery codes, for who has shown the second factor in this session."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not cast(Any, request.user).is_verified():
            return self.forward("second-factor")
        codes = second_factor.new_recovery_codes(self.person)
        return self.page(
            "codes", "Recovery codes", CodeForm(), codes=codes, onward=reverse("admin:index")
        )


def _in_fours(device: Any) -> str:
    text = b32encode(device.bin_key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
