"""A run's report: one HTML page that needs nothing else, and a row of var/load/runs.csv."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.server import described
from loadtests.audit import Check
from loadtests.measured import Measured, Sum
from loadtests.processes import Usage
from loadtests.recording import OK
from loadtests.svg import plot

MIB = 2**20
PERCENTILES = (0.5, 0.95, 0.99)
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 920px; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .2em .8em; text-align: right }
th:first-child, td:first-child, td.words { text-align: left } tr { border-bottom: 1px solid #ddd }
svg { width: 100% } .bad { color: #b00020 } .good { color: #1b7f3b }
"""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was asked for: `began` is local time as text, `asked` what Locust was told."""

    scenario: str
    began: str
    asked: Mapping[str, str]
    load_s: float


def html(
    facts: RunFacts,
    measured: Measured,
    usage: Mapping[str, Usage],
    checks: Sequence[Check],
    failures: Sequence[str],
) -> str:
    """The page. `failures` is why the run failed, besides checks that did not hold."""
    bad = [*failures, *(f"{check.name}: {check.detail}" for check in checks if not check.held)]
    verdict = '<p class="bad"><b>The run failed.</b></p>' if bad else ""
    verdict = verdict or '<p class="good"><b>The books hold.</b></p>'
    asked = "".join(
        f"<tr><td>{escape(name)}</td><td class='words'>{escape(value)}</td></tr>"
        for name, value in {"began": facts.began, **facts.asked}.items()
    )
    begin = min(measured.by_second, default=0)
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        f"<title>Load: {escape(facts.scenario)}, {escape(facts.began)}</title>",
        f"<style>{STYLE}</style><h1>Load: {escape(facts.scenario)}</h1>",
        verdict,
        *(f"<p class='bad'>{escape(line)}</p>" for line in bad),
        f"<table>{asked}</table>",
        *(f"<p>{escape(line)}</p>" for line in described()[:1]),
        "<h2>Requests</h2>",
        _requests(measured),
        "<h2>Throughput</h2>",
        plot(_throughput(measured, begin), unit="requests/s"),
        "<h2>Latency</h2>",
        plot(_latency(measured, begin), unit="ms"),
        "<h2>Errors and refusals by code</h2>",
        _codes(measured),
        "<h2>CPU of each process</h2>",
        plot({name: _over(one.at, one.cores, begin) for name, one in usage.items()}, unit="cores"),
        "<h2>Memory of each process</h2>",
        memory_plot(usage, begin),
        "<h2>The audit</h2><table>",
        *(
            f"<tr><td>{escape(check.name)}</td><td class='{'good' if check.held else 'bad'}'>"
            f"{'held' if check.held else 'NOT held'}</td>"
            f"<td class='words'>{escape(check.detail)}</td></tr>"
            for check in checks
        ),
        "</table></html>",
    ]
    return "\n".join(parts)


def memory_plot(usage: Mapping[str, Usage], begin: int) -> str:
    """The memory of processes from that second on: also a picture of its own."""
    lines = {
        name: _over(one.at, [size / MIB for size in one.memory], begin)
        for name, one in usage.items()
    }
    return plot(lines, unit="MiB")


def _requests(measured: Measured) -> str:
    head = "<tr><th>what</th><th>requests</th><th>/s</th><th>refused</th><th>errors</th>"
    head += "".join(f"<th>p{share * 100:g} ms</th>" for share in PERCENTILES) + "</tr>"
    names = sorted(measured.by_name.items(), key=lambda item: -item[1].requests)
    rows = [*names, ("all", measured.total)]
    return (
        f"<table>{head}{''.join(_row(name, one, measured.seconds) for name, one in rows)}</table>"
    )


def _row(name: str, one: Sum, seconds: int) -> str:
    cells = [f"{one.requests:,}", f"{one.requests / max(seconds, 1):,.1f}"]
    cells += [f"{one.refusals:,}", f"{one.errors:,}"]
    cells += [f"{one.percentile(share):,.0f}" for share in PERCENTILES]
    return f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _codes(measured: Measured) -> str:
    rows = [
        f"<tr><td>{escape(code)}</td><td>{count:,}</td></tr>"
        for code, count in measured.total.codes.most_common()
        if code != OK
    ]
    return f"<table>{''.join(rows)}</table>" if rows else "<p>none</p>"


def _throughput(measured: Measured, begin: int) -> dict[str, list[tuple[float, float]]]:
    seconds = range(begin, begin + measured.seconds)
    empty = Sum()
    sums = [(second - begin, measured.by_second.get(second, empty)) for second in seconds]
    return {
        "answered well": [(at, float(one.codes[OK])) for at, one in sums],
        "refused": [(at, float(one.refusals)) for at, one in sums],
        "errors": [(at, float(one.errors)) for at, one in sums],
    }


def _latency(measured: Measured, begin: int) -> dict[str, list[tuple[float, float]]]:
    return {
        f"p{share * 100:g}": [
            (second - begin, one.percentile(share))
            for second, one in sorted(measured.by_second.items())
        ]
        for share in PERCENTILES
    }


def _over(
    moments: Sequence[float], values: Sequence[float], begin: int
) -> list[tuple[float, float]]:
    pairs = zip(moments, values, strict=True)
    return [(moment - begin, value) for moment, value in pairs if moment >= begin]


def append(file: Path, row: Mapping[str, str]) -> None:
    """Add a run to the CSV that compares runs; one with other columns is put aside first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    if not is_new:
        with file.open(newline="") as known:
            if next(csv.reader(known), []) != list(row):
                file.replace(file.with_suffix(".before.csv"))
                is_new = True
    with file.open("a", newline="") as out:
        writer = csv.DictWriter(out, list(row))
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def row(
    facts: RunFacts,
    measured: Measured,
    usage: Mapping[str, Usage],
    payments: int,
    held: bool,
    commit: str,
) -> dict[str, str]:
    """The line of a run."""
    return dict(_columns(facts, measured, usage, payments, held, commit))


def _columns(
    facts: RunFacts,
    measured: Measured,
    usage: Mapping[str, Usage],
    payments: int,
    held: bool,
    commit: str,
) -> Iterator[tuple[str, str]]:
    seconds = max(measured.seconds, 1)
    total = measured.total
    yield "began", facts.began
    yield "commit", commit
    yield "scenario", facts.scenario
    yield from facts.asked.items()
    yield "seconds", str(measured.seconds)
    yield "requests", str(total.requests)
    yield "requests_per_s", f"{total.requests / seconds:.1f}"
    yield "payments", str(payments)
    yield "payments_per_s", f"{payments / seconds:.1f}"
    yield "refused", str(total.refusals)
    yield "errors", str(total.errors)
    for share in PERCENTILES:
        yield f"p{share * 100:g}_ms", f"{total.percentile(share):.1f}"
    cores = sum(sum(one.cores) / len(one.cores) for one in usage.values() if one.cores)
    yield "cores", f"{cores:.2f}"
    yield "memory_mib", f"{sum(max(one.memory) for one in usage.values() if one.memory) / MIB:.0f}"
    yield "audit", "held" if held else "failed"
