"""What a scanned QR code asks the payer to pay."""

from dataclasses import dataclass

from cbdc.api.fields import Field, Refused
from cbdc.api.schema import refuse
from cbdc.errors import FieldError
from cbdc.identifiers import institution_number_of
from cbdc.institution import this_institution
from wallets.payments.orders import order_book
from wallets.qr import TEXT_MAX, QrCode, QrError, decode


@dataclass(frozen=True, slots=True)
class Due:
    """Whom to pay how much, for which order; the reference is empty without one."""

    payee_wallet: str
    amount: int
    reference: str = ""
    memo: str = ""


class Qr(Field):
    """The payload of a QR code, as a `QrCode`."""

    def parse(self, value: object) -> QrCode:
        if type(value) is not str:
            raise Refused("null" if value is None else "invalid_type", "Must be a string.")
        try:
            return decode(value)
        except QrError as error:
            raise Refused("invalid", f"Not a code that can be paid: {error}.") from error

    def openapi(self) -> dict[str, object]:
        return {"type": "string", "maxLength": TEXT_MAX, "description": "EMVCo payload"}


def due(code: QrCode, *, amount: int | None, payer_wallet: str) -> Due:
    """Resolve a code in the payment's transaction.

    A person's or a static code has a wallet, and perhaps an amount. An order of this bank is
    asked for in the order book, which locks it. An order of another bank is taken as the code
    says; its bank checks it when the money arrives.

    Raises:
        Problem: validation_failed, when the amount is missing or is not that of the code;
            unknown_payee, order_not_open.
    """
    if code.amount is None and amount is None:
        raise refuse([FieldError("amount", "required", "This code leaves the amount to you.")])
    if None not in (amount, code.amount) and amount != code.amount:
        raise refuse([FieldError("amount", "mismatch", "This code asks for another amount.")])
    asked = code.amount or amount or 0
    if code.order_id is None:
        return Due(code.wallet_id, asked)
    reference = str(code.order_id)
    if institution_number_of(code.wallet_id) != this_institution().number:
        return Due(code.wallet_id, asked, reference, code.reference)
    order = order_book().due(
        order_id=code.order_id, payee_wallet=code.wallet_id, payer_wallet=payer_wallet
    )
    if order.amount != asked:
        raise refuse([FieldError("qr", "mismatch", "The order is of another amount.")])
    return Due(order.payee_wallet, order.amount, reference, order.memo)
