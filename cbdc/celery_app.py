"""The Celery application of this institution: a doorbell for work that PostgreSQL records."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import task_prerun, worker_shutting_down

sys.setswitchinterval(0.0005)  # as in wsgi.py
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings")

app = Celery("cbdc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def leave_broken_connections(**_: Any) -> None:
    """Let a thread whose PostgreSQL was restarted connect anew, instead of failing from then on.

    Celery keeps a thread's connection over many tasks (CELERY_DB_REUSE_MAX), broken or not.
    """
    from django.db import close_old_connections

    close_old_connections()


@worker_shutting_down.connect
def finish_soon(**_: Any) -> None:
    """End deliveries after the batch that is under way: a warm shutdown waits for no more."""
    from cbdc.messaging.delivery import wind_down

    wind_down()
