"""Behind a proxy every connection comes from it: whom it speaks for stands in X-Forwarded-For."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

Application = Callable[..., Any]


def behind_proxies(application: Application) -> Application:
    """The application, with REMOTE_ADDR set to whom a proxy of TRUSTED_PROXIES speaks for.

    That is the last address of X-Forwarded-For that is none of them: what stands before it, the
    caller may have written. From anyone else the header changes nothing.
    """
    if not settings.TRUSTED_PROXIES:
        return application
    wrapped: Application = wrap_wsgi_with_proxy_headers(application, settings.TRUSTED_PROXIES)
    return wrapped
