"""docs/reference/roles.md says of every button whether it takes two, or one with a reason."""

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.test import RequestFactory

from cbdc.approvals import four_eyes
from cbdc.institution import CENTRAL_BANK_CODE
from tests.access.pages import pages
from tests.access.test_roles import DOC, HEADINGS, documented
from tests.in_process import DATABASES
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES)
NOTHING_CHANGES = "nobody"
QUEUE = "approvals/approvalrequest"  # where the two decide


def table() -> dict[tuple[str, str], str]:
    """Who it takes, by page and button."""
    text = DOC.read_text().partition("## Every button\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {
        (page, button): takes.strip()
        for buttons, where, takes, _why in rows
        for page in re.findall(r"`([^`]+)`", where)
        for button in re.findall(r"`([^`]+)`", buttons)
    }


def test_table_names_every_button_of_both_consoles() -> None:
    there_are = {
        (page, verb)
        for code in HEADINGS
        for page, cells in documented(code).items()
        for verbs in cells.values()
        for verb in verbs - {"see"}
    }
    assert set(table()) == there_are


def test_every_button_that_a_page_has_is_somebodys() -> None:
    """A button that no role may use would stand in no table."""
    for code in HEADINGS:
        with acting_as(code):
            for page, model_admin in pages(code).items():
                chosen: Any = model_admin
                names = [*chosen.actions_list, *chosen.actions_detail, *(chosen.actions or ())]
                assert {(page, name) for name in names} <= set(table()), page
                assert not chosen.actions_row, page
                assert not chosen.actions_submit_line, page
                assert not chosen.list_editable, page


def test_what_takes_two_is_a_kind_of_the_queue() -> None:
    for (page, button), takes in table().items():
        assert takes.split(":")[0] in ("one", "two", NOTHING_CHANGES), button
        kind = re.fullmatch(r"two: `([a-z_]+)`", takes)
        if kind is None:
            assert takes != "two" or page == QUEUE, f"{page} {button}: of which kind?"
            continue
        assert kind[1] in four_eyes._kinds, f"{page} {button}"
        assert button.startswith("propose_"), f"{page} {button}"


def test_every_kind_is_in_the_table_or_typed_in_at_the_central_bank() -> None:
    named = {kind for takes in table().values() for kind in re.findall(r"`([a-z_]+)`", takes)}
    with acting_as(CENTRAL_BANK_CODE):
        typed_in = set(four_eyes.kinds())
    by_message = {"issue", "redeem"}
    assert set(four_eyes._kinds) == named | typed_in | by_message


@pytest.mark.parametrize(
    ("page", "button"),
    [where for where, takes in table().items() if takes == "one" or takes.startswith("two: ")],
)
def test_nothing_is_done_without_a_reason(page: str, button: str) -> None:
    """The dialog, the form or the action says so before anything happens."""
    model_admin: Any = {name: one for code in HEADINGS for name, one in pages(code).items()}[page]
    if button == "add":
        form: Any = model_admin.adding
    elif button in (model_admin.actions or ()):
        assert "Give a reason" in _told(model_admin, button)
        return
    else:
        form = getattr(model_admin, button).dialog["form_class"]
    assert form.base_fields["reason"].required


def _told(model_admin: Any, action: str) -> str:
    """What an action says when no reason was typed."""
    told: list[str] = []
    model_admin = type(model_admin)(model_admin.model, site)
    model_admin.message_user = lambda request, text, *_: told.append(str(text))
    request = RequestFactory().post("/", {"reason": "  "})
    request.user = None  # type: ignore[assignment]
    getattr(model_admin, action)(request, model_admin.model._default_manager.none())
    return " ".join(told)
