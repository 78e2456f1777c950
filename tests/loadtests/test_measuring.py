"""What the generator's processes wrote adds up, and the report shows it."""

import csv
import json
import math
import stat
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadtests.audit import Check
from loadtests.measured import Measured, Reader, acknowledged, acknowledgements
from loadtests.points import share_at
from loadtests.processes import Usage
from loadtests.recording import Recorder, bucket_of, latency_of
from loadtests.report import RunFacts, append, html
from loadtests.svg import HEIGHT, XML_NAME, plot, rounded_up

FACTS = RunFacts("rush", "2026-12-01 12:00:00", {"users": "10"}, 60.0)


@pytest.mark.parametrize("milliseconds", [0.1, 1, 7.7, 50, 999, 30_000])
def test_a_bucket_is_five_percent_wide(milliseconds: float) -> None:
    found = latency_of(bucket_of(milliseconds))
    assert milliseconds <= found * 1.000001 <= milliseconds * 1.05 * 1.00001


def test_what_two_processes_wrote_is_one_run(tmp_path: Path) -> None:
    one = Recorder(tmp_path)
    for milliseconds in range(1, 100):
        one.answered("pay", "ok", milliseconds)
    one.answered("pay", "insufficient_funds", 100)
    one.close()
    line = {"at": 1, "name": "look", "codes": {"internal_error": 2}, "buckets": {"0": 2}}
    (tmp_path / "samples-other-1.jsonl").write_text(json.dumps(line) + "\n")
    measured = Reader(tmp_path).read()
    assert (measured.total.requests, measured.total.refusals, measured.total.errors) == (102, 1, 2)
    assert measured.by_name["pay"].requests == 100
    assert measured.by_name["pay"].percentile(0.5) == pytest.approx(50, rel=0.06)
    assert measured.by_name["pay"].percentile(0.99) == pytest.approx(99, rel=0.06)


def test_a_file_is_read_while_it_grows(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    file = tmp_path / "samples-a-1.jsonl"
    line = json.dumps({"at": 1, "name": "look", "codes": {"ok": 1}, "buckets": {"3": 1}})
    file.write_text(line + "\n" + line[:10])
    assert reader.read().total.requests == 1
    file.write_text(line + "\n" + line + "\n")
    assert reader.read().total.requests == 2
    assert reader.read().total.requests == 2


def test_payments_and_paid_charges_count_as_acknowledged(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.acknowledged("payment", payment_id="a", status="pending")
    recorder.acknowledged("order", order_id="b", status="paid")
    recorder.acknowledged("order", order_id="c", status="paying")
    recorder.acknowledged("taps", tap_ids=["d"])
    recorder.close()
    [file] = acknowledged(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(list(acknowledgements([file]))) == 2


def test_nothing_measured_has_no_percentile() -> None:
    assert math.isnan(Measured().total.percentile(0.5))


def test_users_follow_the_points() -> None:
    points = ((0.0, 0.2), (0.5, 1.0), (1.0, 0.0))
    assert share_at(points, 0.0) == pytest.approx(0.2)
    assert share_at(points, 0.25) == pytest.approx(0.6)
    assert share_at(points, 0.75) == pytest.approx(0.5)
    assert share_at(points, 1.0) == 0.0


def test_midnight_is_a_jump() -> None:
    points = ((0.0, 0.1), (0.4, 0.1), (0.4, 1.0), (1.0, 1.0))
    assert share_at(points, 0.399) == pytest.approx(0.1)
    assert share_at(points, 0.4) == pytest.approx(1.0)


@pytest.mark.parametrize(("value", "top"), [(0, 1), (0.3, 0.5), (1, 1), (3, 5), (730, 1000)])
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert rounded_up(value) == pytest.approx(top)


def test_a_plot_names_its_lines_as_text() -> None:
    drawn = plot({"<b>": [(0, 1), (1, math.nan), (2, 3)]}, unit="a & b")
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert "nan" not in drawn


def height(drawn: str) -> int:
    """How high a picture is; it must be XML to be one."""
    return int(ElementTree.fromstring(drawn).attrib["viewBox"].split()[3])  # noqa: S314 - our own


def test_a_legend_of_many_names_makes_the_picture_higher() -> None:
    few = plot({"a": [(0, 1)]}, unit="MiB")
    many = plot({f"process {number}": [(0, 1)] for number in range(30)}, unit="MiB")
    assert HEIGHT < height(few) < height(many)


def page(checks: list[Check], failures: list[str]) -> str:
    measured = Measured()
    measured.add(
        {"at": 10, "name": "pay", "codes": {"ok": 3, "rate_limited": 1}, "buckets": {"9": 4}}
    )
    usage = {"harbor-web": Usage([10.0, 12.0], [0.5, 0.7], [10**8, 10**8])}
    return html(FACTS, measured, usage, checks, failures)


def test_the_page_stands_alone_and_says_that_the_books_hold() -> None:
    shown = page([Check("the supply balances", True, "1 = 1")], [])
    assert "The books hold." in shown
    assert "rate_limited" in shown
    assert "harbor-web" in shown
    assert "http" not in shown.replace(XML_NAME, "")  # which is a name, and is not fetched
    assert "<script" not in shown


def test_the_page_says_what_failed() -> None:
    assert "one is missing" in page([Check("the books", False, "one is missing")], [])
    assert "The run failed." in page([Check("the books", False, "one is missing")], [])
    assert "The run failed." in page([], ["Locust ended with 1"])


def test_runs_of_other_columns_are_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    append(file, {"began": "1", "users": "2"})
    append(file, {"began": "2", "users": "3"})
    with file.open() as lines:
        assert [row["began"] for row in csv.DictReader(lines)] == ["1", "2"]
    append(file, {"began": "3", "people": "4"})
    with file.open() as lines:
        assert list(csv.DictReader(lines)) == [{"began": "3", "people": "4"}]
    assert (tmp_path / "runs.before.csv").exists()
