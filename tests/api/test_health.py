"""/healthz, /readyz and /metrics."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from cbdc.api import health
from cbdc.celery_app import app

pytestmark = pytest.mark.django_db


def missing(client: Client) -> tuple[int, list[str]]:
    response = client.get("/readyz")
    return response.status_code, response.json()["missing"]


def test_healthz_needs_nothing(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


def test_readyz_is_200_when_all_is_there(client: Client) -> None:
    assert missing(client) == (200, [])


def test_readyz_names_a_missing_migration(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("api", "0001_initial")
    assert missing(client) == (503, ["migrations"])


def test_readyz_names_a_missing_broker(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_a_closed_port(**options: Any) -> Any:
        return app.connection("redis://127.0.0.1:1/0", **options)

    monkeypatch.setattr(app, "connection_for_write", at_a_closed_port)
    assert missing(client) == (503, ["broker"])


def test_readyz_names_a_missing_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> Any:
            raise OperationalError("connection refused")

        def __getattr__(self, name: str) -> Any:
            raise OperationalError("connection refused")

    monkeypatch.setattr(health, "connection", Gone())
    assert missing(client) == (503, ["database", "migrations"])


def test_readiness_is_not_kept_by_caches(client: Client) -> None:
    assert "no-store" in client.get("/readyz")["Cache-Control"]


def count_of(client: Client, series: str) -> float:
    for line in client.get("/metrics").content.decode().splitlines():
        if line.startswith(series):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


def test_metrics_count_requests_by_route_and_status(client: Client) -> None:
    route = 'route="api/v1/strange/<str:kind>"'
    series = f'http_requests_total{{method="GET",{route},status="403"}}'
    before = count_of(client, series)
    client.get("/api/v1/strange/forbidden")
    assert count_of(client, series) == before + 1
    assert count_of(client, f'http_request_duration_seconds_count{{method="GET",{route}}}') >= 1


def test_paths_and_methods_that_do_not_exist_share_one_series(client: Client) -> None:
    for number in range(5):
        client.generic(f"M{number}", f"/nothing/{number}")
    text = client.get("/metrics").content.decode()
    assert 'method="other",route="unmatched",status="404"' in text
    assert "/nothing/" not in text
