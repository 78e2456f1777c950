"""Every parser of outside bytes gives a value or its one documented error, whatever comes.

The kept inputs and seeded mutations of them run here; under `make soak` each target is also
given to atheris, a fuzzer that looks for inputs that reach new code, for FUZZ_SECONDS.
"""

import importlib.util
import os
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbdc.protocol.codecs import KINDS
from tests.fuzz.corpus import TARGETS, inputs, target
from tests.fuzz.mutation import mutated
from tests.fuzz.targets import batch
from tests.fuzz.with_atheris import SPARE_S
from tests.scale import SOAKING, scaled

MUTATIONS = scaled(ci=3_000, soak=100_000)  # of each target
ANY_BYTES = scaled(ci=100, soak=5_000)
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS") or 60)  # of each target, under soak
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None

every_target = pytest.mark.parametrize("name", TARGETS)


@every_target
def test_kept_inputs_give_values_and_refusals(name: str) -> None:
    given_values = {target(name).run(data) for data in inputs(name)}
    assert True in given_values, "no kept input is taken: python -m tests.fuzz.corpus"


def test_every_kind_of_message_is_among_the_kept_inputs() -> None:
    found = set().union(*(batch.kinds(data) for data in inputs("batch")))
    assert found == KINDS.keys(), "python -m tests.fuzz.corpus"


@pytest.mark.soak
@every_target
def test_mutated_inputs_break_nothing(name: str) -> None:
    rng, kept, run = random.Random(20261125), inputs(name), target(name).run
    for _ in range(MUTATIONS):
        data = mutated(kept, rng)
        try:
            run(data)
        except BaseException as error:
            raise AssertionError(f"{name} breaks at {data!r}") from error


@pytest.mark.soak
@every_target
def test_any_bytes_break_nothing(name: str) -> None:
    @settings(max_examples=ANY_BYTES, deadline=None, database=None, derandomize=not SOAKING)
    @given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
    def check(data: bytes) -> None:
        target(name).run(data)

    check()


@pytest.mark.soak
@pytest.mark.skipif(not SOAKING, reason="takes a minute for each target: make soak")
@pytest.mark.skipif(not HAS_ATHERIS, reason="atheris has no wheel for this machine")
@every_target
def test_fuzzer_finds_nothing(name: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz.with_atheris", name, str(FUZZ_SECONDS)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=FUZZ_SECONDS + SPARE_S
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
