"""Staff of a seeded institution, and the pages of its console."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client

from cbdc.console.menu import SHARED
from cbdc.console.role import this_console
from cbdc.institution import CENTRAL_BANK_CODE
from central_bank.supervision.seed import seed_central_bank
from tests.support import acting_as

_HREF = re.compile(r'href="([^"]+)"')
QUERIES_MAX = 15


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
