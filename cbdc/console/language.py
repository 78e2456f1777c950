"""The console's language: what the person chose, or the browser asks for. The API has none."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware

from cbdc.console.policy import PATH


class ConsoleLanguage(LocaleMiddleware):
    """Django's, below /admin/ alone: an API's answer must not depend on Accept-Language."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.path_info.startswith(PATH):
            return self.get_response(request)
        return super().__call__(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Its language, and that it varies with what was asked for."""
        return super().process_response(request, response)
