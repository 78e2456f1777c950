"""Who is logged in at a till: a session that holds the id of a merchant's key, and no secret.

Django's sessions, under a cookie of their own, so that neither a till nor the staff's admin in
the same browser logs the other out. The cookie is signed, and sent by no other site's page.
"""

from datetime import timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase

from cbdc.errors import ErrorCode, Problem
from cbdc.institution import this_institution
from wallets.merchants.authentication import Caller, caller_of_key

PATH = "/pos/"
LIFE = timedelta(hours=12)  # a working day
KEY_ID = "key_id"
SALT = "wallets.merchants.pos"


def begin(request: HttpRequest, response: HttpResponseBase, caller: Caller) -> None:
    """Log the caller in, by a new session whose cookie the answer carries."""
    _forget(request)
    store = _store(None)
    store[KEY_ID] = str(caller.key_id)
    store.set_expiry(int(LIFE.total_seconds()))
    store.create()
    response.set_signed_cookie(
        _cookie(),
        str(store.session_key),
        salt=SALT,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def end(request: HttpRequest, response: HttpResponseBase) -> None:
    """Log out: the session is deleted, and its cookie with it."""
    _forget(request)
    response.delete_cookie(_cookie(), path=PATH, samesite="Strict")


def caller_of(request: HttpRequest) -> Caller:
    """Who is logged in; the key is looked at anew, so one that ended lets nobody in.

    Raises:
        Problem: authentication_required; permission_denied, for a merchant that is suspended.
    """
    store = _opened(request)
    key_id = store.get(KEY_ID) if store is not None else None
    if key_id is None:
        raise Problem(ErrorCode.AUTHENTICATION_REQUIRED, "Nobody is logged in.")
    return caller_of_key(UUID(key_id))


def purge() -> None:
    """Forget the sessions that are over; those of the staff are in the same table."""
    type(_store(None)).clear_expired()


def _forget(request: HttpRequest) -> None:
    store = _opened(request)
    if store is not None:
        store.flush()


def _opened(request: HttpRequest) -> SessionBase | None:
    name = request.get_signed_cookie(_cookie(), default=None, salt=SALT, max_age=LIFE)
    return _store(name) if name else None


def _store(name: str | None) -> SessionBase:
    made: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(name)
    return made


def _cookie() -> str:
    """Cookies know no ports: on one machine each bank's tills have a cookie of their own."""
    return f"pos-{this_institution().code}"
