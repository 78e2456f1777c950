"""Is the process up, can it work, and what has it done: /healthz, /readyz, /metrics."""

import logging
from collections.abc import Callable
from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from cbdc.api.metrics import exposition
from cbdc.celery_app import app

logger = logging.getLogger(__name__)
BROKER_TIMEOUT_S = 1.0


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, broker and migrations are all there; else 503 naming what is missing."""
    missing = [name for name, is_there in CHECKS.items() if not is_there()]
    if missing:
        return JsonResponse({"status": "unavailable", "missing": missing}, status=503)
    return JsonResponse({"status": "ready", "missing": []})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def database_is_there() -> bool:
    """True if the database answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        logger.warning("not ready: database: %s", error)
        return False
    return True


def broker_is_there() -> bool:
    """True if a connection to the broker can be made now."""
    try:
        with app.connection_for_write(connect_timeout=BROKER_TIMEOUT_S) as broker:
            broker.connect()
    except Exception as error:  # noqa: BLE001 - each broker library has its own errors
        logger.warning("not ready: broker: %s", error)
        return False
    return True


def migrations_are_there() -> bool:
    """True if every migration of the code is applied."""
    try:
        missing = _known_migrations() - set(MigrationRecorder(connection).applied_migrations())
    except Error as error:
        logger.warning("not ready: migrations: %s", error)
        return False
    return not missing


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Every (app, migration) of the code; read once, as the code of a process never changes."""
    loader = MigrationLoader(None)
    return frozenset(loader.disk_migrations)


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_is_there,
    "broker": broker_is_there,
    "migrations": migrations_are_there,
}
