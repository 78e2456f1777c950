"""The seeded bugs of tools/sabotage.py still fit the code, so that they can be tried again."""

import pytest

from tools.sabotage import ROOT, Sabotage, faults_of, sabotages

BUGS_MIN = 20


@pytest.mark.parametrize("sabotage", sabotages(), ids=lambda one: one.name)
def test_a_seeded_bug_can_be_put_in(sabotage: Sabotage) -> None:
    assert faults_of(sabotage) == []
    assert all(edit.old != edit.new for edit in sabotage.edits)


def test_there_are_enough_bugs_and_the_page_shows_what_caught_each() -> None:
    names = [one.name for one in sabotages()]
    assert len(set(names)) == len(names) >= BUGS_MIN
    page = (ROOT / "docs" / "reliability.md").read_text()
    assert [name for name in names if f"`{name}`" not in page] == []
    assert "**nothing**" not in page
