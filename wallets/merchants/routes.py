"""Which bank money is asked of or sent to, learned before the transaction: no HTTP inside one.

A bank that has just started may not have the directory yet, and must not refuse for that.
"""

from django.http import HttpRequest
from rest_framework.request import Request

from cbdc.api.parsing import json_object
from cbdc.errors import Problem
from cbdc.identifiers import institution_number_of
from commercial_banks.clearing.directory import ensure_known
from wallets.accounts.api import path_id
from wallets.merchants.authentication import Caller
from wallets.merchants.selectors import own_order
from wallets.payments.codes import CODE_DIGITS


def know_bank_of_code(request: HttpRequest | Request) -> None:
    """Of the `payment_code` in a body; one that cannot be read is refused in its turn."""
    try:
        code = json_object(request).get("payment_code")
    except Problem:
        return
    if isinstance(code, str) and len(code) == CODE_DIGITS and code.isascii() and code.isdigit():
        ensure_known(institution_number_of(code))


def know_bank_of_payer(caller: Caller, order_id: str) -> None:
    """Of who paid an order; one that is not the caller's is refused in its turn."""
    try:
        order = own_order(caller, path_id(order_id))
    except Problem:
        return
    if order.payer_wallet:
        ensure_known(institution_number_of(order.payer_wallet))
