"""Line plots as inline SVG: no library, no script, nothing fetched."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 860, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 30
COLOURS = (
    *("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd"),
    *("#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22"),
)
TICKS = 5
LINE, CHARACTER = 18, 7  # of the legend: how high, how wide
XML_NAME = "http://www.w3.org/2000/svg"
STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#555}line{stroke:#e5e5e5}"
    "polyline{fill:none;stroke-width:1.5}"
)
Points = Sequence[tuple[float, float]]


def plot(series: Mapping[str, Points], *, unit: str) -> str:
    """A plot of named lines over seconds, with a legend of their colours below it."""
    points = [point for line in series.values() for point in line if math.isfinite(point[1])]
    if not points:
        return "<p>nothing was measured</p>"
    end = max(max(x for x, _ in points), 1.0)
    top = rounded_up(max(y for _, y in points))

    def place(x: float, y: float) -> str:
        across = LEFT + x / end * (WIDTH - LEFT - RIGHT)
        return f"{across:.1f},{HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM):.1f}"

    legend, height = _legend(list(series))
    parts = [
        f'<svg xmlns="{XML_NAME}" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(unit)}"><style>{STYLE}</style>'
    ]
    for tick in range(TICKS + 1):
        value, moment = top * tick / TICKS, end * tick / TICKS
        left, right = place(0, value).split(","), place(end, value).split(",")
        parts.append(
            f'<line x1="{left[0]}" y1="{left[1]}" x2="{right[0]}" y2="{right[1]}"/>'
            f'<text x="{LEFT - 6}" y="{float(left[1]) + 4:.1f}" text-anchor="end">{value:g}</text>'
            f'<text x="{place(moment, 0).split(",")[0]}" y="{HEIGHT - 10}" text-anchor="middle">'
            f"{moment:.0f} s</text>"
        )
    parts.append(f'<text x="{LEFT + 4}" y="{TOP + 4}">{escape(unit)}</text>')
    for number, line in enumerate(series.values()):
        drawn = " ".join(place(x, y) for x, y in line if math.isfinite(y))
        parts.append(f'<polyline points="{drawn}" stroke="{_colour(number)}"/>')
    return "".join([*parts, *legend, "</svg>"])


def _legend(names: Sequence[str]) -> tuple[list[str], int]:
    """Names in their colours, in as many lines as it takes; and how high the plot then is."""
    parts, x, y = [], LEFT, HEIGHT + LINE
    for number, name in enumerate(names):
        width = CHARACTER * (len(name) + 4)
        if x + width > WIDTH and x > LEFT:
            x, y = LEFT, y + LINE
        parts.append(
            f'<text x="{x}" y="{y}"><tspan fill="{_colour(number)}">■</tspan> {escape(name)}</text>'
        )
        x += width
    return parts, y + LINE


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def rounded_up(value: float) -> float:
    """The next number of the form 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)
