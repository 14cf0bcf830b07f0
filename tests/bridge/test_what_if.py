"""Sweeps of the width: of files, of a lot of the workspace, from Python and the command line."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import corecar
from corecar.bridge.grade.truth import planted_parts
from corecar.bridge.grade.whatif import what_if, widths_of
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.screen import read_recipe

runner = CliRunner()


def test_the_row_of_the_recipes_own_width_is_what_grading_finds(real_lot: Path) -> None:
    graded = corecar.grade(real_lot)
    row = next(row for row in what_if(real_lot)["rows"] if row["width"] == 6.0)
    assert (row["rejected"], row["may_ship"]) == (graded.rejected, graded.shippable)
    assert row["yield_loss"] == graded.rejected / graded.good


def test_other_screens_of_the_recipe_count_at_every_width(fictional_lot: Path) -> None:
    graded = corecar.grade(fictional_lot, recipe="zero-defect")
    row = next(row for row in what_if(fictional_lot, recipe="zero-defect")["rows"] if row["width"] == 6.0)
    assert (row["with_others"], row["may_ship"]) == (graded.rejected, graded.shippable)


def test_the_truth_says_which_planted_outliers_a_width_lets_through(fictional_lot: Path) -> None:
    strong, _ = planted_parts(corecar.read(fictional_lot), fictional_lot.with_name("lot.truth.json"))
    rows = what_if(fictional_lot, start=6, stop=100, step=47)["rows"]
    assert rows[0]["planted_missed"] == 0
    assert rows[-1]["planted_missed"] == len(strong) > 0
    graded = corecar.grade(fictional_lot)
    assert graded.truth is not None
    assert rows[0]["false_kills"] == graded.truth["false_kills"]


def test_the_model_and_its_source_are_told(real_lot: Path) -> None:
    answer = what_if(real_lot)
    assert "Pickands (1975)" in answer["details"]["model"]["source"]
    assert answer["details"]["model"]["tail"]["parts"] >= 10
    assert any(
        note.startswith("escapes: a part furthest out in a test lies beyond the threshold") for note in answer["notes"]
    )
    assert any("look like outliers: tests of several populations" in note for note in answer["notes"])
    escapes = [row["escapes"] for row in answer["rows"]]
    assert escapes == sorted(escapes)


def test_the_folder_holds_table_picture_page_and_paper(real_lot: Path, tmp_path: Path) -> None:
    out = tmp_path / "what"
    told = runner.invoke(app, ["whatif", str(real_lot), "--from", "4", "--to", "8", "--step", "1", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "yield loss falls from" in told.output
    rows = list(csv.DictReader((out / "whatif.csv").read_text(encoding="utf-8").splitlines()))
    assert [float(row["width"]) for row in rows] == [4, 5, 6, 7, 8]
    content = json.loads((out / "whatif.json").read_text(encoding="utf-8"))
    assert [row["rejected"] for row in content["rows"]] == [int(row["rejected"]) for row in rows]
    assert (out / "whatif.pdf").read_bytes().startswith(b"%PDF")
    assert "recipe: 6" in (out / "whatif.svg").read_text(encoding="utf-8")
    assert "Every width" in (out / "whatif.html").read_text(encoding="utf-8")


def test_a_lot_of_the_workspace_is_swept_as_its_files_are(real_lot: Path, tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as house:
        house.ingest([real_lot], workers="inline")
        name = house.lots()["rows"][0]["lot"]
        kept = house.whatif(name, start=5.0, stop=7.0, step=1.0)
        states = {row["state"] for row in house.lots()["rows"]}
    assert kept["rows"] == what_if(real_lot, start=5, stop=7, step=1)["rows"]
    assert states.isdisjoint({"screened", "held"})
    told = runner.invoke(app, ["whatif", name, "-w", str(tmp_path / "house"), "--from", "5", "--to", "7", "--csv"])
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("width,rejected,")
    refused = runner.invoke(app, ["whatif", name, "-w", str(tmp_path / "house"), "--retest", "first"])
    assert refused.exit_code != 0
    assert "--retest is for files" in str(refused.output) + str(refused.exception)


@pytest.mark.parametrize("ends", [(5, 5, 1), (6, 3, 1), (0, 3, 1), (3, 6, 0), (3, 101, 1), (1, 100, 0.01)])
def test_a_sweep_that_is_none_says_what_is_expected(ends: tuple[float, float, float]) -> None:
    with pytest.raises(ArgumentError, match="Try --from 3 --to 10"):
        widths_of(*ends)


def test_a_lot_of_few_parts_far_out_gets_no_prediction_and_says_so(fictional_lot: Path) -> None:
    answer = what_if(fictional_lot, recipe=replace(read_recipe(), include=("VREF*",)))
    assert {row["escapes"] for row in answer["rows"]} == {None}
    assert any(note.startswith("No escapes are predicted: ") for note in answer["notes"])


def test_a_lot_of_few_good_parts_gets_no_prediction_and_says_so(tmp_path: Path) -> None:
    answer = what_if(corecar.simulate_lot(tmp_path / "small.stdf", wafers=1, dies=80))
    assert {row["escapes"] for row in answer["rows"]} == {None}
    assert re.match("No escapes are predicted: the lot has [0-9]+ good parts, and the tails", answer["notes"][0])


def test_a_prediction_from_few_outliers_is_marked(tmp_path: Path) -> None:
    answer = what_if(corecar.simulate_lot(tmp_path / "few.stdf", wafers=1, dies=600, tests=20))
    assert answer["details"]["model"]["tail"]["outliers"] < 5
    assert any(note.startswith("Escapes rest on few outliers, about ") for note in answer["notes"])


def test_a_sweep_over_no_test_says_so_and_prints_no_zeros(fictional_lot: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    nothing = replace(read_recipe(), include=("NO-SUCH-TEST",))
    answer = what_if(fictional_lot, recipe=nothing, out=out)
    assert answer["rows"] == []
    assert answer["said"].startswith("No test was screened: none of the lot's 74 tests is one that the recipe ")
    assert any("nothing was written" in note for note in answer["notes"])
    assert not out.exists()
    unlimited = what_if(fictional_lot, recipe=replace(read_recipe(), least=10_000))
    assert (unlimited["rows"], "got dynamic limits" in unlimited["said"]) == ([], True)


def test_widths_that_reject_nothing_are_one_line(fictional_lot: Path) -> None:
    answer = what_if(fictional_lot, start=90, stop=100)
    assert answer["rows"] == []
    assert answer["said"].startswith("No reading of ")
    assert "from 90 to 100 robust sigmas" in answer["said"]


def test_shapes_change_which_parts_are_spared_but_not_what_lies_far_out(real_lot: Path) -> None:
    plain, shaped = (what_if(real_lot, recipe=replace(read_recipe(), skewed=way)) for way in ("none", "auto"))
    assert plain["details"]["model"]["tail"] == shaped["details"]["model"]["tail"]
    assert plain["rows"][-1]["escapes"] != shaped["rows"][-1]["escapes"]
