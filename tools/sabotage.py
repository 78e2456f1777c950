"""Do the tests bite? Put seeded bugs into a copy of the tree, one at a time, and see them caught.

    .venv/bin/python tools/sabotage.py [NAME...] [--table FILE]

Without names, every bug of tools/sabotages.toml. Ends with status 0 only if each was caught.
`--table` writes which test caught which bug into a Markdown file, between its two markers.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("sabotages.toml")
TIMEOUT_S = 600
CAUGHT = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)
BEGIN, END = "<!-- sabotage: begin -->", "<!-- sabotage: end -->"


@dataclass(frozen=True)
class Edit:
    """Replaces `old`, which stands once in `file`, by `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Sabotage:
    """A bug, what it breaks, and the tests of which one must fail."""

    name: str
    bug: str
    breaks: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Verdict:
    """`caught_by` is the first test that failed, without its parameters; empty when none did."""

    sabotage: Sabotage
    caught_by: str
    seconds: float


def sabotages() -> list[Sabotage]:
    """The list, as tools/sabotages.toml has it."""
    rows: list[dict[str, Any]] = tomllib.loads(LIST.read_text())["sabotage"]
    return [
        Sabotage(
            name=row["name"],
            bug=row["bug"],
            breaks=row["breaks"],
            tests=tuple(row["tests"]),
            edits=tuple(Edit(**edit) for edit in row["edit"]),
        )
        for row in rows
    ]


def faults_of(sabotage: Sabotage, tree: Path = ROOT) -> list[str]:
    """Why it cannot be applied to a tree, or its tests cannot run; nothing when it can."""
    found = []
    for edit in sabotage.edits:
        number = (tree / edit.file).read_text().count(edit.old)
        if number != 1:
            found.append(f"{sabotage.name}: {edit.old!r} stands {number} times in {edit.file}")
    found += [f"{sabotage.name}: no {t}" for t in sabotage.tests if not (tree / t).exists()]
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--table", type=Path)
    options = parser.parse_args(arguments)
    chosen = [one for one in sabotages() if not options.names or one.name in options.names]
    if unknown := set(options.names) - {one.name for one in chosen}:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="cbdc-sabotage-") as folder:
        for sabotage in chosen:
            verdict = try_one(sabotage, Path(folder) / sabotage.name)
            verdicts.append(verdict)
            said = verdict.caught_by or "NOT CAUGHT"
            print(f"{sabotage.name:36} {verdict.seconds:5.0f} s  {said}", flush=True)
    if options.table:
        write_table(options.table, verdicts)
    missed = [one for one in verdicts if not one.caught_by]
    print(f"{len(verdicts) - len(missed)} of {len(verdicts)} caught")
    return 1 if missed else 0


def try_one(sabotage: Sabotage, tree: Path) -> Verdict:
    """Copy the tree, put the bug in, run its tests until one fails."""
    begun = time.monotonic()
    copy_tree(tree)
    if faults := faults_of(sabotage, tree):
        raise SystemExit("\n".join(faults))
    for edit in sabotage.edits:
        path = tree / edit.file
        path.write_text(path.read_text().replace(edit.old, edit.new))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, *sabotage.tests],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    shutil.rmtree(tree)
    # 1: tests failed. Anything else, such as code that does not even import, proves nothing.
    found = CAUGHT.search(done.stdout) if done.returncode == 1 else None
    if done.returncode not in (0, 1):
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
    return Verdict(sabotage, found[1] if found else "", time.monotonic() - begun)


def copy_tree(target: Path) -> None:
    """What is under version control, as it is now; no state, no environment."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def write_table(file: Path, verdicts: list[Verdict]) -> None:
    """Put the table between the markers."""
    lines = ["| bug | what it breaks | caught by |", "|---|---|---|"]
    for verdict in verdicts:
        one = verdict.sabotage
        caught = f"`{verdict.caught_by}`" if verdict.caught_by else "**nothing**"
        lines.append(f"| `{one.name}`: {one.bug} | {one.breaks} | {caught} |")
    text = file.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    file.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
