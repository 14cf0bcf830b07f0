"""What differs between two test programs, two recipes and two sets of limits, and for how many parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.bridge.houses import small_lot
from tests.lots import FAIL, build_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.files.editing import relimit
from corecar.bridge.limits.limit_differences import differences
from corecar.bridge.limits.static_limits import make_static_limits
from corecar.bridge.workspace import Workspace
from corecar.cli.app import app
from corecar.errors import ArgumentError, SourceMissing
from corecar.lot import Lot
from corecar.screen import screen
from corecar.screen.program_differences import program_differences
from corecar.screen.recipe import parse_recipe, read_recipe

runner = CliRunner()


def with_units(lot: Lot, *units: str) -> Lot:
    tests = lot.tests
    column = tests.column_names.index("unit")
    return replace(lot, tests=tests.set_column(column, tests.schema.field(column), pa.array(units, pa.string())))


def old_program() -> Lot:
    """Six parts, four tests; part 4 fails T1, part 5 fails T1 and stops there, part 3 fails T3."""
    values: Any = [[1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 9, 9], [0, 0, 0, 0, 0, np.nan], [5, 5, 5, 7, 5, np.nan]]
    flags = np.zeros((4, 6), dtype=int)
    flags[1, 4] = flags[1, 5] = flags[3, 3] = FAIL
    flags[2, 5] = flags[3, 5] = 0x10
    return build_lot(
        values, low=[0.0, 0.0, -1.0, 0.0], high=[10.0, 5.0, 1.0, 6.0], flags=flags,
        passed=[True, True, True, False, False, False], names=["T0", "T1", "T2", "T3"],
    )  # fmt: skip


def test_each_change_is_told_with_the_parts_that_turn() -> None:
    new = build_lot(
        [[1, 2, 8, 9], [1, 6, 7, 12], [0, 0, 0, 0], [3, 3, 3, 3]], low=[0.0, 0.0, -1.0, 0.0],
        high=[5.5, 10.0, 1.0, 6.0], names=["T0", "T1", "T2", "T9"],
        flags=[[0, 0, FAIL, FAIL], [0, 0, 0, FAIL], [0] * 4, [0] * 4], passed=[True, True, False, False],
    )  # fmt: skip
    found = program_differences(with_units(old_program(), "V", "V", "A", "V"), with_units(new, "V", "V", "mA", "V"))
    rows = [(one.name, one.change) for one in found.tests]
    assert rows == [
        ("T0", "limits moved"), ("T1", "limits moved"), ("T2", "unit changed"), ("T3", "removed"), ("T9", "added"),
    ]  # fmt: skip
    by_name = {one.name: one for one in found.tests}
    assert (by_name["T0"].low_a, by_name["T0"].high_a, by_name["T0"].high_b) == (0.0, 10.0, 5.5)
    assert (by_name["T0"].of_a.fail, by_name["T0"].of_a.passes) == (1, 0)
    assert (by_name["T1"].of_a.fail, by_name["T1"].of_a.passes) == (0, 2)
    assert (by_name["T0"].of_b.fail, by_name["T0"].of_b.passes) == (0, 2)
    assert (by_name["T1"].of_b.fail, by_name["T1"].of_b.passes) == (2, 0)
    assert (by_name["T3"].of_a.passes, by_name["T2"].of_a.fail, by_name["T9"].of_b.fail) == (1, None, 0)
    # part 4 passes T1 now and ran through; part 5 stopped at T1, so nobody knows; part 3 failed T3 alone
    assert (found.of_a.fail, found.of_a.passes) == (0, 2)
    # of the new lot part 1 fails T1; part 2 passes T0 but fails T1
    assert (found.of_b.fail, found.of_b.passes, found.same) == (1, 0, 0)


def test_two_runs_of_one_program_differ_in_nothing() -> None:
    found = program_differences(old_program(), old_program())
    assert (found.tests, found.same, found.of_a.fail, found.of_b.passes) == ((), 4, 0, 0)


def test_a_reading_at_a_limit_and_one_that_counts_for_nothing_do_not_turn() -> None:
    before = build_lot([[5.0, 6.0, 7.0]], high=10.0, flags=[[0, 0, 0x02]], names=["T"])
    after = build_lot([[5.0]], high=6.0, names=["T"])
    assert program_differences(before, after).of_a.fail == 0
    alarmed = build_lot([[5.0]], high=3.0, flags=[[FAIL]], passed=False, names=["T"])
    unexplained = build_lot([[5.0]], high=30.0, flags=[[FAIL]], passed=False, names=["T"])
    assert program_differences(alarmed, after).of_a.passes == 1
    assert program_differences(unexplained, after).of_a.passes == 0


def test_a_real_lot_turns_as_relimit_turns_it(real_lot: Path, tmp_path: Path) -> None:
    read = corecar.read(real_lot, retest="all")
    rows = [row for row in read.tests.to_pylist() if row["low_limit"] is not None and row["high_limit"] is not None]
    lines = ["number,name,low_limit,high_limit"]
    for place, row in enumerate(rows[:20]):
        middle, half = (row["high_limit"] + row["low_limit"]) / 2, (row["high_limit"] - row["low_limit"]) / 2
        wide = 0.5 if place % 2 else 3.0
        lines.append(f"{row['number']},{row['name']},{middle - wide * half},{middle + wide * half}")
    (tmp_path / "new.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = " ".join(relimit(real_lot, tmp_path / "new.csv", tmp_path / "new.stdf"))
    turned = re.search(r"([\d,]+) parts that passed fail now, ([\d,]+) that failed pass now", done)
    assert turned is not None
    fail, passes = (int(one.replace(",", "")) for one in turned.groups())
    answer = differences(real_lot, tmp_path / "new.stdf", retest="all")
    assert {row["change"] for row in answer["rows"]} == {"limits moved"}
    assert len(answer["rows"]) == len({(row["number"], row["name"]) for row in rows[:20]})
    assert fail > 0
    assert answer["details"]["a"] == {"fail": fail, "passes": passes}


def write_lot(folder: Path, number: int, spread: float = 1.0) -> Path:
    values = spread * np.random.default_rng(number).normal(size=(2, 60))
    day = (date(2026, 6, number) - date(1970, 1, 1)).days * 86_400
    runs: dict[str, Any] = {"lot": [f"L{number}"], "product": ["P"], "stage": ["final test"], "start": [day]}
    path = folder / f"L{number}.stdf"
    corecar.write(build_lot(values, low=-30.0, high=30.0, names=["VREF", "IDD"], runs=runs), path)
    return path


def test_recipes_differ_in_keys_and_in_what_they_make_of_a_lot(tmp_path: Path) -> None:
    lot, tight = small_lot(tmp_path, 1), tmp_path / "tight.toml"
    tight.write_text('[recipe]\nname = "tight"\n[dynamic-pat]\nwidth = 2.0\n', encoding="utf-8")
    answer = differences("aec-q001", tight, lot=[lot])
    assert {(row["key"], row["a"], row["b"]) for row in answer["keys"]} == {
        ("[recipe] name", "aec-q001", "tight"), ("[dynamic-pat] width", 6.0, 2.0),
    }  # fmt: skip
    read = corecar.read(lot)
    wide, narrow = (screen(read, recipe).verdicts for recipe in (read_recipe(), parse_recipe(tight.read_text(), "t")))
    one, other = set(wide["part"].to_pylist()), set(narrow["part"].to_pylist())
    assert {row["rejected_by"]: row["parts"] for row in answer["parts"]} == {
        "a alone": len(one - other), "b alone": len(other - one), "both": len(one & other),
    }  # fmt: skip
    assert len(other - one) > 0
    assert sum(row["only_b_rejects"] for row in answer["limits"]) >= len(other - one)
    assert all(row["low_a"] < row["low_b"] for row in answer["limits"] if row["low_a"] is not None)
    assert differences("aec-q001", tight)["limits"] == []


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as opened:
        yield opened


def sets(folder: Path) -> tuple[Path, Path]:
    """Static limits of six lots, and of six that vary twice as much."""
    found = []
    for name, spread in (("narrow", 1.0), ("wide", 2.0)):
        (folder / name).mkdir()
        lots = [write_lot(folder / name, number, spread) for number in range(1, 7)]
        make_static_limits(lots, folder / f"{name}.json")
        found.append(folder / f"{name}.json")
    return found[0], found[1]


def test_sets_of_limits_differ_by_test_and_by_the_parts_they_reject(tmp_path: Path, house: Workspace) -> None:
    narrow, wide = sets(tmp_path)
    values = np.zeros((2, 60))
    values[0] = np.random.default_rng(9).normal(size=60)
    values[0, 3], values[0, 4] = 9.0, 25.0
    runs: dict[str, Any] = {"lot": ["L9"], "product": ["P"], "stage": ["final test"], "start": [86_400 * 20_700]}
    corecar.write(build_lot(values, low=-30.0, high=30.0, names=["VREF", "IDD"], runs=runs), tmp_path / "L9.stdf")
    answer = differences(narrow, wide, lot=[tmp_path / "L9.stdf"])
    vref, idd = answer["rows"]
    assert (vref["change"], vref["a_rejects"], vref["b_rejects"]) == ("limits moved", 2, 1)
    assert (idd["a_rejects"], idd["b_rejects"]) == (0, 0)
    assert [row["parts"] for row in answer["parts"]] == [1, 0, 1]
    house.limits_propose([str(narrow)])
    house.limits_propose([str(wide)])
    house.ingest([tmp_path / "L9.stdf"], workers="inline")
    assert house.limits_diff("1", "P final test v2", lot=["L9"])["rows"] == answer["rows"]
    content = json.loads(narrow.read_text(encoding="utf-8"))
    content["tests"][1]["limits"] = None
    narrow.write_text(json.dumps(content), encoding="utf-8")
    assert [row["change"] for row in differences(narrow, wide)["rows"]] == ["limits moved", "added"]
    assert [row["change"] for row in differences(wide, narrow)["rows"]] == ["limits moved", "removed"]


def test_lots_and_runs_of_a_workspace_are_compared_as_their_files_are(tmp_path: Path, house: Workspace) -> None:
    one = small_lot(tmp_path, 1)
    tests = corecar.read(one).tests.to_pylist()
    line = next(row for row in tests if row["high_limit"] is not None and row["kind"] == "parametric")
    (tmp_path / "new.csv").write_text(
        f"number,name,low_limit,high_limit\n{line['number']},{line['name']},,{line['high_limit'] * 0.9}\n",
        encoding="utf-8",
    )
    relimit(one, tmp_path / "new.csv", tmp_path / "new.stdf")
    other = small_lot(tmp_path, 2)
    house.ingest([one, other], workers="inline")
    by_files = differences(one, tmp_path / "new.stdf")
    assert len(by_files["rows"]) == 1
    run = house.lot("SIM00001")["runs"][0]["run"]
    assert house.limits_diff(run, str(tmp_path / "new.stdf"))["rows"] == by_files["rows"]
    assert house.limits_diff("SIM00001", str(tmp_path / "new.stdf"))["rows"] == by_files["rows"]
    assert house.limits_diff("SIM00001", "SIM00002")["rows"] == differences(one, other)["rows"]


def test_only_like_and_like_are_compared_and_the_command_says_so(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    with pytest.raises(ArgumentError, match=r"is a run of a test program, aec-q001 is a recipe: only like and like"):
        differences(lot, "aec-q001")
    with pytest.raises(ArgumentError, match="--lot is for recipes"):
        differences(lot, lot, lot=[lot])
    with pytest.raises(SourceMissing, match="is no file, no recipe"):
        differences(lot, "nothing")
    same = runner.invoke(app, ["limits", "diff", str(lot), str(lot)])
    assert same.exit_code == 0
    assert "no test differs" in " ".join(same.output.split())
    keys = runner.invoke(app, ["limits", "diff", "aec-q001", "zero-defect", "--json"])
    assert json.loads(keys.output)["keys"]
    with corecar.init(tmp_path / "house") as house:
        house.ingest([lot], workers="inline")
    by_name = runner.invoke(app, ["limits", "diff", "SIM00001", str(lot), "-w", str(tmp_path / "house")])
    assert "no test differs" in " ".join(by_name.output.split())
