"""Sessions of the staff: they end when nobody works, at the end of a shift, and when told to.

Each log-in and its end is in the audit log. A name that is nobody's is not: it may be a password
that was typed into the wrong field.
"""

from contextvars import ContextVar
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import pre_save
from django.http import HttpRequest

from cbdc.access.models import StaffSession
from cbdc.api.rate_limits import client_address
from cbdc.audit import services as audit
from cbdc.clock import now

NOBODYS = UUID(int=0)
KEY = "staff_session"  # in the session
SEEN_EVERY = timedelta(seconds=30)  # so that a page does not write with each of its requests
KEPT = timedelta(days=90)
PURGE_BATCH = 1_000
IDLE, SHIFT_OVER, LOGGED_OUT = "idle", "shift over", "logged out"
NEW_PASSWORD, SHUT_OUT = "new password", "shut out"
NOBODY_KNOWN = "unknown user"

_current: ContextVar[UUID | None] = ContextVar("current_staff_session", default=None)


def begin(sender: Any, request: HttpRequest | None, user: User, **_: Any) -> None:
    """At a log-in of the staff; another session that this browser had is over."""
    if request is None or not user.is_staff:
        return
    _end_row(_id_of(request), LOGGED_OUT)
    row = StaffSession.objects.create(
        user=user,
        address=client_address(request),
        browser=request.META.get("HTTP_USER_AGENT", "")[:200],
    )
    request.session[KEY] = str(row.id)
    _record("log_in_by_password", user.username)


def failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """At a log-in with a wrong password, of somebody shut out, or above the limit."""
    if request is None:
        return
    name = str(credentials.get("username") or "")
    known = User.objects.filter(username=name).exists()
    _record("log_in_failed", name if known else NOBODY_KNOWN)


def log_out(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """At a log-out."""
    if request is not None:
        _end_row(_id_of(request), LOGGED_OUT)


def still_open(request: HttpRequest) -> bool:
    """Whether the request's session may go on; one that is over is ended here."""
    row = StaffSession.objects.filter(id=_id_of(request), ended_at__isnull=True).first()
    if row is None or row.user_id != request.user.pk:
        return False
    moment = now()
    if moment - row.began_at >= timedelta(seconds=settings.STAFF_SESSION_S):
        _end_row(row.id, SHIFT_OVER)
        return False
    if moment - row.last_seen_at >= timedelta(seconds=settings.STAFF_IDLE_S):
        _end_row(row.id, IDLE)
        return False
    if moment - row.last_seen_at >= SEEN_EVERY:
        StaffSession.objects.filter(id=row.id).update(last_seen_at=moment)
    _current.set(row.id)
    return True


def forget_current() -> None:
    """After a request: what this thread does next is nobody's session."""
    _current.set(None)


def verified(request: HttpRequest) -> None:
    """The second factor was shown in this session, from its address."""
    StaffSession.objects.filter(id=_id_of(request)).update(verified_at=now())


def knows(user: User, address: str) -> bool:
    """Whether the person has shown the second factor from that address before."""
    return StaffSession.objects.filter(
        user=user, address=address, verified_at__isnull=False
    ).exists()


def end_all(*, user: User, by: str, but: UUID | None = None) -> int:
    """End every session of a person, perhaps but one; returns how many."""
    rows = StaffSession.objects.filter(user=user, ended_at__isnull=True)
    if but is not None:
        rows = rows.exclude(id=but)
    return rows.update(ended_at=now(), ended_by=by)


def end(*, session_ids: list[UUID], by: str) -> int:
    """End these sessions; returns how many were open."""
    rows = StaffSession.objects.filter(id__in=session_ids, ended_at__isnull=True)
    return rows.update(ended_at=now(), ended_by=by)


def purge() -> int:
    """Forget sessions that began long ago; how many went."""
    old = StaffSession.objects.filter(began_at__lt=now() - KEPT).values("id")[:PURGE_BATCH]
    return StaffSession.objects.filter(id__in=old).delete()[0]


def follow(sender: Any, instance: User, **_: Any) -> None:
    """A new password ends the person's other sessions, and shutting the person out ends all."""
    before = User.objects.filter(pk=instance.pk).values("password", "is_active").first()
    if before is None:
        return
    if before["is_active"] and not instance.is_active:
        end_all(user=instance, by=SHUT_OUT)
    elif before["password"] != instance.password:
        end_all(user=instance, by=NEW_PASSWORD, but=_current.get())


def _id_of(request: HttpRequest) -> UUID:
    """Kept in the session, which only this process writes."""
    return UUID(request.session.get(KEY) or str(NOBODYS))


def _end_row(session_id: UUID, why: str) -> None:
    rows = StaffSession.objects.filter(id=session_id, ended_at__isnull=True)
    if rows.update(ended_at=now(), ended_by=why):  # one of several at once
        name = StaffSession.objects.values_list("user__username", flat=True).get(id=session_id)
        _record("log_out", name, why=why)


def _record(action: str, username: str, **detail: Any) -> None:
    audit.record(actor=username, action=action, subject=username, detail=detail)


user_logged_in.connect(begin, dispatch_uid="cbdc.access.begin")
user_login_failed.connect(failed, dispatch_uid="cbdc.access.failed")
user_logged_out.connect(log_out, dispatch_uid="cbdc.access.log_out")
pre_save.connect(follow, sender=User, dispatch_uid="cbdc.access.follow")
