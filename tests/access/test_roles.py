"""docs/reference/roles.md says who may do what; every URL of the admin is asked and compared."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client, override_settings

from cbdc.access import roles
from cbdc.access.roles import StaffRole
from cbdc.institution import CENTRAL_BANK_CODE
from tests.access.pages import allowed, in_role, site_urls
from tests.in_process import DATABASES
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES)
DOC = Path(__file__).resolve().parents[2] / "docs" / "reference" / "roles.md"
HEADINGS = {CENTRAL_BANK_CODE: "## Central bank", "harbor": "## Bank"}


@pytest.fixture(autouse=True)
def _static_files(tmp_path: Path) -> Iterator[None]:
    """WhiteNoise warns about a folder of static files that is not there."""
    with override_settings(STATIC_ROOT=str(tmp_path)):
        yield


def documented(code: str) -> dict[str, dict[str, set[str]]]:
    """By page and role: the words of the cell."""
    text = DOC.read_text().partition(HEADINGS[code] + "\n")[2].partition("\n## ")[0]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    header, *rows = lines
    assert header == ["page", *StaffRole]
    return {
        page.strip("`"): {
            role: set() if cell == "-" else set(cell.split(", "))
            for role, cell in zip(StaffRole, cells, strict=True)
        }
        for page, *cells in rows
    }


@pytest.mark.parametrize("role", StaffRole)
@pytest.mark.parametrize("code", HEADINGS)
def test_every_url_of_the_admin_lets_in_whom_the_table_names(code: str, role: StaffRole) -> None:
    table = documented(code)
    with acting_as(code):
        found = allowed(code, role)
    assert {page: sorted(verbs) for page, verbs in found.items()} == {
        page: sorted(cells[role]) for page, cells in table.items()
    }


def test_no_role_deletes_or_sees_the_money_as_an_administrator() -> None:
    for code in HEADINGS:
        for page, cells in documented(code).items():
            assert not any("delete" in verbs for verbs in cells.values()), page
            assert not cells["auditor"] - {"see", "check_the_chain"}, page
            assert not cells["viewer"] - {"see"}, page
            ours = page.startswith(("auth/", "access/", "audit/", "approvals/"))
            assert ours or not cells["administrator"], page


def test_pages_of_no_model_are_documented() -> None:
    text = DOC.read_text().partition("## Pages of no model")[2]
    assert re.findall(r"`/([^`]*)`", text) == site_urls()


def test_every_grant_is_a_permission_that_there_is() -> None:
    there_are = {
        f"{app}.{codename}"
        for app, codename in Permission.objects.values_list("content_type__app_label", "codename")
    }
    for role in StaffRole:
        assert roles.granted(role) <= there_are, role


def test_migrate_takes_back_what_was_added_to_a_role_by_hand() -> None:
    viewer = Group.objects.get(name=StaffRole.VIEWER)
    before = set(viewer.permissions.values_list("codename", flat=True))
    viewer.permissions.add(Permission.objects.get(codename="change_user"))
    viewer.permissions.remove(viewer.permissions.filter(codename="view_token").get())
    roles.set_up()
    assert set(viewer.permissions.values_list("codename", flat=True)) == before


def test_person_without_a_role_and_a_stranger_see_no_page() -> None:
    person = User.objects.create_user("new", password="x", is_staff=True)
    client = Client()
    client.force_login(person)
    assert client.get("/admin/issuance/token/").status_code == 403
    stranger = in_role(StaffRole.VIEWER)
    stranger.is_staff = False
    stranger.save()
    client.force_login(stranger)
    assert client.get("/admin/issuance/token/").status_code == 302
