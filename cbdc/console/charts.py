"""Charts as values: where lines and bars are, in percent of the drawing. No Django here.

The templates in `console/charts/` draw them as SVG without a script. Colours are classes, `s0` to
`s5`, so that a style sheet decides about them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SERIES_MAX = 6  # as many as there are colours
POINTS_MAX = 500  # of a line: a screen shows no more
_FULL = 100.0
_GAP = 0.28  # of the width of a group of columns
_NICE = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)

Format = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Series:
    """A name, and its values in the order of time."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line, with the area below it, as SVG paths."""

    name: str
    colour: str
    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Values over time. `ticks` stand beside the axis, the greatest first; `moments` below it."""

    lines: Sequence[Drawn]
    ticks: Sequence[str]
    moments: Sequence[str]
    summary: str
    template: str = "console/charts/lines.html"


@dataclass(frozen=True, slots=True)
class Column:
    """A rectangle of a column chart, in percent."""

    colour: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Groups of columns side by side. `legend` is (name, colour)."""

    columns: Sequence[Column]
    legend: Sequence[tuple[str, str]]
    ticks: Sequence[str]
    groups: Sequence[str]
    summary: str
    template: str = "console/charts/columns.html"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar that lies: `width` in percent, with `marks` as (place in percent, what it says)."""

    name: str
    value: str
    width: float
    colour: str = "s0"
    note: str = ""
    marks: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars below one another."""

    bars: Sequence[Bar]
    template: str = "console/charts/bars.html"


def lines(
    series: Sequence[Series], moments: Sequence[str], *, format_value: Format = str
) -> Lines | None:
    """Each of `series` as a line over the same moments; None when there is nothing to draw."""
    shown = [one for one in series if one.values][:SERIES_MAX]
    if not shown or len(moments) == 0:
        return None
    lowest = min(0, min(min(one.values) for one in shown))
    top = ceiling(max(max(one.values) for one in shown))
    bottom = -ceiling(-lowest) if lowest < 0 else 0
    drawn = [_draw(one, f"s{index}", top=top, bottom=bottom) for index, one in enumerate(shown)]
    said = "; ".join(f"{one.name}: {format_value(one.values[-1])}" for one in shown)
    ticks = [format_value(round(bottom + (top - bottom) * part)) for part in (1, 0.5, 0)]
    return Lines(drawn, ticks, _ends(moments), said)


def columns(
    series: Sequence[Series], groups: Sequence[str], *, format_value: Format = str
) -> Columns | None:
    """For each of `groups` one column of each series; None when there is nothing to draw."""
    shown = list(series)[:SERIES_MAX]
    if not shown or not groups:
        return None
    top = ceiling(max(max(one.values, default=0) for one in shown))
    room = _FULL / len(groups)
    width = room * (1 - _GAP) / len(shown)
    made = []
    for number, one in enumerate(shown):
        for place, value in enumerate(one.values):
            height = _FULL * max(value, 0) / top
            left = place * room + room * _GAP / 2 + number * width
            title = f"{groups[place]} · {one.name}: {format_value(value)}"
            made.append(
                Column(
                    f"s{number}",
                    _short(left),
                    _short(_FULL - height),
                    _short(width),
                    _short(height),
                    title,
                )
            )
    legend = [(one.name, f"s{number}") for number, one in enumerate(shown)]
    ticks = [format_value(top), format_value(top // 2), format_value(0)]
    said = "; ".join(f"{one.name}: {format_value(sum(one.values))}" for one in shown)
    return Columns(made, legend, ticks, _ends(groups), said)


def bars(rows: Sequence[tuple[str, int]], *, format_value: Format = str) -> Bars | None:
    """Amounts beside one another, the longest over the whole width."""
    if not rows:
        return None
    most = max(max(value for _, value in rows), 1)
    return Bars([Bar(name, format_value(value), share(value, most)) for name, value in rows])


def share(part: int, whole: int) -> float:
    """`part` in percent of `whole`, between 0 and 100."""
    return _short(min(max(_FULL * part / whole, 0), _FULL)) if whole > 0 else 0.0


def ceiling(value: float) -> int:
    """The next round number, at least 1: where an axis ends."""
    if value <= 1:
        return 1
    power = 10 ** (len(str(int(value))) - 1)
    return next((int(power * step) for step in _NICE if power * step >= value), int(power * 10))


def thinned(values: Sequence[int], most: int = POINTS_MAX) -> list[int]:
    """At most so many of the values, evenly apart, the last one among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(place * (len(values) - 1) / (most - 1))] for place in range(most)]


def _draw(series: Series, colour: str, *, top: int, bottom: int) -> Drawn:
    values = thinned(series.values)
    step = _FULL / max(len(values) - 1, 1)
    height = top - bottom
    points = [
        (_short(place * step), _short(_FULL - _FULL * (value - bottom) / height))
        for place, value in enumerate(values)
    ]
    if len(points) == 1:
        points.append((_FULL, points[0][1]))
    path = "M" + " L".join(f"{x} {y}" for x, y in points)
    ground = _short(_FULL - _FULL * (0 - bottom) / height)
    area = f"{path} L{points[-1][0]} {ground} L{points[0][0]} {ground} Z"
    return Drawn(series.name, colour, path, area)


def _ends(texts: Sequence[str]) -> list[str]:
    """The first, the middle and the last of them."""
    return list(dict.fromkeys([texts[0], texts[len(texts) // 2], texts[-1]]))


def _short(number: float) -> float:
    return round(number, 2)
