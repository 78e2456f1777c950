"""The Celery application of this institution: a doorbell for work that PostgreSQL records."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings")

app = Celery("cbdc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
