"""A copy of a run that was cut short, or the same testing packed another way, counts for nothing beside the whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bridge.houses import cut_copy, house_in, packed_copy, small_lot
from tests.lots import build_lot

import corecar
from corecar.bridge.workspace import Workspace

COUNTS = ("first_tested", "first_good", "final_tested", "final_good", "incomplete")
DIES = 60


FACTS = {"lot": "LX", "product": "P", "stage": "wafer sort", "tester": "T1", "test_program": "JOB"}
START = datetime(2026, 3, 1, 6)


def lot_file(path: Path, **facts: Any) -> Path:
    """60 dies, of which (0, 0) and (1, 0) pass first and fail their retest at the end of the file."""
    place = [*range(DIES), 0, 1]
    passed = [True] * DIES + [False] * 2
    values = np.random.default_rng(7).normal(1.0, 0.01, (3, len(place)))
    lot = build_lot(
        values, low=0.5, high=1.5, passed=passed, hard_bin=[1] * DIES + [5] * 2, wafer="W1",
        x=[at % 10 for at in place], y=[at // 10 for at in place], part_id=[str(at + 1) for at in range(len(place))],
        runs={name: [value] for name, value in (FACTS | {"start": START} | facts).items()},
        wafers={"run": [0], "wafer": ["W1"]},
    )  # fmt: skip
    corecar.write(lot, path)
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return lot_file(tmp_path / "x.stdf")


def taken(house: Workspace, *paths: Path) -> None:
    for path in paths:
        assert house.ingest([path], workers="inline", salvage=True)["new"] == 1


def figures(house: Workspace, lot: str) -> list[int]:
    (insertion,) = house.lot(lot)["insertions"]
    return [insertion[name] for name in COUNTS]


@pytest.mark.parametrize("cut_first", [False, True])
def test_a_salvaged_cut_copy_counts_for_nothing_beside_the_whole(whole: Path, tmp_path: Path, cut_first: bool) -> None:
    cut = cut_copy(whole)
    with house_in(tmp_path) as house:
        taken(house, *((cut, whole) if cut_first else (whole, cut)))
        assert figures(house, "LX") == [DIES, DIES, DIES, DIES - 2, 0]
        graded = house.grade("LX")
        shown = house.lot("LX")
        bins = {row["bin"]: row["final"] for row in shown["by_bin"]["wafer sort"]}
    assert bins == {1: DIES - 2, 5: 2}
    (row,) = graded["rows"]
    assert (row["tested"], row["good"]) == (DIES, DIES - 2)
    assert not any("damaged" in sentence for sentence in graded["hold"])
    part = next(run for run in shown["runs"] if run["left_out"])
    other = next(run for run in shown["runs"] if not run["left_out"])
    assert part["left_out"] == f"part of run {other['run']}"
    for notes in (shown["notes"], graded["notes"]):
        assert any(note.startswith(f"{cut} was left out: it is part of run {other['run']}") for note in notes)


def test_the_cut_copy_alone_counts_and_holds(whole: Path, tmp_path: Path) -> None:
    cut = cut_copy(whole)
    with house_in(tmp_path) as house:
        taken(house, cut)
        alone = figures(house, "LX")
        assert 0 < alone[0] < DIES
        graded = house.grade("LX")
        assert graded["state"] == "held"
        assert any("damaged" in sentence for sentence in graded["hold"])
        assert "left_out" not in house.lot("LX")["runs"][0]


def test_all_questions_count_the_same_parts(whole: Path, tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        taken(house, whole, cut_copy(whole))
        (listed,) = house.lots()["rows"]
        assert (listed["runs"], listed["parts"]) == (1, DIES + 2)
        assert any("1 run left out" in note for note in house.lots()["notes"])
        for table, rows in (("parts", DIES + 2), ("runs", 1), ("results", 3 * (DIES + 2))):
            answer = house.sql(f"select count(*) as n from {table}")
            assert answer["rows"] == [{"n": rows}]
            assert any("1 run left out" in note for note in answer["notes"])
        assert house.readings("LX", "1000").num_rows == DIES + 2
        assert [row["n"] for row in house.trend("1000")["rows"]] == [DIES]
        assert [(row["bin"], row["failed"]) for row in house.pareto()["rows"]] == [(5, 2)]
        house.compact()
        assert house.sql("select count(*) as n from parts")["rows"] == [{"n": DIES + 2}]


@pytest.mark.parametrize("other", [{"start": datetime(2026, 3, 2, 6)}, {"tester": "T2"}, {"test_program": "NEW"}])
def test_a_cut_file_of_another_testing_counts_and_holds(whole: Path, tmp_path: Path, other: dict[str, Any]) -> None:
    cut = cut_copy(lot_file(tmp_path / "other.stdf", **other))
    with house_in(tmp_path) as house:
        taken(house, whole, cut)
        assert "left_out" not in house.lot("LX")["runs"][0]
        assert any("damaged" in sentence for sentence in house.grade("LX")["hold"])


def test_a_cut_copy_that_says_otherwise_of_one_part_counts(whole: Path, tmp_path: Path) -> None:
    content = bytearray(cut_copy(whole).read_bytes())
    at = content.rindex(b"\x05\x14")  # REC_TYP 5, REC_SUB 20: the last whole PRR or the one before
    at = content.rindex(b"\x05\x14", 0, at)
    assert content[at + 7 : at + 9] == b"\x01\x00"  # HARD_BIN, behind head, site, flags and the number of tests
    content[at + 7] = 9
    other = whole.with_name("says.stdf")
    other.write_bytes(content)
    with house_in(tmp_path) as house:
        taken(house, whole, other)
        assert not any(run.get("left_out") for run in house.lot("LX")["runs"])


def test_files_read_together_follow_the_same_rule(whole: Path) -> None:
    cut = cut_copy(whole)
    lot = corecar.read([whole, cut], on_error="salvage")
    assert lot.yield_() == corecar.read(whole).yield_()
    assert f"{cut} was left out: it is part of {whole}." in lot.notes
    assert not corecar.grade([cut, whole], on_error="salvage").hold


def test_a_fact_that_takes_the_whole_elsewhere_lets_the_cut_copy_count_again(whole: Path, tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        taken(house, whole, cut_copy(whole))
        other = next(run["run"] for run in house.lot("LX")["runs"] if not run["left_out"])
        house.correct(other, lot="LY", reason="mistyped")
        assert "left_out" not in house.lot("LX")["runs"][0]
        assert figures(house, "LY") == [DIES, DIES, DIES, DIES - 2, 0]


def test_a_packed_copy_is_known_and_lots_without_copies_say_nothing_of_them(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    with house_in(tmp_path) as house:
        taken(house, lot)
        assert house.ingest([packed_copy(lot)], workers="inline")["known"] == 1
        assert not any("left out" in note for note in [*house.lots()["notes"], *house.lot("SIM00001")["notes"]])


def test_lot_lots_sql_and_grade_count_the_same_parts_of_the_traps(shared: Path, tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([shared / "traps"], workers="inline")
        insertions = {row["stage"]: row for row in house.lot("L1")["insertions"]}
        graded = house.grade("L1")
        (listed,) = (row for row in house.lots()["rows"] if row["lot"] == "L1")
        asked = house.sql("select count(*) as n from parts where not incomplete and not superseded")["rows"][0]["n"]
        shown = house.lot("L1")
        found = house.sql("select sum(final_tested) as n from runs where lot = 'L1'")["rows"][0]["n"]
    assert {row["insertion"]: row["tested"] for row in graded["rows"]} == {
        stage: row["final_tested"] for stage, row in insertions.items()
    }
    assert asked == found
    away = [run for run in shown["runs"] if run["left_out"]]
    assert listed["runs"] == len(shown["runs"]) - len(away)
    assert all(run["left_out"].startswith("same testing as run ") for run in away)
    assert sum("holds the same testing as run" in note for note in graded["notes"]) == len(away) > 3
