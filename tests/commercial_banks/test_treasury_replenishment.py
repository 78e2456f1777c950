"""The stock is kept between its marks; small tokens are merged; change is chosen."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cbdc.errors import Problem
from cbdc.ledger.selectors import balance
from central_bank.auditor import audit_central_bank
from central_bank.supervision.models import DailyReport
from commercial_banks.chart import STOCK
from commercial_banks.treasury import services
from commercial_banks.treasury.models import ReplenishmentMarks, TokenRequest, VaultToken
from commercial_banks.treasury.replenishment import replenish, set_marks
from commercial_banks.treasury.seeds import FIRST_ISSUE, staff
from tests.access.approving import approve
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from wallets.accounts.supervision import report_day

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
GUARANTEE = 50_000_000


def kept(network: Network, low: int, high: int) -> int:
    """The stock of harbor after one turn between those marks."""
    with acting_as("harbor"):
        set_marks(low=low, high=high, by="treasurer")
        asked = replenish()
        assert asked is None or replenish() is None  # one request at a time
    network.drain()
    with acting_as("harbor"):
        return balance(STOCK)


def live() -> list[int]:
    tokens = VaultToken.objects.filter(locked=False, spent_at__isnull=True)
    return sorted(tokens.values_list("value", flat=True))


def split_into_60(network: Network) -> None:
    with acting_as("harbor"):
        services.request_split(parts=[1] * 60, by="treasurer")
    network.drain()


def test_stock_below_the_low_mark_is_filled_to_the_middle(network: Network) -> None:
    assert kept(network, FIRST_ISSUE + 1, FIRST_ISSUE + 2_001) == FIRST_ISSUE + 1_001


def test_stock_above_the_high_mark_is_given_back_down_to_the_middle(network: Network) -> None:
    low, high = FIRST_ISSUE - 10_000, FIRST_ISSUE - 2_000
    assert kept(network, low, high) == FIRST_ISSUE - 6_000
    with acting_as("harbor"):
        request = TokenRequest.objects.get(operation="redeem")
        assert (request.status, request.requested_by) == ("done", "replenishment")
    assert audit_central_bank() == []


def test_guarantee_is_not_given_back(network: Network) -> None:
    assert kept(network, 0, 2) == GUARANTEE


def test_stock_between_the_marks_stays(network: Network) -> None:
    assert kept(network, 0, FIRST_ISSUE) == FIRST_ISSUE


def test_marks_the_wrong_way_round_are_refused(network: Network) -> None:
    with acting_as("harbor"), pytest.raises(Problem):
        set_marks(low=5, high=5, by="treasurer")


def test_treasurer_proposes_the_marks_and_another_person_approves(network: Network) -> None:
    page = "/admin/treasury/replenishmentmarks/propose_marks/"
    with acting_as("harbor"):
        staff()
        client = Client()
        client.force_login(User.objects.get(username="treasurer"))

        def propose(low: str, high: str) -> str:
            form = {"_form_submitted": "1", "low": low, "high": high, "reason": "a holiday"}
            return client.post(page, form, follow=True).content.decode()

        assert "must be below" in propose("9", "9")
        propose("1.00", "9.00")
        assert not ReplenishmentMarks.objects.exists(), "it takes two"
        approve()
        propose("2.00", "9.50")
        approve()
        marks = ReplenishmentMarks.objects.get()
        assert (marks.low, marks.high, marks.set_by) == (200, 950, "treasurer")
        client.force_login(User.objects.get(username="auditor"))
        assert client.get(page).status_code == 403


def test_change_is_chosen(network: Network) -> None:
    with acting_as("harbor"):
        services.request_split(parts=[100, 250], by="treasurer")
    network.drain()
    with acting_as("harbor"):
        assert live()[:2] == [100, 250]
        assert TokenRequest.objects.get(operation="split").status == "done"
        assert balance(STOCK) == FIRST_ISSUE
    assert audit_central_bank() == []


def test_many_small_tokens_become_one(network: Network) -> None:
    split_into_60(network)
    with acting_as("harbor"):
        assert len(live()) == 61
        services.tidy(by="treasury")
        assert services.tidy(by="treasury") is None
    network.drain()
    with acting_as("harbor"):
        assert live() == [FIRST_ISSUE - GUARANTEE]
        assert services.tidy(by="treasury") is None
    assert audit_central_bank() == []


def test_spending_sweeps_small_tokens(network: Network) -> None:
    split_into_60(network)
    with acting_as("harbor"):
        services.request_lock(amount=1_000, by="treasurer")
    network.drain()
    with acting_as("harbor"):
        assert live() == [FIRST_ISSUE - GUARANTEE - 1_000]


def test_inv_12_daily_report_is_figures_alone(network: Network) -> None:
    with acting_as("harbor"):
        report_day()
    network.drain()
    report = DailyReport.objects.get()
    assert (report.bank, report.stock, report.wallets) == ("harbor", FIRST_ISSUE, {})
