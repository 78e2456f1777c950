"""GET /devnet/sms/{phone}: the last one-time password, on the development network alone."""

from django.http import HttpRequest, HttpResponse

from cbdc.api.answers import Answer, render
from cbdc.errors import ErrorCode, Problem
from wallets.accounts.sms import FileSms


def last_sms(request: HttpRequest, phone: str) -> HttpResponse:
    """The last password that was sent to the phone."""
    otp = FileSms().last_otp("+" + phone.removeprefix("+"))
    if otp is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return render(Answer(200, {"otp": otp}))
