"""Taps reach the bank, each once, whatever happens on the way; what it does not take is kept."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from cbdc.client.gate import Gate, Store, taps
from cbdc.client.gate.uploading import (
    REFUSALS_PAUSE_MAX_S,
    UPLOADED_AT,
    Uploader,
    WrongAnswer,
)
from cbdc.client.operator_client import TAPS_BODY_BYTES_MAX, TAPS_MAX, OperatorClient
from cbdc.client.transit_models import UploadedTap
from cbdc.client.transport import ApiProblem, Transport, Unreachable
from cbdc.clock import now
from cbdc.identifiers import new_id
from tests.client.gate_bank import KEY, GateBank, Trouble
from tests.client.gates import kept, opened, standing_clock, states
from tests.client.stub import HANG_UP, Asked, Reply, problem
from tests.client.transit_riders import Issuer

TIMEOUT_S = 0.3


def html(status: int) -> Reply:
    """What a proxy or a captive portal says."""
    return Reply(status, "<html>", {"Content-Type": "text/html"}, raw=True)


class Line:
    """Uploads of one store, as the worker does them, without its pauses."""

    def __init__(self, store: Store, bank: GateBank, *, timeout_s: float = 20.0) -> None:
        transport = Transport(bank.url, attempts_max=1, read_timeout_s=timeout_s)
        self._uploader = Uploader(store, lambda: OperatorClient(bank.url, KEY, transport=transport))

    def once(self) -> float | None:
        return self._uploader.upload()

    def all(self) -> None:
        """Until nothing is left."""
        while self.once() is not None:
            pass


@pytest.fixture
def line(store: Store, bank: GateBank) -> Line:
    return Line(store, bank)


@pytest.fixture
def let_in(gate: Gate, issuer: Issuer) -> Callable[[int], list[str]]:
    """Let so many riders in; the ids of their taps."""
    return lambda count: [opened(gate, issuer.rider().text) for _ in range(count)]


LetIn = Callable[[int], list[str]]


def by_ids(trouble: Callable[[list[str]], Reply | None]) -> Trouble:
    """Trouble that depends on the tap ids of a batch."""

    def before(asked: Asked) -> Reply | None:
        return trouble([tap["tap_id"] for tap in asked.body["taps"]])

    return before


def test_taps_are_uploaded_and_remembered(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    ids = let_in(3)
    line.all()
    assert list(bank.taps) == ids
    assert kept(store, "state", "credential") == [("sent", None)] * 3
    assert store.note(UPLOADED_AT) is not None
    assert line.once() is None
    assert len(bank.uploads()) == 1


def test_rejected_taps_stay_with_their_code(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    ids = let_in(3)
    bank.rejects = {ids[1]: "code_expired"}
    line.all()
    assert kept(store, "tap_id", "state", "code", "detail") == [
        (ids[0], "sent", "", ""),
        (ids[1], "rejected", "code_expired", "code_expired!"),
        (ids[2], "sent", "", ""),
    ]
    assert kept(store, "credential")[1] != (None,)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "reply",
    [
        HANG_UP,
        problem(500, "internal_error"),
        problem(503, "institution_unavailable"),
        Reply(0, after_s=5 * TIMEOUT_S),
        Reply(200, {"accepted": 3, "duplicates": 0, "rejected": []}, cut=True),
        Reply(200, {"accepted": 2, "duplicates": 0, "rejected": []}),
        Reply(200, {"accepted": 3}),
        Reply(200, {"accepted": "3", "duplicates": 0, "rejected": []}),
        Reply(200, "<html>", {"Content-Type": "text/html"}, raw=True),
        Reply(202, {"accepted": 3, "duplicates": 0, "rejected": []}),
        Reply(307, {}, {"Location": "https://elsewhere.example"}),
    ],
    ids=lambda reply: f"{reply.status}-{reply.cut}-{str(reply.body)[:20]}",
)
def test_without_a_right_answer_taps_stay_and_are_sent_again(
    store: Store, bank: GateBank, let_in: LetIn, moment: str, reply: Reply
) -> None:
    ids = let_in(3)
    line = Line(store, bank, timeout_s=TIMEOUT_S)
    setattr(bank, moment, lambda asked: reply)
    with pytest.raises((ApiProblem, Unreachable, WrongAnswer, KeyError, TypeError)):
        line.once()
    assert states(store) == {"pending": 3}
    setattr(bank, moment, lambda asked: None)
    line.all()
    assert list(bank.taps) == ids
    assert states(store) == {"sent": 3}
    assert bank.duplicates == (1 if moment == "after" else 0) * len(bank.uploads()[0].body["taps"])


def test_answer_about_other_taps_is_not_taken(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    let_in(1)
    other = {"tap_id": str(new_id()), "code": "code_expired", "detail": ""}
    bank.before = lambda asked: Reply(200, {"accepted": 0, "duplicates": 0, "rejected": [other]})
    with pytest.raises(WrongAnswer):
        line.once()
    assert states(store) == {"pending": 1}


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "malformed_request"), (413, "payload_too_large"), (422, "validation_failed")],
)
def test_one_tap_that_the_bank_will_not_read_stops_no_other(
    line: Line, store: Store, bank: GateBank, let_in: LetIn, status: int, code: str
) -> None:
    ids = let_in(20)
    poison = {ids[0], ids[13]}
    bank.before = by_ids(lambda batch: problem(status, code) if poison & {*batch} else None)
    line.all()
    assert set(bank.taps) == {*ids} - poison
    assert states(store) == {"sent": 18, "parked": 2}
    [row] = [row for row in kept(store, "tap_id", "code", "detail") if row[0] == ids[13]]
    assert row[1:] == (code, f"{status}: {code}!")
    assert len(bank.uploads()) < 30


@pytest.mark.parametrize("reply", [problem(413, "payload_too_large"), html(413)])
def test_size_that_a_proxy_allows_is_found(
    line: Line, store: Store, bank: GateBank, let_in: LetIn, reply: Reply
) -> None:
    let_in(20)
    bank.before = by_ids(lambda batch: reply if len(batch) > 3 else None)
    line.all()
    assert states(store) == {"sent": 20}


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_trouble_of_the_key_or_the_address_parks_nothing(
    line: Line, store: Store, bank: GateBank, let_in: LetIn, status: int
) -> None:
    ids = let_in(3)
    bank.before = lambda asked: problem(status, "permission_denied")
    for _ in range(5):
        with pytest.raises(ApiProblem):
            line.once()
    assert [len(asked.body["taps"]) for asked in bank.uploads()] == [3] * 5
    bank.before = lambda asked: None
    line.all()
    assert list(bank.taps) == ids


WRONG = {"accepted": 0, "duplicates": 0, "rejected": []}
SAID_TWICE = {"tap_id": "", "code": "code_expired", "detail": ""}


@pytest.mark.parametrize(
    "reply",
    [
        problem(500, "internal_error"),
        HANG_UP,
        html(400),
        html(200),
        html(418),
        Reply(400, {"code": "malformed_request", "detail": "a proxy that speaks JSON"}),
        problem(400, "some_code"),
        problem(409, "idempotency_key_reused"),
        problem(400, "validation_failed"),
        Reply(200, WRONG),
        Reply(200, {}),
        Reply(200, {**WRONG, "accepted": True}),
        Reply(200, {**WRONG, "accepted": 2, "duplicates": -1}),
        Reply(200, {**WRONG, "rejected": None}),
        Reply(200, {**WRONG, "rejected": [SAID_TWICE]}),
        Reply(200, {**WRONG, "rejected": [{**SAID_TWICE, "tap_id": []}]}),
        Reply(200, {**WRONG, "rejected": [{**SAID_TWICE, "code": {}}]}),
        Reply(200, {**WRONG, "rejected": [{**SAID_TWICE, "detail": None}]}),
    ],
    ids=lambda reply: f"{reply.status}-{str(reply.body)[:70]}",
)
def test_tap_over_which_the_bank_stumbles_stops_no_other(
    line: Line, store: Store, bank: GateBank, let_in: LetIn, reply: Reply
) -> None:
    ids = let_in(9)
    bank.before = by_ids(lambda batch: reply if ids[0] in batch else None)
    for _ in range(20):
        with suppress(ApiProblem, Unreachable, WrongAnswer, KeyError, TypeError):
            line.once()
    assert set(bank.taps) == {*ids[1:]}
    assert states(store) == {"sent": 8, "pending": 1}
    bank.before = lambda asked: None
    line.all()
    assert set(bank.taps) == {*ids}


def test_tap_that_is_rejected_twice_in_one_answer_accounts_for_no_other(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    ids = let_in(2)
    rejected = [{**SAID_TWICE, "tap_id": ids[0]}] * 2
    bank.before = lambda asked: Reply(200, {**WRONG, "rejected": rejected})
    with pytest.raises(WrongAnswer):
        line.once()
    assert states(store) == {"pending": 2}


@pytest.mark.parametrize("wrong", [{"code": {}}, {"code": None}, {"detail": None}, {"detail": []}])
def test_rejection_without_a_reason_is_no_answer(
    line: Line, store: Store, bank: GateBank, let_in: LetIn, wrong: dict[str, object]
) -> None:
    [tap_id] = let_in(1)
    rejected = [{**SAID_TWICE, "tap_id": tap_id, **wrong}]
    bank.before = lambda asked: Reply(200, {**WRONG, "rejected": rejected})
    with pytest.raises(WrongAnswer):
        line.once()
    assert kept(store, "state", "tries") == [("pending", 1)]


def test_reason_that_no_disk_takes_is_kept_as_far_as_it_goes(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    ids = let_in(2)
    odd = {"tap_id": ids[0], "code": "\ud800" * 400, "detail": "\ud800"}
    bank.before = by_ids(lambda batch: Reply(200, {**WRONG, "accepted": 1, "rejected": [odd]}))
    assert line.once() == 0.0
    assert kept(store, "state", "detail") == [("rejected", "?"), ("sent", "")]


def test_bad_taps_in_a_row_are_sent_slower_and_slower(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    ids = let_in(40)
    bad = {*ids[::2]}
    bank.before = by_ids(
        lambda batch: problem(422, "validation_failed") if bad & {*batch} else None
    )
    pauses = []
    while (pause := line.once()) is not None:
        pauses.append(pause)
    assert states(store) == {"sent": 20, "parked": 20}
    refused = [pause for pause in pauses if pause > 0]
    assert len(refused) >= 20
    assert all(2.5 <= pause <= REFUSALS_PAUSE_MAX_S for pause in refused[-10:])
    assert max(refused[:3]) < 0.5


def test_bank_that_is_away_is_asked_with_less_and_then_with_more(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    let_in(20)
    bank.before = lambda asked: HANG_UP
    for _ in range(5):
        with pytest.raises(Unreachable):
            line.once()
    bank.before = lambda asked: None
    line.all()
    assert [len(asked.body["taps"]) for asked in bank.uploads()] == [20, 10, 5, 2, 1, 1, 2, 4, 8, 5]


def _fill(store: Store, count: int) -> None:
    """Taps as long as they may be."""
    with store.transaction():
        for _ in range(count):
            tap = UploadedTap(str(new_id()), "A" * 200, "g" * 32, "s" * 32, "entry", now())
            taps.keep(store, str(new_id()), tap)


def test_batch_is_within_the_banks_limits(line: Line, store: Store, bank: GateBank) -> None:
    _fill(store, TAPS_MAX + 2_000)
    line.all()
    assert states(store) == {"sent": TAPS_MAX + 2_000}
    assert max(bank.batches) <= TAPS_MAX
    sizes = [len(asked.raw) for asked in bank.uploads()]
    assert max(sizes) <= TAPS_BODY_BYTES_MAX
    assert len(sizes) == 2
    assert sizes[0] > 0.95 * TAPS_BODY_BYTES_MAX


def test_two_days_offline_and_uploaded_twice_each_tap_lands_once(
    gate: Gate, store: Store, bank: GateBank, issuer: Issuer, tmp_path: Path
) -> None:
    ids: list[str] = []
    with standing_clock() as clock:
        riders = [issuer.rider(expires_at=clock.moment + timedelta(days=7)) for _ in range(10)]
        for _ in range(2 * 24):
            clock.forward(hours=1)
            ids += [opened(gate, rider.text) for rider in riders[: 1 + len(ids) % 10]]
    copy = tmp_path / "copy"
    with closing(Store.open(copy)) as twin:
        store.connection.backup(twin.connection)
        Line(twin, bank).all()
    bank.after = lambda asked: HANG_UP  # kept, and nobody heard of it
    again = Line(store, bank)
    with pytest.raises(Unreachable):
        again.once()
    bank.after = lambda asked: None
    again.all()
    assert list(bank.taps) == ids
    assert bank.duplicates > len(ids)
    assert states(store) == {"sent": len(ids)}


def test_killed_while_it_notes_an_answer_it_sends_the_rest_again(
    line: Line, store: Store, bank: GateBank, let_in: LetIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = let_in(5)
    bank.rejects = {ids[0]: "code_expired"}
    monkeypatch.setattr(taps, "ROWS_MAX", 2)
    whole, writes = Store.transaction, iter([None, None])

    def dying(self: Store) -> AbstractContextManager[None]:
        next(writes)
        return whole(self)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "transaction", dying)
        with pytest.raises(StopIteration):
            line.once()
    assert states(store) == {"rejected": 1, "sent": 1, "pending": 3}
    line.all()
    assert states(store) == {"rejected": 1, "sent": 4}
    assert set(bank.taps) == {*ids[1:]}


def test_what_was_not_taken_is_sent_again_when_asked(
    line: Line, store: Store, bank: GateBank, let_in: LetIn
) -> None:
    ids = let_in(3)
    bank.rejects = {ids[0]: "validation_failed"}
    bank.before = by_ids(
        lambda batch: problem(422, "validation_failed") if ids[1] in batch else None
    )
    line.all()
    assert states(store) == {"rejected": 1, "parked": 1, "sent": 1}
    bank.rejects, bank.before = {}, lambda asked: None
    assert taps.resend(store) == 2
    line.all()
    assert set(bank.taps) == {*ids}
    assert kept(store, "state", "code") == [("sent", "")] * 3


def test_taps_are_forgotten_after_a_time_but_never_pending_ones(
    gate: Gate, line: Line, store: Store, bank: GateBank, issuer: Issuer
) -> None:
    def prune(store: Store) -> int:
        week, year = now() - timedelta(days=7), now() - timedelta(days=400)
        return taps.prune(store, sent_before=week, refused_before=year)

    with standing_clock() as clock:
        end = clock.moment + timedelta(days=500)
        sent, rejected, parked = (opened(gate, issuer.rider(expires_at=end).text) for _ in range(3))
        bank.rejects = {rejected: "code_expired"}
        bank.before = by_ids(
            lambda batch: problem(422, "validation_failed") if parked in batch else None
        )
        line.all()
        clock.forward(days=7, seconds=-1)
        pending = opened(gate, issuer.rider(expires_at=end).text)
        assert prune(store) == 0
        clock.forward(seconds=2)
        assert prune(store) == 1
        clock.forward(days=393, seconds=-2)
        assert prune(store) == 0
        assert kept(store, "tap_id") == [(rejected,), (parked,), (pending,)]
        clock.forward(seconds=2)
        assert prune(store) == 2
    assert kept(store, "tap_id") == [(pending,)]
    assert sent in bank.taps


def test_gate_opens_while_a_batch_is_at_the_bank(
    gate: Gate, line: Line, issuer: Issuer, bank: GateBank, tmp_path: Path
) -> None:
    first = opened(gate, issuer.rider().text)
    meanwhile: list[str] = []

    def before(asked: Asked) -> None:
        bank.before = lambda asked: None
        with closing(Store.open(tmp_path / "gate")) as another:
            another.connection.execute("PRAGMA busy_timeout = 0")
            meanwhile.append(opened(Gate(another, gate.place), issuer.rider().text))

    bank.before = before
    line.all()
    assert list(bank.taps) == [first, *meanwhile]
    assert len(meanwhile) == 1
