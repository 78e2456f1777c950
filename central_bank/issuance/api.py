"""What the central bank publishes about the currency."""

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.views import ApiView
from central_bank.issuance.selectors import supply


class SupplyView(ApiView):
    """What is issued, redeemed and held, and by whom; the sums agree at every moment."""

    def get(self, request: Request) -> HttpResponse:
        return render(Answer(200, supply()))
