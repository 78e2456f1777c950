"""What a role says of its console, and whose console this process shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from cbdc.console.shown import Dashboard, Panel, Report, Text
from cbdc.institution import this_institution


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the menu: a model's list (`app_label.model_name`) under a name of its own."""

    model: str
    title: Text
    icon: str


@dataclass(frozen=True, slots=True)
class Section:
    """A task of the staff, with the pages for it."""

    title: Text
    pages: Sequence[Page]


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a text of the search box may mean, and where it is shown.

    `leads`: false for what is told on the list even when it is alone there, because its page is of
    something else.
    """

    kind: Text
    name: str
    url: str
    leads: bool = True


Finder = Callable[[HttpRequest, str], Sequence[Found]]
# The whole life of a payment; None when there is no such payment.
Life = Callable[[HttpRequest, UUID], Report | None]
# What stands below the page of the row with that key, for who may see it.
Below = Callable[[HttpRequest, str], Sequence[Panel]]


@dataclass(frozen=True, slots=True)
class Console:
    """The console of a role.

    `packages` are the roots of the code whose admin pages belong to it. `finders` are asked in
    their order about what somebody looks up, and name nothing that the person may not see;
    `elsewhere` says what others keep, when nothing was found.
    `payment` and `day_end` make the reports of a payment and of a business day, for who has the
    permission `sees_payments` or `sees_day`. `below` has what the pages of rows show below the row,
    by the model's label. For charts over time (`cbdc.console.sampling`):
    `levels` are figures as they are now, those of `slow_levels` take a look at a whole table,
    `count` counts what was made between two UUIDv7.
    """

    title: Text
    packages: frozenset[str]
    sections: Sequence[Section]
    dashboard: Callable[[HttpRequest], Dashboard]
    finders: Sequence[Finder] = ()
    elsewhere: Text = ""
    payment: Life | None = None
    sees_payments: str = ""
    day_end: Callable[[date], Report] | None = None
    sees_day: str = ""
    below: Mapping[str, Below] = field(default_factory=dict)
    levels: Callable[[], Mapping[str, int]] = dict
    slow_levels: Callable[[], Mapping[str, int]] = dict
    count: Callable[[UUID, UUID], Mapping[str, int]] | None = None


def this_console() -> Console:
    """The console of the institution that this process serves."""
    console: Console = import_string(settings.CONSOLES[this_institution().role.value])
    return console
