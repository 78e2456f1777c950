"""The API's way past what pages need: it has no sessions, cookies, forms or languages.

Django sends every request through every middleware. Requests of the API leave at `ShortcutForApi`
and go on behind `ShortcutEnd`, which is listed last and is no middleware itself.
"""

import threading
from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cbdc.api.problems import is_api_path

Handler = Callable[[HttpRequest], HttpResponseBase]


class ShortcutEnd:
    """Tells `ShortcutForApi` where the views are. Django makes the middlewares last one first."""

    latest = threading.local()

    def __init__(self, get_response: Handler) -> None:
        self.latest.views = get_response
        raise MiddlewareNotUsed


class ShortcutForApi:
    """Sends requests below /api/ and /interbank/ straight to their views."""

    def __init__(self, get_response: Handler) -> None:
        self._pages = get_response
        self._views: Handler = ShortcutEnd.latest.views

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api_path(request.path_info):
            return self._pages(request)
        request.get_host()  # refuses hosts that are not ours, as CommonMiddleware does for pages
        return self._views(request)
