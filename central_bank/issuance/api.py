"""What the central bank publishes about the currency."""

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.views import ApiView
from cbdc.errors import ErrorCode, Problem
from central_bank.issuance.callers import authenticate
from central_bank.issuance.selectors import issuer_jwks, supply, token
from central_bank.schemas import ISSUER_KEY, SUPPLY, TOKEN, listing


class SupplyView(ApiView):
    """What is issued, redeemed and held, and by whom; the sums agree at every moment."""

    @documented("The currency in circulation", answer=SUPPLY)
    def get(self, request: Request) -> HttpResponse:
        return render(Answer(200, supply()))


class TokenView(ApiView):
    """One token: for its owner and for auditors, who sign the request; for others there is none."""

    @documented(
        "A token",
        answer=TOKEN,
        signed=True,
        refuses=[ErrorCode.NOT_FOUND, ErrorCode.SIGNATURE_REPLAYED],
    )
    def get(self, request: Request, token_id: str) -> HttpResponse:
        caller = authenticate(request)
        found = token(token_id)
        if found is None or not (caller.audits or found["institution"] == caller.code):
            raise Problem(ErrorCode.NOT_FOUND)
        return render(Answer(200, found))


class IssuerKeysView(ApiView):
    """The public keys that tokens are checked with, those that sign no more included."""

    @documented("The keys of the issuer", answer=listing(ISSUER_KEY))
    def get(self, request: Request) -> HttpResponse:
        return render(Answer(200, {"data": issuer_jwks()}))
