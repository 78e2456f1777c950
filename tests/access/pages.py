"""What each role may do on each page of an institution's admin, by asking every URL."""

from collections.abc import Iterator
from types import ModuleType

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client, RequestFactory

from cbdc.access.roles import StaffRole
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.settings import central_bank, commercial_bank

SETTINGS: dict[str, ModuleType] = {CENTRAL_BANK_CODE: central_bank, "harbor": commercial_bank}
NOBODYS = "0"  # a row that there is none of: the answer depends on the right alone
KNOWN = {"changelist": "see", "change": "see", "export": "see"}


def in_role(role: StaffRole) -> User:
    person = User.objects.create_user(f"some-{role}", password="x", is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person


def pages(code: str) -> "dict[str, ModelAdmin[Model]]":
    """The admin pages that exist at an institution, by `app/model`.

    Both tiers' are registered in a test's process; a real one has those of its own apps.
    """
    installed = tuple(f"{app}." for app in SETTINGS[code].INSTALLED_APPS)
    return {
        f"{model._meta.app_label}/{model._meta.model_name}": model_admin
        for model, model_admin in admin.site._registry.items()
        if type(model_admin).__module__.startswith(installed)
    }


def allowed(code: str, role: StaffRole) -> dict[str, set[str]]:
    """What the role may do on each page: what every URL and every action of a list says."""
    person = in_role(role)
    client = Client()
    client.force_login(person)
    return {
        page: set(_of_page(client, person, page, model_admin))
        for page, model_admin in pages(code).items()
    }


def _of_page(
    client: Client, person: User, page: str, model_admin: "ModelAdmin[Model]"
) -> Iterator[str]:
    refused = set()
    for url in model_admin.get_urls():
        if url.name is None or url.name.endswith("_history"):
            continue  # both send on without a row, whoever asks; with one they ask as "see" does
        verb = url.name.removeprefix(page.replace("/", "_") + "_")
        path = str(url.pattern).replace("<path:object_id>", NOBODYS)
        answer = client.get(f"/admin/{page}/{path}")
        assert answer.status_code in (200, 302, 403), f"{page}/{path}: {answer.status_code}"
        verb = KNOWN.get(verb, verb)
        if answer.status_code == 403:
            refused.add(verb)
        else:
            yield verb
        assert answer.status_code == 403 or verb not in refused, f"{page}: {verb}, now so, now not"
    if client.post(f"/admin/{page}/{NOBODYS}/change/").status_code != 403:
        yield "change"
    request = RequestFactory().get(f"/admin/{page}/")
    request.user = person
    yield from (name for name in model_admin.get_actions(request) if name != "delete_selected")


def site_urls() -> list[str]:
    """The paths of the admin that belong to no model and take no argument."""
    models = {model._meta.app_label for model in admin.site._registry}
    return sorted(
        path
        for path in (str(url.pattern) for url in admin.site.get_urls())
        if not path.startswith(("(?P", "^(?P"))
        and path.split("/")[0] not in models
        and "<" not in path
    )
