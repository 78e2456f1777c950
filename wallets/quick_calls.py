"""What a bank answers before Django (cbdc.api.quick): a plain payment, and a look at a balance."""

import re

from cbdc.api.quick import QuickCall
from wallets.accounts.wallet_api import look_at_once
from wallets.payments.at_once import plain_payment

QUICK_CALLS = [
    QuickCall("POST", re.compile("/api/v1/payments"), "api/v1/payments", plain_payment),
    QuickCall(
        "GET",
        re.compile("/api/v1/wallets/[0-9]{16}", re.ASCII),
        "api/v1/wallets/<str:wallet_id>",
        look_at_once,
    ),
]
