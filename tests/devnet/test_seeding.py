"""What is seeded is kept for /devnet/seed, once, and belongs to the role."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from cbdc.devnet import seeding
from cbdc.devnet.seeding import register, seed, seeded
from cbdc.institution import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(seeding, "_hooks", {role: [] for role in Role})
    monkeypatch.setattr(seeding, "autodiscover_modules", lambda name: None)
    with override_settings(STATE_DIR=str(tmp_path)):
        yield


def add(role: Role, result: dict[str, list[dict[str, Any]]] | None) -> None:
    register(role)(lambda: result)


def test_what_the_hooks_of_a_role_return_is_put_together() -> None:
    add(Role.COMMERCIAL_BANK, {"people": [{"full_name": "Li Wei"}]})
    add(Role.COMMERCIAL_BANK, {"people": [{"full_name": "Wang Fang"}], "staff": [{"roles": []}]})
    add(Role.COMMERCIAL_BANK, None)
    add(Role.CENTRAL_BANK, {"staff": [{"roles": ["governor"]}]})
    seed(Role.COMMERCIAL_BANK)
    assert seeded() == {
        "people": [{"full_name": "Li Wei"}, {"full_name": "Wang Fang"}],
        "merchants": [],
        "staff": [{"roles": []}],
    }


def test_seeding_again_keeps_one_of_each() -> None:
    add(Role.CENTRAL_BANK, {"staff": [{"username": "a"}]})
    seed(Role.CENTRAL_BANK)
    assert seed(Role.CENTRAL_BANK) == seeded()
    assert seeded()["staff"] == [{"username": "a"}]


def test_a_hook_registers_once() -> None:
    def hook() -> None:
        return None

    assert register(Role.CENTRAL_BANK)(register(Role.CENTRAL_BANK)(hook)) is hook
    assert seeding._hooks[Role.CENTRAL_BANK] == [hook]


def test_passwords_are_readable_by_the_owner_alone() -> None:
    seed(Role.CENTRAL_BANK)
    assert stat.S_IMODE(seeding.seed_file().stat().st_mode) == 0o600


def test_before_the_first_seed_there_is_nothing() -> None:
    assert seeded() == {"people": [], "merchants": [], "staff": []}


def test_a_hook_that_fails_leaves_the_last_seed() -> None:
    def fails() -> None:
        raise RuntimeError("no")

    add(Role.CENTRAL_BANK, {"staff": [{"username": "a"}]})
    seed(Role.CENTRAL_BANK)
    register(Role.CENTRAL_BANK)(fails)
    with pytest.raises(RuntimeError):
        seed(Role.CENTRAL_BANK)
    assert seeded()["staff"] == [{"username": "a"}]


def test_only_a_development_network_is_seeded() -> None:
    with override_settings(DEVNET=False), pytest.raises(CommandError):
        call_command("seed_devnet")
    assert not seeding.seed_file().exists()


def test_the_command_tells_how_much(capsys: pytest.CaptureFixture[str]) -> None:
    add(Role.CENTRAL_BANK, {"staff": [{"username": "a"}]})
    call_command("seed_devnet")
    assert "central-bank: 0 people, 0 merchants, 1 staff" in capsys.readouterr().out
