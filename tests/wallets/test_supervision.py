"""What the central bank orders is done at the bank, and no customer is named to it (INV-12)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from cbdc import clock
from cbdc.approvals import four_eyes
from cbdc.clock import rfc3339
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.selectors import limits
from central_bank.supervision.models import DailyReport, FreezeOrder
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from wallets.accounts.supervision import report_day

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def decide(network: Network, kind: str, subject: str, payload: dict[str, object]) -> None:
    """Two people want it, and the messages arrive."""
    with acting_as(CENTRAL_BANK_CODE):
        maker = User.objects.get(username="maker")
        request = four_eyes.propose(kind=kind, subject=subject, payload=payload, maker=maker)
        four_eyes.approve(request_id=request.id, checker=User.objects.get(username="checker"))
    network.drain()


def order(network: Network, wallet_id: str, action: str) -> FreezeOrder:
    payload: dict[str, object] = {"wallet_id": wallet_id, "action": action, "reference": "order 7"}
    decide(network, "order_freeze", "harbor", payload)
    found = FreezeOrder.objects.order_by("id").last()
    assert found is not None
    return found


def test_ordered_freeze_stops_payments_until_it_is_lifted(
    network: Network, alice: Holder, bob: Holder
) -> None:
    assert order(network, alice.wallet_id, "freeze").state == "done"
    assert alice.pay(bob.wallet_id, 100).json()["code"] == "wallet_frozen"
    assert order(network, alice.wallet_id, "unfreeze").state == "done"
    assert alice.pay(bob.wallet_id, 100).json()["status"] == "completed"


def test_freeze_of_a_wallet_that_is_not_there_is_answered(network: Network) -> None:
    answered = order(network, "0011999999999999", "freeze")
    assert (answered.state, answered.code) == ("refused", "not_found")


def test_limit_table_holds_at_the_bank_from_its_own_minute_on(
    network: Network, alice: Holder
) -> None:
    none = {"balance": None, "per_payment": 1_000, "daily": None, "annual": None}
    rows = [{"category": n, "identity": "as before", **none} for n in range(1, 5)]
    starts = clock.now() + timedelta(days=1)
    payload: dict[str, object] = {"effective_from": rfc3339(starts), "categories": rows}
    decide(network, "publish_limits", CENTRAL_BANK_CODE, payload)
    with acting_as("harbor"), connection.cursor() as cursor:
        assert limits(int(alice.wallet_id)).per_payment == 200_000
        cursor.execute("SELECT payment_max FROM ledger_limit WHERE effective_from = %s", [starts])
        assert {row[0] for row in cursor.fetchall()} == {1_000}


def test_inv_12_central_bank_holds_no_customer(
    network: Network, alice: Holder, carol: Holder
) -> None:
    """Every person of every bank is a canary; what the central bank has is searched for them."""
    assert alice.pay(carol.wallet_id, 100).status_code == 201
    network.drain()
    for code in ("harbor", "lotus"):
        with acting_as(code):
            report_day()
    network.drain()
    report = DailyReport.objects.get(bank="harbor")
    assert (report.wallets, report.circulation) == ({"4": 1}, 500_00 - 100)
    everything = "".join(_tables())
    assert alice.wallet_id in everything
    for people in network.people.values():
        for person in people:
            for canary in person.values():
                assert str(canary) not in everything


def _tables() -> list[str]:
    """Every row of every table of the central bank, messages included."""
    with acting_as(CENTRAL_BANK_CODE), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        texts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 (names of the catalogue)
            texts += [row[0] for row in cursor.fetchall()]
    return texts
