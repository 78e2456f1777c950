"""The doorbell of access."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from cbdc.access import sessions


@shared_task(name="access.purge_sessions")
def purge_sessions() -> None:
    """Forget what is over."""
    sessions.purge()
    SessionStore.clear_expired()
