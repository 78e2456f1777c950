"""The embedded PostgreSQL, as real processes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cbdc.devnet.children import started_at
from cbdc.devnet.postgres import APPLICATION_ROLE, EmbeddedPostgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    postgres.start()
    yield postgres
    postgres.stop()


def _pid(server: EmbeddedPostgres) -> int:
    assert server.pid is not None
    return server.pid


def test_committed_rows_survive_kill_9(server: EmbeddedPostgres) -> None:
    assert server.createdb("harbor") is True
    assert server.createdb("harbor") is False
    with psycopg.connect(server.url("harbor")) as connection:
        connection.execute("CREATE TABLE kept (amount bigint)")
        connection.execute("INSERT INTO kept VALUES (1234)")

    os.kill(_pid(server), signal.SIGKILL)
    server.start()

    with psycopg.connect(server.url("harbor")) as connection:
        assert connection.execute("SELECT amount FROM kept").fetchall() == [(1234,)]
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_application_role_uses_rows_and_owns_nothing(server: EmbeddedPostgres) -> None:
    server.createdb("harbor")
    with psycopg.connect(server.url("harbor")) as connection:
        connection.execute("CREATE TABLE kept (amount bigint)")
    with psycopg.connect(server.url("harbor", APPLICATION_ROLE)) as connection:
        connection.execute("INSERT INTO kept VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DROP TABLE kept")


def test_server_of_a_lost_starter_is_replaced(server: EmbeddedPostgres) -> None:
    orphan = _pid(server)
    second = EmbeddedPostgres(server.data_dir, server.log_file)

    second.start()

    assert started_at(orphan) is None
    assert _pid(second) != orphan
    second.stop()


def test_stop_leaves_no_process_and_no_socket(server: EmbeddedPostgres) -> None:
    pid = _pid(server)
    server.stop()
    assert started_at(pid) is None
    assert not Path(server.host).exists()


def test_long_state_folder_still_has_a_short_socket(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / ("long" * 25) / "postgres")
    postgres.start()
    assert postgres.answers()
    postgres.stop()
