"""The consoles' Chinese: `python -m tools.translations` collects the texts and compiles them.

Babel does both, so that no program of GNU gettext is needed. Texts of our pages stand in the code
and in templates; some of the theme's are listed here, since it brings no Chinese.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract

ROOT = Path(__file__).resolve().parents[1]
MADE = datetime(2026, 12, 1, tzinfo=UTC)  # of the file's header: it must not change by itself
FOLDER = ROOT / "cbdc" / "console" / "locale" / "zh_Hans" / "LC_MESSAGES"
PO, MO = FOLDER / "django.po", FOLDER / "django.mo"
SOURCES = (
    *("cbdc/access", "cbdc/console", "cbdc/settings/console.py", "central_bank/console"),
    *("commercial_banks/customers", "commercial_banks/treasury", "wallets/console"),
)
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}
# Of django-unfold, where Django has no Chinese of the same words.
THEME = (
    *("Filters", "Select action", "Welcome back to", "Type to search", "Apply Filters"),
    *("Run", "Dark", "Light", "System", "Change password", "No results found"),
    "This page yielded into no results. Create a new item or reset your filters.",
    *("Reset filters", "Reset", "Select record"),
)


# Buttons and actions of the admin's pages; one that is not listed stays as it is.
BUTTONS = (
    *("Freeze", "Propose to unfreeze", "Propose to close", "Propose to raise to category 1"),
    *("Open for a person", "Shut out", "Confirm", "Take back", "Show personal data", "Show"),
    *("Propose a refund", "Propose to give up", "Put right", "Revoke", "Find a person"),
    *("Propose a request", "Propose other marks", "Propose another threshold", "Propose a class"),
    *("Propose a merchant", "Close", "Propose other fees", "Propose suspension"),
    *("Propose reinstatement", "Propose other billing", "Approve (as the checker)", "Refuse"),
    *("Take up (become the maker)", "Close and settle now", "Explained: close the breaks"),
    *("Send again", "Send parked messages again", "Try now", "Try again what was given up"),
    *("Propose a role", "Take a role away", "Let in again", "Propose to reset the second factor"),
    *("End all sessions", "New password", "End these sessions", "Check the chain"),
)


def collected() -> Catalog:
    """Every text that a page of ours may show."""
    catalog = _empty()
    for path in _files():
        content, method = path.read_bytes(), "python"
        if path.suffix == ".html":
            content, method = _templatized(path.read_text()), "javascript"
        for line, message, _comments, _context in extract(method, BytesIO(content), KEYWORDS):
            catalog.add(message, locations=[(str(path.relative_to(ROOT)), line)])
    for text in (*THEME, *BUTTONS):
        catalog.add(text, locations=[("django-unfold" if text in THEME else "admin", 1)])
    return catalog


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
    from django.conf import settings
    from django.utils.translation import template

    if not settings.configured:
        settings.configure()
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
