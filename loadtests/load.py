"""`make load`: a scenario against the whole network, and an audit at its end.

    make load SCENARIO=rush USERS=200 DURATION=120 [CROSS_BANK=0.2] [PACE=1]
              [WALLETS=10000] [PROCESSES=1] [KEEP=1] [WEB=8089]
    make load SCENARIO=rush USERS=200 DURATION=120 HOST=http://127.0.0.1:8000 [STATE=var]

Without HOST it starts a network of its own, on ports of its own, with its data in
var/load/state. HOST is the central bank's URL of one that runs; STATE is the folder of its data,
without which its books cannot be audited, and the run fails. DURATION is in seconds. With WEB,
Locust's page at that port begins and ends the run, and Ctrl-C goes on to the audit. With
PROCESSES, Locust plays with so many.

Exit 0 only if every acknowledged payment is in the books and every audit holds. The report, one
HTML page, is in var/load/; var/load/runs.csv has a line for each run.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import commit
from cbdc.client.transport import ApiProblem, Unreachable
from cbdc.devnet.children import DevnetError, tail
from cbdc.devnet.stack import ROOT
from loadtests import report, stack
from loadtests.audit import Check, audit, show, wait_for_quiet
from loadtests.measured import Measured, Reader, acknowledged, acknowledgements
from loadtests.processes import GENERATOR, Sampler
from loadtests.stack import Stack

FOLDER = ROOT / "var" / "load"
SCENARIOS = Path(__file__).with_name("scenarios")
PROGRESS_S = 5.0
GRACE_S = 60.0  # above Locust's own time to stop


def main(arguments: Sequence[str]) -> int:
    """Run a scenario; returns the exit status."""
    options = _options(arguments)
    try:
        with _stack(options) as under_load:
            return run(options, under_load)
    except (DevnetError, ApiProblem, Unreachable) as error:
        print(f"The load test cannot go on: {error}", file=sys.stderr)
        return 1


def run(options: argparse.Namespace, under_load: Stack) -> int:
    """Seed, load, wait for quiet, audit, report."""
    began = time.strftime("%Y-%m-%d %H:%M:%S")
    out = options.folder / time.strftime(f"%Y%m%d-%H%M%S-{options.scenario}")
    out.mkdir(parents=True)
    keys = options.folder / "keys" if not under_load.is_own else options.folder / "state" / "keys"
    if under_load.network is not None:
        stack.seed(under_load, wallets=options.wallets, keys=keys, progress=say)
    played = play(options, under_load, keys, out)
    checks = []
    if under_load.network is not None:
        checks.append(wait_for_quiet(under_load, progress=say))
    else:
        checks.append(Check("the books can be reached", False, "give STATE, or audit them there"))
    checks += audit(under_load, out)
    failures = list(played.failures)
    held = show(checks, say) and not failures
    for failure in failures:
        say(f"✗ {failure}")
    write(options, began, out, played, checks, held)
    return 0 if held else 1


@dataclass(frozen=True, slots=True)
class Played:
    """What the generator did. `failures` is why the run is worth nothing, if it is."""

    measured: Measured
    sampler: Sampler
    load_s: float
    failures: tuple[str, ...]


def play(options: argparse.Namespace, under_load: Stack, keys: Path, out: Path) -> Played:
    """Run Locust, tell how it goes, and look at the processes meanwhile."""
    log = out / "locust.log"
    reader = Reader(out)
    begun = time.monotonic()
    with log.open("wb") as output:
        locust = subprocess.Popen(
            command(options, under_load.central_bank),
            cwd=ROOT,
            env={
                **os.environ,
                "LOAD_KEYS": str(keys),
                "LOAD_OUT": str(out),
                "CROSS_BANK": str(options.cross_bank),
                "PACE": str(options.pace),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    sampler = Sampler(lambda: {**under_load.pids(), GENERATOR: locust.pid})
    sampler.start()
    try:
        _watch(locust, reader, begun, None if options.web else options.duration + GRACE_S)
    finally:
        locust.poll()
        if locust.returncode is None:
            locust.terminate()
            locust.wait()
        sampler.stop()
    failures = []
    if locust.returncode != 0 and not options.web:
        failures.append(f"Locust ended with {locust.returncode}:\n{tail(log)}")
    measured = reader.read()
    if measured.total.requests == 0:
        failures.append(f"nothing was asked of anybody:\n{tail(log)}")
    return Played(measured, sampler, time.monotonic() - begun, tuple(failures))


def command(options: argparse.Namespace, central_bank: str) -> list[str]:
    """How Locust is called; docs/reference/load.md shows it for several machines."""
    words = [sys.executable, "-m", "locust", "-f", str(SCENARIOS / f"{options.scenario}.py")]
    words += ["--host", central_bank, "--users", str(options.users)]
    words += ["--run-time", f"{options.duration:.0f}s", "--stop-timeout", "20"]
    words += ["--exit-code-on-error", "0", "--only-summary", "--loglevel", "WARNING"]
    if options.web:
        words += ["--web-host", "127.0.0.1", "--web-port", str(options.web)]
    else:
        words += ["--headless"]
    if options.processes > 1:
        words += ["--processes", str(options.processes)]
    return words


def _watch(
    locust: subprocess.Popen[bytes], reader: Reader, begun: float, limit_s: float | None
) -> None:
    """Say how it goes until Locust ends, its time is long over, or Ctrl-C."""
    before = 0
    try:
        while locust.poll() is None:
            try:
                locust.wait(PROGRESS_S)
            except subprocess.TimeoutExpired:
                total = reader.read().total
                elapsed = time.monotonic() - begun
                say(
                    f"{elapsed:5.0f} s  {(total.requests - before) / PROGRESS_S:6.0f} requests/s"
                    f"  p50 {total.percentile(0.5):.0f} ms  p99 {total.percentile(0.99):.0f} ms"
                    f"  {total.refusals} refused  {total.errors} errors"
                )
                before = total.requests
                if limit_s is not None and elapsed > limit_s:
                    return
    except KeyboardInterrupt:
        say("stopping")
        locust.send_signal(signal.SIGTERM)
        locust.wait()


def write(
    options: argparse.Namespace,
    began: str,
    out: Path,
    played: Played,
    checks: Sequence[Check],
    held: bool,
) -> None:
    """The page and the line of the run."""
    asked = {
        "users": str(options.users),
        "duration_s": f"{options.duration:.0f}",
        "cross_bank": str(options.cross_bank),
        "pace": str(options.pace),
        "wallets": str(options.wallets),
        "processes": str(options.processes),
    }
    facts = report.RunFacts(options.scenario, began, asked, played.load_s)
    payments = sum(1 for _ in acknowledgements(acknowledged(out)))
    page = out.with_suffix(".html")
    usage = played.sampler.usage
    begin = min(played.measured.by_second, default=0)
    served = {name: one for name, one in usage.items() if name.endswith(("-web", "-worker"))}
    (out / "memory.svg").write_text(report.memory_plot(served, begin))
    page.write_text(report.html(facts, played.measured, usage, checks, played.failures))
    line = report.row(facts, played.measured, usage, payments, held, commit())
    report.append(options.folder / "runs.csv", line)
    total = played.measured.total
    say(
        f"{total.requests} requests, {payments} payments acknowledged, {total.refusals} refused,"
        f" {total.errors} errors, p50 {total.percentile(0.5):.0f} ms,"
        f" p99 {total.percentile(0.99):.0f} ms"
    )
    say(f"{'The books hold' if held else 'THE RUN FAILED'}; the report: {page}")


def say(line: str) -> None:
    print(line, flush=True)


def _stack(options: argparse.Namespace) -> AbstractContextManager[Stack]:
    if options.host:
        return nullcontext(stack.running(options.host, options.state))
    return stack.own(options.folder / "state", keep=options.keep, progress=say)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    known = sorted(file.stem for file in SCENARIOS.glob("[a-z]*.py"))
    parser = argparse.ArgumentParser(
        prog="make load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked = os.environ.get

    def option(name: str, kind: type, default: object, help_: str) -> None:
        given = asked(name.upper().replace("-", "_"))
        parser.add_argument(f"--{name}", type=kind, default=given or default, help=help_)

    option("scenario", str, "steady", ", ".join(known))
    option("users", int, 50, "how many play at the most")
    option("duration", float, 60, "seconds")
    option("host", str, None, "the central bank's URL of a network that runs")
    option("state", Path, ROOT / "var", "the folder of that network's data")
    option("wallets", int, 10_000, "at each bank")
    option("cross-bank", float, 0.2, "share of payments to other banks, 0 to 1")
    option("pace", float, 1.0, "how often a second each user does something")
    option("processes", int, 1, "that Locust plays with")
    option("web", int, 0, "port of Locust's page; 0 runs without")
    option("keep", int, 0, "1 goes on with the data of the last run")
    option("folder", Path, FOLDER, "where reports and data are kept")
    options = parser.parse_args(arguments)
    if options.scenario not in known:
        parser.error(f"no scenario {options.scenario!r}: there are {', '.join(known)}")
    if not 0 <= options.cross_bank <= 1:
        parser.error("CROSS_BANK is a share from 0 to 1")
    for name in ("users", "duration", "pace", "processes"):
        if getattr(options, name) <= 0:
            parser.error(f"{name.upper()} is above 0")
    if options.wallets < 2:
        parser.error("WALLETS is at least 2")
    options.folder = options.folder.absolute()
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
