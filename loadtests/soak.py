"""`make soak`: the long tests at full size, and what came of them in five figures.

    make soak [SEEDS=20000] [KILLS=10000] [DURATION=0] [FUZZ_SECONDS=60]
              [ONLY=simulation,faults,fuzz,tests]

- `simulation`: SEEDS scenarios of the deterministic simulation (tests/simulation).
- `faults`: real processes, a faulty network, KILLS times kill -9, for at least DURATION seconds
  (tests/system/test_faults.py).
- `fuzz`: every parser of outside bytes under atheris, FUZZ_SECONDS each (tests/fuzz).
- `tests`: every other test that is marked `soak`, at its full size (tests/scale.py).

Ends with status 0 only if every test passed and no fen was lost or doubled and no payment stuck.
Logs stay in var/soak/.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("simulation", "faults", "fuzz", "tests")
SIMULATION = "tests/simulation"
FAULTS = "tests/system/test_faults.py"
FUZZ = "tests/fuzz"
OWN_PARTS = (SIMULATION, FAULTS, FUZZ)


@dataclass
class Figures:
    """What the logs of a run add up to. The last three must be 0."""

    faults_injected: int = 0
    payments_made: int = 0
    fen_lost: int = 0
    fen_doubled: int = 0
    payments_stuck: int = 0

    @property
    def clean(self) -> bool:
        return not (self.fen_lost or self.fen_doubled or self.payments_stuck)

    def __str__(self) -> str:
        return "\n".join(
            f"{name.replace('_', ' '):16} {value:>12,}" for name, value in vars(self).items()
        )


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    folder = ROOT / "var" / "soak" / time.strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    environment = {
        **os.environ,
        "SOAK": "1",
        "SEEDS": str(options.seeds),
        "KILLS": str(options.kills),
        "DURATION": str(options.duration),
        "FUZZ_SECONDS": str(options.fuzz_seconds),
        "SIMULATION_LOG": str(folder / "simulation.jsonl"),
        "FAULTS_LOG": str(folder / "faults.jsonl"),
    }
    commands = {
        "simulation": [SIMULATION],
        "faults": [FAULTS],
        "fuzz": [FUZZ],
        "tests": ["-m", "soak", *(f"--ignore={own}" for own in OWN_PARTS)],
    }
    begun = time.monotonic()
    statuses = {}
    for part in options.only:
        print(f"{part}: {' '.join(commands[part])} (log: {folder / part}.log)", flush=True)
        with (folder / f"{part}.log").open("w") as log:
            command = [sys.executable, "-m", "pytest", "-q", *commands[part]]
            done = subprocess.run(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False
            )
        statuses[part] = done.returncode
        print(f"{part}: {_last_line(folder / f'{part}.log')}", flush=True)
    figures = add_up(folder)
    print(f"{figures}\n{'seconds':16} {time.monotonic() - begun:>12,.0f}")
    failed = [part for part, status in statuses.items() if status != 0]
    if failed:
        print(f"failed: {', '.join(failed)}; see {folder}")
    return 0 if figures.clean and not failed else 1


def add_up(folder: Path) -> Figures:
    """The figures of a folder of logs."""
    figures = Figures()
    for row in _rows(folder / "simulation.jsonl"):
        figures.faults_injected += sum(row.get("faults", {}).values())
        figures.payments_made += row.get("payments", 0)
        figures.fen_lost += row["lost"]
        figures.fen_doubled += row["doubled"]
        figures.payments_stuck += row["stuck"]
    for row in _rows(folder / "faults.jsonl"):
        figures.faults_injected += sum(row["faults"].values()) + sum(row["kills"].values())
        figures.payments_made += row["payments"]
        figures.fen_lost += row["fen_lost"]
        figures.fen_doubled += row["fen_doubled"]
        figures.payments_stuck += row["stuck"]
    return figures


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    environment = os.environ
    parser.add_argument("--seeds", type=int, default=environment.get("SEEDS") or 20_000)
    parser.add_argument("--kills", type=int, default=environment.get("KILLS") or 10_000)
    parser.add_argument("--duration", type=float, default=environment.get("DURATION") or 0)
    seconds = environment.get("FUZZ_SECONDS") or 60
    parser.add_argument("--fuzz-seconds", type=int, default=seconds)
    parser.add_argument("--only", type=_parts, default=environment.get("ONLY") or ",".join(PARTS))
    return parser.parse_args(arguments)


def _parts(text: str) -> list[str]:
    parts = text.split(",")
    if not set(parts) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"choose of {', '.join(PARTS)}")
    return parts


def _rows(log: Path) -> list[dict[str, Any]]:
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text().splitlines()]


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1] if lines else "no output"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
