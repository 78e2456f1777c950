"""The operator's client has a method for every call of an operator that the document has."""

import inspect
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cbdc.client.operator_client import TAPS_BODY_BYTES_MAX, TAPS_MAX, OperatorClient
from cbdc.client.transit_models import RejectedTap, UploadedTap
from cbdc.client.transport import ApiProblem, Transport
from tests.client.document import called, promised
from tests.client.stub import HANG_UP, Asked, Reply, Stub, problem
from wallets.transit import schemas
from wallets.transit.operators import api

KEY = "sk_secret"
TEXT = {"Content-Type": "text/csv; charset=utf-8"}
DAY = date(2026, 11, 30)
TAP = UploadedTap(
    tap_id="019ab6f0-7b1e-7c3a-9d55-0c1f6e2a4b10",
    credential="AQAL",
    gate_id="G7",
    station="harbour",
    direction="entry",
    tapped_at=datetime(2026, 11, 30, 0, 1, 2, tzinfo=UTC),
)
TAKEN = {
    "accepted": 0,
    "duplicates": 1,
    "rejected": [{"tap_id": TAP.tap_id, "code": "code_expired", "detail": "over"}],
}


@pytest.fixture
def operator(stub: Stub, transport: Transport) -> OperatorClient:
    return OperatorClient(stub.url, KEY, transport=transport)


def respond(asked: Asked) -> Reply:
    """An answer of the right shape for each path."""
    place = asked.path.removeprefix("/api/v1/transit/").split("/")[0]
    fares = schemas.FARES_EXAMPLE
    answers: dict[str, Reply] = {
        "taps": Reply(200, TAKEN),
        "deny-list": Reply(200, {"version": 7, "added": [TAP.tap_id], "removed": []}),
        "fares": Reply(200, fares if asked.method == "PUT" else _page(fares)),
        "journeys": Reply(200, _page({**schemas.JOURNEY_EXAMPLE, "tap_ids": ["t"]})),
        "statements": Reply(200, "line\r\n", TEXT, raw=True),
    }
    return answers[place]


def _page(row: dict[str, Any]) -> dict[str, Any]:
    return {"data": [row], "next_cursor": None}


def call_everything(operator: OperatorClient) -> None:
    taken = operator.upload_taps([TAP])
    assert taken.rejected == (RejectedTap(TAP.tap_id, "code_expired", "over"),)
    assert operator.deny_list(since=6).added == (TAP.tap_id,)
    put = operator.put_fares("2026-12", schemas.FARES_SENT)
    assert (put.status, put.first_day) == ("scheduled", date(2026, 12, 1))
    assert put.table["zones"] == schemas.FARES_SENT["zones"]
    assert [table.version for table in operator.fares()] == ["2026-12"]
    [journey] = operator.journeys(DAY)
    assert (journey.origin, journey.charged, journey.tap_ids) == ("harbour", 6_00, ("t",))
    assert operator.statement(DAY) == "line\r\n"


def test_every_call_of_the_document_has_a_method(stub: Stub, operator: OperatorClient) -> None:
    stub.respond = respond
    call_everything(operator)
    operations = promised("/api/v1/transit/")
    made = called(stub.asked, operations)
    assert made.keys() == operations.keys()
    for asked, _ in made.values():
        assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_taps_go_as_the_contract_writes_them(stub: Stub, operator: OperatorClient) -> None:
    stub.replies = [Reply(200, TAKEN)]
    operator.upload_taps([TAP])
    [asked] = stub.asked
    assert api.TAPS.parse(asked.body)["taps"][0]["tapped_at"] == TAP.tapped_at
    assert "idempotency-key" not in asked.headers


def test_limits_of_a_batch_are_the_banks() -> None:
    assert (TAPS_MAX, TAPS_BODY_BYTES_MAX) == (api.TAPS_MAX, 4 * 1024 * 1024)


def test_lost_answer_is_asked_for_again(stub: Stub, operator: OperatorClient) -> None:
    stub.replies = [HANG_UP, problem(503, "institution_unavailable"), Reply(200, TAKEN)]
    assert operator.upload_taps([TAP]).duplicates == 1
    assert len({asked.raw for asked in stub.asked}) == 1


@pytest.mark.parametrize("status", [201, 202, 204])
def test_only_a_200_takes_taps(stub: Stub, operator: OperatorClient, status: int) -> None:
    stub.replies = [Reply(status, None if status == 204 else TAKEN)]
    with pytest.raises(ApiProblem, match="unexpected_answer"):
        operator.upload_taps([TAP])


def test_every_method_says_what_it_does() -> None:
    for name, method in inspect.getmembers(OperatorClient, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
            assert inspect.signature(method).return_annotation is not inspect.Signature.empty
