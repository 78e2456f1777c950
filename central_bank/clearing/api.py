"""What the central bank publishes about settlement."""

from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.pagination import page_answer, read_page
from cbdc.api.views import ApiView
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import parse_uuid
from central_bank.clearing.models import SettlementCycle
from central_bank.clearing.selectors import cycle_as_json, cycles
from central_bank.schemas import CYCLE, TEXT, listing, nullable


class SettlementCyclesView(ApiView):
    """The cycles, the newest first."""

    @documented("Settlement cycles", answer=listing(CYCLE, next_cursor=nullable(TEXT)), paged=True)
    def get(self, request: Request) -> HttpResponse:
        page = read_page(request)
        before = page.after if isinstance(page.after, int) else None
        answer = page_answer(
            page,
            cycles(before=before, limit=page.fetch),
            position=lambda cycle: cycle.number,
            encode=cycle_as_json,
        )
        return render(answer)


class SettlementCycleView(ApiView):
    """One cycle."""

    @documented("A settlement cycle", answer=CYCLE, refuses=[ErrorCode.NOT_FOUND])
    def get(self, request: Request, cycle_id: str) -> HttpResponse:
        try:
            cycle = SettlementCycle.objects.get(id=parse_uuid(cycle_id))
        except (ValueError, SettlementCycle.DoesNotExist) as error:
            raise Problem(ErrorCode.NOT_FOUND) from error
        return render(Answer(200, cycle_as_json(cycle)))
