"""docs/reference/gate.md names what there is: options, reasons, states, fields."""

import argparse
import re
from pathlib import Path

import pytest

from cbdc.client.gate import Reason, Store, options
from cbdc.client.gate.status import STATES, status
from cbdc.client.gate.uploading import ABOUT_THE_TAPS
from cbdc.clock import now

PAGE = (Path(__file__).parents[2] / "docs/reference/gate.md").read_text(encoding="utf-8")


def _first_cells(heading: str) -> list[str]:
    """What stands in backticks in the first column of a section's table."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall("`([^`]+)`", cell)]


def test_every_option_is_on_the_page() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    options.add_arguments(parser)
    named = [text for action in parser._actions for text in action.option_strings]
    assert sorted(_first_cells("Options")) == sorted(named)


def test_every_reason_is_on_the_page() -> None:
    assert _first_cells("What it refuses") == [one.value for one in Reason]


def test_every_field_of_the_status_is_on_the_page(store: Store) -> None:
    assert {name.partition(".")[0] for name in _first_cells("`--status`")} == set(
        status(store, now())
    )


@pytest.mark.parametrize("word", [*STATES, *sorted(one.code for one in ABOUT_THE_TAPS)])
def test_state_and_code_is_on_the_page(word: str) -> None:
    assert word in PAGE
