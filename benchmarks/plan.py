"""How much is measured, and how pairs are compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median

from benchmarks import tpcb
from benchmarks.report import Row
from benchmarks.server import Server

TPCB = "TPC-B"


@dataclass(frozen=True, slots=True)
class Plan:
    """The server and the sizes. `rate_max` is what batches are made for, per second."""

    server: Server
    rounds: int = 5
    seconds: int = 8
    scale: int = 100
    wallets: int = 100_000
    wallets_more: int = 1_000_000
    wallets_most: int = 10_000_000
    rate_max: int = 60_000
    run: int = 1_000_000
    transfers: int = 0  # to fill up to before the audit is timed
    audited: set[str] = field(default_factory=set)  # databases to audit at the end

    def tpcb(self) -> float:
        tpcb.prepare(self.server, scale=self.scale)
        return tpcb.rate(self.server, seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Work:
    """What is measured, with the floor of its ratio."""

    name: str
    measure: Callable[[], float]
    floor: float | None = None


def compare(plan: Plan, base: Work, works: list[Work], *, show_base: bool = True) -> list[Row]:
    """Medians over the rounds; in each, the base is measured right before every work."""
    rates: dict[str, list[float]] = {work.name: [] for work in works}
    ratios: dict[str, list[float]] = {work.name: [] for work in works}
    bases = []
    for _ in range(plan.rounds):
        for work in works:
            before = base.measure()
            rate = work.measure()
            bases.append(before)
            rates[work.name].append(rate)
            ratios[work.name].append(rate / before)
    rows = [Row(base.name, median(bases))] if show_base else []
    return rows + [_row(work, base.name, rates, ratios) for work in works]


def _row(
    work: Work, of: str, rates: Mapping[str, list[float]], ratios: Mapping[str, list[float]]
) -> Row:
    name = work.name
    return Row(name, median(rates[name]), "/s", median(ratios[name]), of, work.floor)
