"""The deny list: whole at first, then what changes; entries and version together, or not."""

from collections.abc import Iterator
from typing import Any

import pytest

from cbdc.client.gate import Store, deny_list
from cbdc.client.gate.refreshing import DENY_LIST_AT, refresh_deny_list
from cbdc.client.operator_client import OperatorClient
from cbdc.client.transport import Transport, Unreachable
from cbdc.identifiers import new_id
from tests.client.gate_bank import KEY, GateBank
from tests.client.stub import HANG_UP, Reply, running
from tests.client.transit_riders import Issuer

A, B, C = (str(new_id()) for _ in range(3))


@pytest.fixture
def other(issuer: Issuer) -> Iterator[GateBank]:
    """Another bank than `bank`."""
    with running() as stub:
        yield GateBank(stub, issuer)


def refresh(store: Store, bank: GateBank) -> None:
    transport = Transport(bank.url, attempts_max=1)
    refresh_deny_list(store, OperatorClient(bank.url, KEY, transport=transport))


def listed(store: Store) -> tuple[int, set[str]]:
    denied = {one for one in (A, B, C) if deny_list.is_denied(store, one)}
    assert deny_list.entries(store) == len(denied)
    return deny_list.version(store), denied


def since(bank: GateBank) -> list[str]:
    return [asked.query["since"] for asked in bank.stub.asked]


def test_first_the_whole_list_then_what_changed(store: Store, bank: GateBank) -> None:
    bank.deny(A)
    bank.deny(B)
    bank.deny(A, denied=False)
    refresh(store, bank)
    assert listed(store) == (3, {B})
    bank.deny(C, A)
    bank.deny(B, denied=False)
    refresh(store, bank)
    assert listed(store) == (5, {A, C})
    refresh(store, bank)
    assert listed(store) == (5, {A, C})
    assert since(bank) == ["0", "3", "5"]


def test_empty_list_is_a_list(store: Store, bank: GateBank) -> None:
    refresh(store, bank)
    assert listed(store) == (0, set())
    assert store.note(DENY_LIST_AT) is not None


def test_lower_version_begins_again_from_0(store: Store, bank: GateBank) -> None:
    for one in (A, B):
        bank.deny(one)
    refresh(store, bank)
    bank.version, bank.denied = 0, []  # restored from a backup
    bank.deny(C)
    refresh(store, bank)
    assert listed(store) == (1, {C})
    assert since(bank) == ["0", "2", "0"]


def test_another_banks_list_begins_anew_whatever_its_version(
    store: Store, bank: GateBank, other: GateBank
) -> None:
    bank.deny(A)
    bank.deny(B)
    refresh(store, bank)
    other.version = 7
    other.deny(C)
    refresh(store, other)
    assert since(other) == ["0"]
    assert listed(store) == (8, {C})
    refresh(store, bank)  # whose version is lower
    assert since(bank) == ["0", "0"]
    assert listed(store) == (2, {A, B})


def test_until_another_banks_list_is_there_the_old_one_holds(
    store: Store, bank: GateBank, other: GateBank
) -> None:
    bank.deny(A)
    refresh(store, bank)
    other.before = lambda asked: HANG_UP
    with pytest.raises(Unreachable):
        refresh(store, other)
    assert listed(store) == (1, {A})


@pytest.mark.parametrize(
    "answer",
    [
        {"version": 2, "added": [B, "not an id"], "removed": [A]},
        {"version": "2", "added": [B], "removed": [A]},
        {"version": -1, "added": [], "removed": []},
        {"version": True, "added": [B], "removed": [A]},
        {"version": 2, "added": [B]},
        {"version": 2, "added": None, "removed": [A]},
        {"added": [B], "removed": [A]},
    ],
)
def test_wrong_answer_leaves_list_and_version(
    store: Store, bank: GateBank, answer: dict[str, Any]
) -> None:
    bank.deny(A)
    refresh(store, bank)
    bank.before = lambda asked: Reply(200, answer)
    with pytest.raises((ValueError, KeyError, TypeError)):
        refresh(store, bank)
    assert listed(store) == (1, {A})


@pytest.mark.parametrize(
    "reply", [HANG_UP, Reply(200, {"version": 2, "added": [B], "removed": [A]}, cut=True)]
)
def test_broken_answer_leaves_list_and_version(store: Store, bank: GateBank, reply: Reply) -> None:
    bank.deny(A)
    refresh(store, bank)
    bank.before = lambda asked: reply
    with pytest.raises(Unreachable):
        refresh(store, bank)
    assert listed(store) == (1, {A})


def _dying(ids: list[str]) -> Iterator[str]:
    yield from ids
    raise KeyboardInterrupt


def test_list_is_changed_whole_or_not(store: Store) -> None:
    deny_list.replace(store, bank="b", version=1, entries=[A])
    with pytest.raises(KeyboardInterrupt):
        deny_list.apply(store, version=2, added=_dying([B]), removed=[A])
    assert listed(store) == (1, {A})


def test_what_a_killed_gate_had_begun_is_not_in_use(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    deny_list.replace(store, bank="b", version=1, entries=[A])
    monkeypatch.setattr(deny_list, "ROWS_MAX", 1)
    with monkeypatch.context() as patched:
        patched.setattr(deny_list, "_use", lambda *_: next(_dying([])))
        with pytest.raises(KeyboardInterrupt):
            deny_list.replace(store, bank="b", version=2, entries=[B, C])
    assert listed(store) == (1, {A})
    deny_list.replace(store, bank="b", version=3, entries=[C])
    assert listed(store) == (3, {C})
    assert store.connection.execute("SELECT count(*) FROM denied").fetchone() == (1,)
