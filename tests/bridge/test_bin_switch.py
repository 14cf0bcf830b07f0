"""How bins move between two insertions or attempts of the same units: of files and of lots of a workspace."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.assess.pools import Pool
from corecar.bridge.study.paired_bins import moved_bins
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.lot import Lot


def insertion(bins: list[int], **columns: Any) -> Lot:
    """A wafer of one row of dies with these bins; 1 is good."""
    count = len(bins)
    given = {"wafer": ["W01"] * count, "x": list(range(count)), "y": [0] * count}
    return build_lot(np.ones(count), passed=[code == 1 for code in bins], hard_bin=bins, **{**given, **columns})


def test_each_pair_of_bins_is_counted_and_recovered_units_are_listed() -> None:
    found = moved_bins(Pool([insertion([1, 1, 5, 5, 7])]), Pool([insertion([1, 5, 1, 5, 7])]))
    assert [(row["first_bin"], row["second_bin"], row["units"]) for row in found.rows] == [
        (1, 1, 1), (1, 5, 1), (5, 1, 1), (5, 5, 1), (7, 7, 1),
    ]  # fmt: skip
    assert [(row["x"], row["first_bin"], row["second_bin"]) for row in found.recovered] == [(2, 5, 1)]
    assert found.said.startswith("5 units: 2 changed their bin (40.0%), kappa 0.375; 1 from fail to pass, 1 from pass")


def test_parts_without_a_partner_are_told_not_counted() -> None:
    found = moved_bins(Pool([insertion([1, 5, 5])]), Pool([insertion([5, 1], x=[1, 9])]))
    assert found.rows == [{"first_bin": 5, "second_bin": 5, "units": 1, "switched": False}]
    assert found.notes == ["Units paired by xy: 1 of 3 parts of the first group and 2 of the second."]


def test_units_that_nothing_pairs_are_refused() -> None:
    with pytest.raises(ArgumentError, match="no unit of the first group is in the second"):
        moved_bins(Pool([insertion([1, 1])]), Pool([insertion([1, 1], wafer=["W02"] * 2)]))


def test_chips_are_paired_by_the_identity_that_they_tell() -> None:
    def told(chips: list[str]) -> Lot:
        texts = {"run": [0, 0], "part": [0, 1], "kind": ["GDR"] * 2, "text": [f"ECID|{chip}" for chip in chips]}
        return build_lot(np.ones(2), passed=[True, False], hard_bin=[1, 5], texts=texts)

    found = moved_bins(Pool([told(["A", "B"])]), Pool([told(["B", "A"])]))
    assert found.notes[0].startswith("Units paired by ecid: 2 of 2")
    assert [(row["first_bin"], row["second_bin"]) for row in found.rows] == [(1, 5), (5, 1)]


def test_first_against_last_attempt_of_a_real_lot_lists_what_was_recovered(real_lot: Path) -> None:
    words = ["bin", "switch", str(real_lot), "--retest", "first", "--then-retest", "last", "--json"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout)
    assert len(answer["fail_to_pass"]) == 46
    assert sum(row["units"] for row in answer["rows"]) == 1456
    gained = {row["first_bin"]: row["units"] for row in answer["rows"] if row["second_bin"] == 1}
    assert (gained[8], gained[20]) == (30, 16)
    same = CliRunner().invoke(app, ["bin", "switch", str(real_lot)])
    assert (same.exit_code, "both sides are the same" in same.output) == (2, True)


def test_the_workspace_says_of_a_lot_what_the_command_says_of_its_file(fictional_lot: Path, tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.ingest([fictional_lot], workers="inline")
        of_lot = house.bin_switch(["SIM00001"], retest="first", then_retest="last")
        with pytest.raises(ArgumentError, match="both sides are the same"):
            house.bin_switch(["SIM00001"])
    options = ["--retest", "first", "--then-retest", "last", "--json"]
    of_file = json.loads(CliRunner().invoke(app, ["bin", "switch", str(fictional_lot), *options]).stdout)
    again = CliRunner().invoke(app, ["bin", "switch", "SIM00001", "-w", str(tmp_path / "house"), *options])
    assert of_lot["rows"] == of_file["rows"] == json.loads(again.stdout)["rows"]
    assert of_lot["fail_to_pass"]


def filed(path: Path, bins: list[int], code: str, temperature: str, day: int, **columns: Any) -> Path:
    """A tester file of lot L1 at one insertion."""
    count = len(bins)
    places = {"wafer": ["W01"] * count, "x": list(range(count)), "y": [0] * count}
    runs = {
        "lot": ["L1"], "product": ["PX"], "stage": ["final test" if code.startswith("FT") else "wafer sort"],
        "test_code": [code], "temperature": [temperature], "start": [datetime(2026, 3, day, tzinfo=UTC)],
    }  # fmt: skip
    given = {**(places if code.startswith("CP") else {}), **columns}
    lot = build_lot(
        np.ones(count), passed=[one == 1 for one in bins], hard_bin=bins, runs=runs, identity="none",
        part_id=[str(at + 1) for at in range(count)], **given,
    )  # fmt: skip
    corecar.write(lot, path)
    return path


def switched(words: list[str]) -> Any:
    return CliRunner().invoke(app, ["bin", "switch", *words])


def test_two_insertions_of_one_lot_are_told_apart_by_stage_test_code_or_temperature(tmp_path: Path) -> None:
    one = filed(tmp_path / "cp1.stdf", [1, 1, 5, 5, 7], "CP1", "25", 2)
    other = filed(tmp_path / "cp2.stdf", [1, 5, 1, 5, 7], "CP2", "125", 3)
    both = [str(one), str(other)]
    rows = [[1, 1, 1, False], [1, 5, 1, True], [5, 1, 1, True], [5, 5, 1, False], [7, 7, 1, False]]
    for named in (["--stage", "CP1", "--then-stage", "CP2"], ["--temperature", "25", "--then-temperature", "125"]):
        shown = switched([*both, *named, "--json"])
        assert shown.exit_code == 0, shown.output
        assert [list(row.values()) for row in json.loads(shown.stdout)["rows"]] == rows
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.ingest(both, workers="inline")
        kept = house.bin_switch(["L1"], stage="wafer sort CP1", then_stage="CP2")
        assert [list(row.values()) for row in kept["rows"]] == rows
        with pytest.raises(ArgumentError, match=r"the second insertion: no finished part .* Did you mean \"CP2\"\?"):
            house.bin_switch(["L1"], stage="CP1", then_stage="CP22")


def test_an_insertion_that_is_not_there_or_not_one_is_named_with_its_options(tmp_path: Path) -> None:
    one = filed(tmp_path / "cp1.stdf", [1, 5], "CP1", "25", 2)
    other = filed(tmp_path / "cp2.stdf", [1, 1], "CP2", "125", 3)
    gone = switched([str(one), str(other), "--stage", "CP1", "--then-stage", "final test"])
    said = " ".join(gone.output.split())
    assert gone.exit_code == 2
    assert 'the second insertion: no finished part is of stage "final test"; there is: wafer sort CP1 25;' in said
    assert "--then-stage and --then-temperature choose it" in said
    several = switched([str(one), str(other), "--stage", "CP1", "--then-stage", "wafer sort"])
    assert "the second insertion: parts of several stages or temperatures" in " ".join(several.output.split())


def test_units_without_a_common_identity_are_refused_with_what_each_side_has(tmp_path: Path) -> None:
    sort = filed(tmp_path / "cp1.stdf", [1, 5], "CP1", "25", 2)
    final = filed(tmp_path / "ft1.stdf", [1, 1], "FT1", "25", 4)
    shown = switched([str(sort), str(final), "--stage", "wafer sort", "--then-stage", "final test"])
    assert "the first has xy (2); the second has none of these" in " ".join(shown.output.split())


def test_a_chip_is_the_same_chip_in_a_lot_of_another_name() -> None:
    def told(name: str, chips: list[str], bins: list[int]) -> Lot:
        texts = {"run": [0, 0], "part": [0, 1], "kind": ["GDR"] * 2, "text": [f"ECID|{chip}" for chip in chips]}
        runs = {"lot": [name], "stage": ["final test"]}
        return build_lot(np.ones(2), passed=[b == 1 for b in bins], hard_bin=bins, texts=texts, runs=runs)

    before = Pool([told("W1", ["A", "B"], [1, 5]), told("W2", ["C", "D"], [1, 1])])
    found = moved_bins(before, Pool([told("F1", ["B", "C"], [1, 7])]))
    assert [(row["first_bin"], row["second_bin"]) for row in found.rows] == [(1, 7), (5, 1)]
