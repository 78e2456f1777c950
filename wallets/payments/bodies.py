"""What the body of a payment may hold (API.md, "Wallet holder")."""

from collections.abc import Iterator
from typing import Any

from cbdc.api.schema import Amount, Currency, Memo, Schema, WalletId
from cbdc.errors import FieldError
from wallets.payments.scanned import Qr


def _either(values: dict[str, Any]) -> Iterator[FieldError]:
    """A payee and an amount, or a QR code."""
    if values["qr"] is not None:
        if values["payee_wallet"] is not None:
            yield FieldError("payee_wallet", "conflict", "The code names the payee.")
        return
    for name in ("payee_wallet", "amount"):
        if values[name] is None:
            yield FieldError(name, "required", "This field is required.")


PAYMENT = Schema(
    {
        "payer_wallet": WalletId(),
        "payee_wallet": WalletId(required=False),
        "qr": Qr(required=False),
        "amount": Amount(required=False),
        "currency": Currency(),
        "memo": Memo(),
    },
    check=_either,
)
