"""What a page of the console may load and run, as its Content-Security-Policy."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

PATH = "/admin/"
# No inline script, nothing from elsewhere. Alpine.js, which the theme is made with, compiles the
# expressions of its attributes ('unsafe-eval'), and the institution's colours stand in a <style>
# (docs/decisions.md, "The console's Content-Security-Policy").
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class ConsolePolicy:
    """Says the policy with every answer below /admin/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith(PATH):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
