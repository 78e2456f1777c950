"""What the central bank publishes about the system's members and rules."""

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.views import ApiView
from central_bank.schemas import INSTITUTION, LIMIT_TABLE, listing
from central_bank.supervision.directory import institutions
from central_bank.supervision.limits import tables_in_force_and_scheduled


class InstitutionsView(ApiView):
    """The directory: who takes part, where, and with which keys."""

    @documented("The directory of institutions", answer=listing(INSTITUTION))
    def get(self, request: Request) -> HttpResponse:
        return render(Answer(200, {"data": institutions()}))


class WalletLimitsView(ApiView):
    """The limits of wallets by category: the table in force, then those scheduled."""

    @documented("The wallet limits in force and scheduled", answer=listing(LIMIT_TABLE))
    def get(self, request: Request) -> HttpResponse:
        return render(Answer(200, {"data": tables_in_force_and_scheduled()}))
