"""One target under atheris: `python -m tests.fuzz.with_atheris TARGET SECONDS`.

Begins from the kept inputs. What it finds on its way stays in var/fuzz/<target>/, an input that
breaks the parser in var/fuzz/<target>.crash-…: put that one into tests/fuzz/corpus/<target>/.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.setting import set_up

ROOT = Path(__file__).resolve().parents[2]
SPARE_S = 120  # for the start, and for the input that is running when the time is over
INPUT_TIMEOUT_S = 10  # one input that takes longer is a finding: somebody could send many
INPUT_BYTES_MAX = 8192


def main(name: str, seconds: int) -> None:
    import atheris

    from tests.fuzz.corpus import FOLDER, TARGETS, target

    if name not in TARGETS:
        sys.exit(f"one of {', '.join(TARGETS)}")
    with atheris.instrument_imports(include=["cbdc", "wallets"]):
        set_up()
        run = target(name).run
    found = ROOT / "var" / "fuzz" / name
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={INPUT_TIMEOUT_S}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-artifact_prefix={found}.",
        "-print_final_stats=1",
    ]
    folders = [str(found), str(FOLDER / name)]
    atheris.Setup([sys.argv[0], *options, *folders], lambda data: check(run, data))
    atheris.Fuzz()


def check(run: Callable[[bytes], bool], data: bytes) -> None:
    """An answer is of no interest here: atheris would take it for a verdict on the corpus."""
    run(data)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
