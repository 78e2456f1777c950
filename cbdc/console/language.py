"""The console's language, what the person chose or the browser asks for, and its clock.

The API has neither: its answers do not depend on who reads them.
"""

from typing import Any

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone

from cbdc.clock import CHINA_STANDARD_TIME
from cbdc.console.policy import PATH


class ConsoleLanguage(LocaleMiddleware):
    """Django's, below /admin/ alone; times there are China Standard Time, as business days are."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.path_info.startswith(PATH):
            return self.get_response(request)
        with timezone.override(CHINA_STANDARD_TIME):
            return super().__call__(request)
