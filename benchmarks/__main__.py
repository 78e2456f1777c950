"""`python -m benchmarks`: run all of them, or some, and write docs/benchmarks.md."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import report
from benchmarks.django_setup import set_up
from benchmarks.registry import programs, run_program
from benchmarks.server import ROOT, running

DOCUMENT = ROOT / "docs" / "benchmarks.md"


def main(arguments: Sequence[str]) -> int:
    """Returns 1 if the books were wrong or a benchmark failed; a missed floor is no failure."""
    set_up()
    from benchmarks import books
    from benchmarks.ledger import BENCHMARKS
    from benchmarks.plan import Plan
    from benchmarks.reading import READING

    own = {**BENCHMARKS, **READING}
    known = [*own, *programs()]
    options = _options(known).parse_args(arguments)
    names = options.only.split(",") if options.only else known
    if unknown := set(names) - set(known):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    how = f'`make bench ARGS="{" ".join(arguments)}"`' if arguments else "`make bench`"
    # Figures of a short run are for the screen, unless a document is named.
    document = options.document or (None if options.quick or options.tiny else DOCUMENT)
    failed = False
    with running(options.folder, keep=options.keep) as server:
        plan = Plan(
            server, rounds=options.rounds, seconds=options.seconds, transfers=options.transfers
        )
        if options.quick:
            plan = replace(plan, rounds=1, seconds=2, wallets_more=200_000, run=200_000)
            plan = replace(plan, wallets_most=1_000_000)
        if options.tiny:
            plan = replace(plan, rounds=1, seconds=1, scale=1, wallets=1000, wallets_more=2000)
            plan = replace(plan, wallets_most=3000, rate_max=2000, run=4000)
        for name in [name for name in names if name in own]:
            title, benchmark = own[name]
            rows = benchmark(plan)
            report.show(title, rows)
            about = f"{(benchmark.__doc__ or '').strip()} Rounds: {plan.rounds}, {how}."
            if document:
                report.write(document, name, title, about, report.markdown(rows))
        for database in sorted(plan.audited):
            try:
                books.audited(server, database)
                print(f"{database}: the audit found nothing")
            except RuntimeError as error:
                failed = True
                print(f"{database}: {error}", file=sys.stderr)
    for name in [name for name in names if name not in own]:
        table = run_program(name)
        print(table)
        if document:
            report.write(document, name, programs()[name], f"{how}.", table)
    return int(failed)


def _options(known: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME[,NAME]", help=", ".join(known))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8, help="of each measurement")
    parser.add_argument("--transfers", type=int, default=0, help="fill up to so many, then audit")
    parser.add_argument("--quick", action="store_true", help="one short round, fewer accounts")
    parser.add_argument("--tiny", action="store_true", help="to see that it works, not how fast")
    parser.add_argument("--keep", action="store_true", help="keep the databases for the next run")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    parser.add_argument("--document", type=Path, help="default: docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
