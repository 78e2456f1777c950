"""What a dashboard or a report shows, as values; templates draw them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise

from cbdc.console.charts import Bars, Columns, Lines

Text = str | Promise
Chart = Lines | Columns | Bars


class Tone(StrEnum):
    """How much a figure asks for somebody's attention."""

    CALM = "calm"
    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure. `url` is where more of it is to be seen."""

    title: Text
    value: str
    note: Text = ""
    tone: Tone = Tone.CALM
    url: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person should look at."""

    text: str
    tone: Tone = Tone.WARNING
    url: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere."""

    text: str
    url: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under their headings; columns in `numeric` stand to the right."""

    headings: Sequence[Text]
    rows: Sequence[Sequence[Text | Link]]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart, a table, or both, under a title. `chart` names the template that draws it; `more`
    leads to what did not fit; `name` is the panel's own in the address of its page."""

    title: Text
    chart: Chart | None = None
    table: Table | None = None
    note: Text = ""
    wide: bool = False
    more: Link | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The first page of a console."""

    tiles: Sequence[Tile] = ()
    panels: Sequence[Panel] = ()
    alerts: Sequence[Alert] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A page to print: tables under their titles, and what it was made of."""

    title: Text
    subtitle: str
    panels: Sequence[Panel]
    notes: Sequence[Text] = field(default=())
