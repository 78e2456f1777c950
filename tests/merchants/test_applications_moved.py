"""Applications of before are requests now: open ones can be approved, decided ones stay."""

import json
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.clock import now
from tests.in_process import DATABASES
from tests.merchants.support import Till
from tests.support import acting_as
from wallets.merchants.models import Merchant, Papers
from wallets.merchants.seeds import CHECKER, COFFEE, MAKER

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
MIGRATION = import_module("wallets.merchants.migrations.0003_applications_become_requests")
PHONE = "+8613900110066"
CARD = {
    **COFFEE,
    "name": "Old Tea",
    "firm_name": "Old Tea Co.",
    "credit_code": "91110000600037341L",
    "phone": PHONE,
}


@pytest.fixture
def moved(shop: Till) -> dict[str, Any]:
    """One of each kind, moved: their ids by what they were."""
    loader = MigrationExecutor(connection).loader
    state = loader.project_state(
        [("merchants", "0002_return_tries"), ("approvals", "0002_decision_reason")]
    )
    MIGRATION.Migration.operations[0].state_forwards("merchants", state)
    old = state.apps.get_model("merchants", "Application")
    with acting_as("harbor"):
        with connection.schema_editor() as editor:
            editor.create_model(old)
        try:
            fees = {name: value for name, value in COFFEE.items() if name.startswith("fee")}
            ids = {
                "open": _old(old, "onboard", CARD),
                "fees": _old(old, "terms", fees, shop),
                "refused": _old(old, "status", {"status": "suspended"}, shop, state="refused"),
                "gone": _old(old, "onboard", CARD, state="approved", maker="who-left"),
            }
            with connection.schema_editor() as editor:
                MIGRATION.move(state.apps, editor)
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(old)
    return ids


def _old(
    model: Any, kind: str, payload: dict[str, Any], shop: Till | None = None, **more: Any
) -> Any:
    decided = {"checker": CHECKER, "reason": "no", "decided_at": now()} if "state" in more else {}
    merchant = shop.merchant_id if shop else None
    row = {"kind": kind, "subject": "Old Tea", "maker": MAKER, "merchant_id": merchant}
    return model.objects.create(**{**row, "payload": json.dumps(payload), **decided, **more}).id


def test_open_application_is_approved_as_a_request(moved: dict[str, Any]) -> None:
    with acting_as("harbor"):
        request = ApprovalRequest.objects.get(id=moved["open"])
        assert (request.kind, request.state, str(request.maker)) == (
            "take_merchant_on",
            "proposed",
            MAKER,
        )
        assert PHONE not in str(request.payload)
        four_eyes.approve(request_id=request.id, checker=User.objects.get(username=CHECKER))
        assert Merchant.objects.get(id=request.id).name == "Old Tea"
        assert not Papers.objects.exists()


def test_change_of_fees_is_still_carried_out(moved: dict[str, Any]) -> None:
    with acting_as("harbor"):
        checker = User.objects.get(username=CHECKER)
        four_eyes.approve(request_id=moved["fees"], checker=checker)
        assert ApprovalRequest.objects.get(id=moved["fees"]).state == "approved"


def test_decided_ones_keep_who_decided_them_and_why(moved: dict[str, Any]) -> None:
    with acting_as("harbor"):
        refused = ApprovalRequest.objects.get(id=moved["refused"])
        assert (refused.kind, refused.state) == ("suspend_merchant", "refused")
        assert (str(refused.checker), refused.decision_reason) == (CHECKER, "no")
        gone = ApprovalRequest.objects.get(id=moved["gone"])
        assert (gone.state, str(gone.maker)) == ("approved", "who-left")
        assert not User.objects.get(username="who-left").is_active
        assert PHONE not in str(gone.payload)
