"""From where a request comes, for the audit log."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from cbdc.api.rate_limits import client_address
from cbdc.audit.services import acting_from


class FromWhere:
    """What a request does is done from the address of its connection."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_from(lambda: f"address {client_address(request)}"):
            return self.get_response(request)
