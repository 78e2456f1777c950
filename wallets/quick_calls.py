"""What a bank answers before Django (cbdc.api.quick): a plain payment, and a look at a balance."""

import re

from django.http import HttpRequest, HttpResponse

from cbdc.api.answers import Answer, render
from cbdc.api.quick import QuickCall
from cbdc.api.tokens import bearer_credential, read_access_token
from wallets.accounts.selectors import wallet_body_at_once
from wallets.payments.at_once import plain_payment


def _wallet(request: HttpRequest) -> HttpResponse | None:
    token = read_access_token(bearer_credential(request))
    body = wallet_body_at_once(token, request.path_info.rpartition("/")[2])
    return None if body is None else render(Answer(200, body))


QUICK_CALLS = [
    QuickCall("POST", re.compile("/api/v1/payments"), "api/v1/payments", plain_payment),
    QuickCall(
        "GET",
        re.compile("/api/v1/wallets/[0-9]{16}", re.ASCII),
        "api/v1/wallets/<str:wallet_id>",
        _wallet,
    ),
]
