"""The door to the admin: sessions that are over, and second factors that are due."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from cbdc.access import sessions
from cbdc.console.policy import PATH


class StaffDoor:
    """Looks at requests to the admin alone: payments need not wait for a look-up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PATH):
            return self.get_response(request)
        try:
            return self._elsewhere(request) or self.get_response(request)
        finally:
            sessions.forget_current()

    def _elsewhere(self, request: HttpRequest) -> HttpResponse | None:
        """Where the request is sent instead, if it may not go on."""
        if not (request.user.is_authenticated and request.user.is_staff):
            return None  # the admin itself lets nobody else in
        log_in, log_out = reverse("admin:login"), reverse("admin:logout")
        if not sessions.still_open(request):
            logout(request)
            return None if request.path == log_in else _to(request, log_in)
        verified = cast(Any, request.user).is_verified()  # django-otp adds it
        if verified or not settings.SECOND_FACTOR_REQUIRED:
            return None
        factor = reverse("second-factor")
        if request.path == log_out or request.path.startswith(factor):
            return None
        return _to(request, factor)


def _to(request: HttpRequest, where: str) -> HttpResponse:
    """A page, or a part of one that htmx asked for, is left for `where`."""
    back = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    url = f"{where}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": where})
    return HttpResponseRedirect(url)
