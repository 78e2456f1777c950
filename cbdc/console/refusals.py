"""What a service says when it refuses, in the language of who is told.

Services refuse in English, which their APIs and the audit log keep. Here a page looks the sentence
up; one with names or numbers in it is recognised by its pattern.
"""

import re
from functools import cache

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

_PLACE = re.compile(r"%\\\((\w+)\\\)s|%\((\w+)\)s")
PATTERNS = (
    _("%(who)s may not propose %(kind)s."),
    _("The request is %(state)s."),
    _("This is not the payload of %(kind)s."),
    _("The %(kind)s was %(state)s."),
    _("The merchant is %(state)s already."),
    _("%(who)s has no second factor."),
    _("%(who)s is not %(what)s."),
    _("%(who)s is not active already."),
    _("%(who)s is %(what)s already."),
    _("%(who)s has reviewed it."),
    _("No bank is named %(bank)s."),
    _("%(what)s has no account with the issuer."),
    _("%(what)s has no such key in force."),
    _("%(what)s or its key is in use."),
    _("%(what)s or %(other)s is in use."),
    _("No QR code carries this: %(why)s."),
    _("Each category has %(what)s."),
    _("%(kind)s cannot use these tokens."),
    _("These are not the tokens of %(kind)s."),
    _("%(kind)s is within one bank."),
    _("At most %(number)s versions."),
    _("At most %(number)s."),
)


def in_words(detail: str) -> str:
    """The refusal in the language of the page; as it is when the catalogue has none of it."""
    said = gettext(detail)
    if said != detail:
        return said
    for template, pattern in _patterns():
        found = pattern.fullmatch(detail)
        if found is not None:
            return gettext(template) % found.groupdict()
    return detail


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (template, re.compile(_PLACE.sub(r"(?P<\1\2>.+)", re.escape(template))))
        for template in PATTERNS
    ]
