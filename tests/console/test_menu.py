"""The menu: by task, whole, and only what the person may see."""

import re
from dataclasses import replace

import pytest

from cbdc.console.menu import others
from cbdc.console.role import this_console
from tests.console.support import institution, links, lists, person
from tests.in_process import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)
CODES = ["central-bank", "harbor"]


@pytest.mark.parametrize("code", CODES)
def test_every_list_is_in_the_menu_under_a_task(code: str) -> None:
    with institution(code):
        page = person("all", superuser=True).get("/admin/").content.decode()
        assert set(lists().values()) <= links(page)
        assert others(this_console()).pages == []


def test_page_that_no_section_names_stands_under_other() -> None:
    with institution("harbor"):
        console = this_console()
        kept = [section for section in console.sections if section.title != "Disputes"]
        left = others(replace(console, sections=kept)).pages
        assert "bank_clearing.break" in {page.model for page in left}
        assert "issuance.token" not in {page.model for page in left}


@pytest.mark.parametrize(
    ("code", "right", "path"),
    [
        ("central-bank", "view_token", "/admin/issuance/token/"),
        ("harbor", "view_wallet", "/admin/accounts/wallet/"),
    ],
)
def test_person_sees_the_entries_of_what_may_be_seen(code: str, right: str, path: str) -> None:
    with institution(code):
        page = person("clerk", right).get("/admin/").content.decode()
        assert links(page) & set(lists().values()) == {path}


@pytest.mark.parametrize(
    ("code", "name", "role"),
    [
        ("central-bank", "Central Bank", "Central bank · 0001"),
        ("harbor", "Harbor Bank", "Operating institution · 0011"),
    ],
)
def test_name_colour_role_and_environment_are_on_every_page(
    code: str, name: str, role: str
) -> None:
    with institution(code):
        client = person("all", superuser=True)
        for path in ["/admin/", *lists().values()]:
            page = client.get(path).content.decode()
            assert name in page, path
            assert role in page, path
            assert "Devnet" in page, path
            assert re.search(r"--color-primary-600: oklch\(50% 0\.16 \d+\)", page), path
