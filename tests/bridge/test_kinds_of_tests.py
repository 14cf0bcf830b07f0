"""A parametric and a functional test of one number and name stay two tests in every question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import QuestionError
from corecar.formats.stdf.encode import encode_record

FAILS = {"A": {1, 2, 3}, "B": {1}}
"""Parts whose functional test fails; parametric readings all pass."""
PARTS = 6


def _file(folder: Path, lot: str) -> Path:
    """Six parts, each measured by PTR 7 and FTR 7, both named SUPPLY; the PTR of lot B reads 1 V more."""
    lift = 1.0 if lot == "B" else 0.0
    rows: list[tuple[str, dict[str, Any]]] = [
        ("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}), ("MIR", {"LOT_ID": lot, "PART_TYP": "P1", "START_T": 1_767_225_600})
    ]  # fmt: skip
    for part in range(PARTS):
        place, bad = {"HEAD_NUM": 1, "SITE_NUM": 1}, part in FAILS[lot]
        test = place | {"TEST_NUM": 7, "TEST_TXT": "SUPPLY"}
        rows += [
            ("PIR", place),
            ("PTR", test | {"TEST_FLG": 0, "RESULT": 0.1 * part + lift, "OPT_FLAG": 0, "LO_LIMIT": -1.0,
                            "HI_LIMIT": 9.0, "UNITS": "V"}),
            ("FTR", {**test, "TEST_FLG": 0x80 if bad else 0}),
            ("PRR", place | {"PART_FLG": 8 if bad else 0, "NUM_TEST": 2, "HARD_BIN": 5 if bad else 1, "SOFT_BIN": 1,
                             "X_COORD": part, "Y_COORD": 0, "PART_ID": str(part)}),
        ]  # fmt: skip
    rows.append(("MRR", {"FINISH_T": 1_767_229_200}))
    path = folder / f"{lot}.stdf"
    path.write_bytes(b"".join(encode_record(name, values, big_endian=False) for name, values in rows))
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("kinds")
    with corecar.init(folder / "house") as made:
        made.ingest([_file(folder, "A"), _file(folder, "B")], workers="inline")
        yield made


def test_measures_say_the_kind_of_their_test(house: Workspace) -> None:
    rows = house.sql("select kind, count(*) as n, sum(failed) as failed from measures where scope = 'lot' group by all")
    assert {row["kind"]: (row["n"], row["failed"]) for row in rows["rows"]} == {
        "parametric": (2, 0), "functional": (2, 4)
    }  # fmt: skip


def test_a_trend_is_of_one_kind_and_asks_which(house: Workspace) -> None:
    with pytest.raises(QuestionError, match=r"2 tests fit: 7 SUPPLY \(functional\); 7 SUPPLY\. .*pin and kind"):
        house.trend("7")
    measured = house.trend("7", kind="parametric")["rows"]
    assert [(row["lot"], row["kind"], row["failed"], row["passing_n"]) for row in measured] == [
        ("A", "parametric", 0, 3), ("B", "parametric", 0, 5)
    ]  # fmt: skip
    assert [row["failed"] for row in house.trend("SUPPLY", kind="functional")["rows"]] == [3, 1]


def test_a_comparison_has_a_row_for_each_kind(house: Workspace) -> None:
    rows = {row["kind"]: row for row in house.compare("A", "B")["rows"]}
    assert set(rows) == {"parametric", "functional"}
    assert rows["parametric"]["n_a"] == rows["functional"]["n_a"] == PARTS
    assert rows["parametric"]["fail_rate_change"] == 0
    assert rows["functional"]["fail_rate_change"] == pytest.approx((1 - 3) / PARTS)
    assert rows["parametric"]["mean_b"] == pytest.approx(1 + (0.2 + 0.3 + 0.4 + 0.5) / 5)


def test_a_pareto_blames_the_kind_that_failed(house: Workspace) -> None:
    (row,) = house.pareto(what="test")["rows"]
    assert (row["number"], row["kind"], row["failed"], row["of"]) == (7, "functional", 4, 2 * PARTS)


def test_readings_and_maps_are_of_the_kind_that_is_named(house: Workspace) -> None:
    with pytest.raises(QuestionError, match="2 tests fit"):
        house.readings("A", "7")
    values = house.readings("A", "7", kind="parametric")["value"].to_pylist()
    assert values == pytest.approx([0.1 * part for part in range(PARTS)])
    assert house.readings("A", "7", kind="functional")["passed"].to_pylist() == [
        p not in FAILS["A"] for p in range(PARTS)
    ]
