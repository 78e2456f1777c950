"""Staff of a seeded institution, and the pages of its console."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cbdc.console.menu import SHARED
from cbdc.console.role import this_console
from cbdc.institution import CENTRAL_BANK_CODE
from central_bank.supervision.seed import seed_central_bank
from tests.support import acting_as

_HREF = re.compile(r'href="([^"]+)"')
QUERIES_MAX = 15
TRANSACTION = {"BEGIN", "COMMIT"}  # of the audit entry; they ask nothing


@contextmanager
def institution(code: str) -> Iterator[None]:
    """Be a seeded institution of that code."""
    with acting_as(code):
        if code == CENTRAL_BANK_CODE:
            seed_central_bank([])
        yield


def person(username: str, *codenames: str, superuser: bool = False) -> Client:
    """Somebody of the staff who may do what the codenames of permissions say."""
    user, _ = User.objects.get_or_create(
        username=username, defaults={"is_staff": True, "is_superuser": superuser}
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def links(html: str) -> set[str]:
    """The addresses that a page leads to."""
    return {unescape(found) for found in _HREF.findall(html)}


def lists() -> dict[str, str]:
    """The list of each model that this institution has in its admin: label and path."""
    packages = this_console().packages | SHARED
    return {
        model._meta.label_lower: f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for model, page in admin.site._registry.items()
        if type(page).__module__.partition(".")[0] in packages
    }


def life_of(code: str, payment_id: str) -> str:
    """The page of a payment's life at an institution."""
    with acting_as(code):
        client = person("all", superuser=True)
        with CaptureQueriesContext(connections["default"]) as queries:
            answer: Any = client.get(f"/admin/payment/{payment_id}/")
        assert answer.status_code == 200, code
        asked = [query["sql"][:80] for query in queries if query["sql"] not in TRANSACTION]
        assert len(asked) <= QUERIES_MAX, asked
        page: str = answer.content.decode()
        return page
