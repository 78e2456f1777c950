"""What the central bank publishes about the currency."""

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.views import ApiView
from central_bank.issuance.selectors import supply
from central_bank.schemas import SUPPLY


class SupplyView(ApiView):
    """What is issued, redeemed and held, and by whom; the sums agree at every moment."""

    @documented("The currency in circulation", answer=SUPPLY)
    def get(self, request: Request) -> HttpResponse:
        return render(Answer(200, supply()))
