"""Charts: where lines and bars are. Tables of values, as a person would draw them."""

import pytest

from cbdc.console import charts
from cbdc.console.charts import Series


@pytest.mark.parametrize(
    ("value", "end"),
    [(0, 1), (1, 1), (7, 8), (10, 10), (11, 12), (99, 100), (1_234, 1_500), (60_001, 80_000)],
)
def test_axis_ends_at_the_next_round_number(value: int, end: int) -> None:
    assert charts.ceiling(value) == end


def test_line_goes_from_the_left_to_the_right_and_up() -> None:
    drawn = charts.lines([Series("a", [0, 5, 10])], ["x", "y", "z"])
    assert drawn is not None
    assert drawn.lines[0].line == "M0.0 100.0 L50.0 50.0 L100.0 0.0"
    assert drawn.ticks == ["10", "5", "0"]
    assert drawn.summary == "a: 10"


def test_values_below_zero_hang_from_the_axis() -> None:
    drawn = charts.lines([Series("a", [10, -10])], ["x", "y"])
    assert drawn is not None
    assert drawn.lines[0].line == "M0.0 0.0 L100.0 100.0"
    assert drawn.ticks == ["10", "0", "-10"]
    assert drawn.lines[0].area.endswith("L100.0 50.0 L0.0 50.0 Z")


def test_one_value_is_a_level_and_none_is_no_chart() -> None:
    drawn = charts.lines([Series("a", [4])], ["x"])
    assert drawn is not None
    assert drawn.lines[0].line == "M0.0 0.0 L100.0 0.0"
    assert charts.lines([Series("a", [])], []) is None
    assert charts.columns([Series("a", [])], []) is None
    assert charts.bars([]) is None


def test_columns_of_a_group_stand_beside_one_another() -> None:
    drawn = charts.columns([Series("gross", [10, 4]), Series("net", [5, 0])], ["#1", "#2"])
    assert drawn is not None
    assert [(one.x, one.height) for one in drawn.columns] == [
        (7.0, 100.0),
        (57.0, 40.0),
        (25.0, 50.0),
        (75.0, 0.0),
    ]
    assert drawn.columns[0].title == "#1 · gross: 10"


def test_bars_are_a_part_of_the_longest() -> None:
    drawn = charts.bars([("a", 10), ("b", 5), ("c", 0)])
    assert drawn is not None
    assert [bar.width for bar in drawn.bars] == [100.0, 50.0, 0.0]


def test_long_series_keep_their_ends() -> None:
    values = charts.thinned(range(10_000), 100)
    assert (len(values), values[0], values[-1]) == (100, 0, 9_999)
