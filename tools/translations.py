"""The consoles' Chinese: `python -m tools.translations` collects the texts and compiles them.

Babel does both, so that no program of GNU gettext is needed. Texts of our pages stand in the code
and in templates; names of columns, fields and buttons are what the admin's pages show
(`cbdc.console.words`); some of the theme's are listed here, since it brings no Chinese.
"""

import ast
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import django
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.apps import apps

from cbdc.errors import ErrorCode

ROOT = Path(__file__).resolve().parents[1]
MADE = datetime(2026, 12, 1, tzinfo=UTC)  # of the file's header: it must not change by itself
FOLDER = ROOT / "cbdc" / "console" / "locale" / "zh_Hans" / "LC_MESSAGES"
PO, MO = FOLDER / "django.po", FOLDER / "django.mo"
SOURCES = (
    *("cbdc/admin_pages.py", "cbdc/approvals", "cbdc/access", "cbdc/console"),
    *("cbdc/settings/console.py", "central_bank/console"),
    *("commercial_banks/customers", "commercial_banks/treasury", "wallets/console"),
)
KEYWORDS = {
    "gettext_noop": None,
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
}
# Where staff acts, and which argument of a call is the sentence that it refuses with.
REFUSING = (
    *("cbdc/access", "cbdc/approvals", "cbdc/messaging/parking.py", "cbdc/messaging/services.py"),
    *("central_bank/issuance", "central_bank/supervision", "central_bank/clearing/positions.py"),
    *("commercial_banks/treasury", "commercial_banks/customers", "wallets/accounts"),
    *("wallets/payments/counter.py", "wallets/transit/riders/classes.py"),
    *("wallets/transit/operators", "wallets/merchants/onboarding.py"),
    *("wallets/merchants/staff_refunds.py", "wallets/merchants/refunds.py"),
    *("wallets/merchants/returns.py", "wallets/merchants/keys.py"),
)
SAYS_AT = {"Problem": 1, "FieldError": 2, "_require": 1}
# Of django-unfold, where Django has no Chinese of the same words.
THEME = (
    *("Filters", "Select action", "Welcome back to", "Type to search", "Apply Filters"),
    *("Run", "Dark", "Light", "System", "Change password", "No results found"),
    "This page yielded into no results. Create a new item or reset your filters.",
    *("Reset filters", "Reset", "Select record"),
)


def collected() -> Catalog:
    """Every text that a page of ours may show."""
    if not apps.ready:  # both roles' pages, as in the tests
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings.test")
        django.setup()
    catalog = _empty()
    for path in _files():
        content, method = path.read_bytes(), "python"
        if path.suffix == ".html":
            content, method = _templatized(path.read_text()), "javascript"
        for line, message, _comments, _context in extract(method, BytesIO(content), KEYWORDS):
            catalog.add(message, locations=[(str(path.relative_to(ROOT)), line)])
    for text in THEME:
        catalog.add(text, locations=[("django-unfold", 1)])
    for text in sorted(_refusals() - {message.id for message in catalog}):
        catalog.add(text, locations=[("refusals", 1)])
    for text in sorted(_visible() - {message.id for message in catalog}):
        catalog.add(text, locations=[("pages of the admin", 1)])
    return catalog


def _refusals() -> set[str]:
    """What services that stand behind the staff's pages say when they refuse, without values.

    Sentences with values in them are patterns in `cbdc/console/refusals.py`.
    """
    found = {f"{code.title}." for code in ErrorCode}
    for path in (path for source in REFUSING for path in modules(ROOT / source)):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = SAYS_AT.get(node.func.id)
                said = node.args[at] if at is not None and len(node.args) > at else None
                if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value:
                    found.add(said.value)
    return found


def modules(place: Path) -> list[Path]:
    """The code at a place: a module, or a folder of them."""
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def _visible() -> set[str]:
    """Names of what the admin's pages of both roles show."""
    from cbdc.console.words import visible

    return visible()


def _empty() -> Catalog:
    return Catalog(
        locale="zh_Hans",
        project="open-ecny",
        version="1",
        header_comment="# Collected and compiled by python -m tools.translations.",
        creation_date=MADE,
        revision_date=MADE,
        fuzzy=False,
    )


def _files() -> Iterator[Path]:
    for source in SOURCES:
        place = ROOT / source
        found = [place] if place.is_file() else [*place.rglob("*.py"), *place.rglob("*.html")]
        yield from sorted(found)


def _templatized(text: str) -> bytes:
    """A template as the calls of gettext that it stands for."""
    from django.utils.translation import template

    return template.templatize(text).encode()


def kept() -> Catalog:
    """What is translated now."""
    if not PO.exists():
        return _empty()
    with PO.open("rb") as file:
        return pofile.read_po(file, locale="zh_Hans")


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as programs read it."""
    out = BytesIO()
    mofile.write_mo(out, catalog)
    return out.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """Texts without a translation, or with one that nobody has looked at since they changed."""
    return [
        str(message.id)
        for message in catalog
        if message.id and (message.fuzzy or not _has_words(message.string))
    ]


def _has_words(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def main() -> int:
    """Returns 1 while a text is not translated."""
    catalog, before = collected(), kept()
    for message in catalog:
        old = before.get(message.id) if message.id else None
        if old is not None:
            message.string, message.flags = old.string, old.flags
    out = BytesIO()
    pofile.write_po(
        out, catalog, width=100, sort_output=True, include_lineno=False, omit_header=False
    )
    PO.write_bytes(out.getvalue())
    MO.write_bytes(compiled(catalog))
    left = missing(catalog)
    print(f"{len(catalog)} texts, {len(left)} not translated")
    for text in left:
        print(f"  {text}")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
