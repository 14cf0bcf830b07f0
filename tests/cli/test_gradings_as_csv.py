"""`grade` and `map compare` print CSV like every other table; maps need a folder to be written to."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.errors import ArgumentError


def asked(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_grading_is_the_same_csv_of_files_and_of_a_lot(fictional_lot: Path, tmp_path: Path) -> None:
    of_file = asked("grade", str(fictional_lot), "--csv")
    assert of_file.exit_code == 0, of_file.output
    found = rows_of(of_file.stdout)
    graded = corecar.grade(fictional_lot)
    first = found[0]
    assert (first["table"], first["tested"], first["may_ship"]) == (
        "Insertions", str(graded.tested), str(graded.shippable),
    )  # fmt: skip
    bins = {row["hard_bin"]: int(row["after"]) for row in found if row["table"] == "Hard bins"}
    assert sum(bins.values()) == graded.tested
    assert {row["screen"] for row in found if row["table"] == "Screens"} == {"dynamic-pat"}
    house = tmp_path / "house"
    with corecar.init(house, owner="Demo House") as made:
        made.ingest([fictional_lot], workers="inline")
    of_lot = asked("grade", "SIM00001", "--workspace", str(house), "--csv")
    # A workspace files 25C as 25.
    assert [row | {"insertion": "wafer sort WS1 25C"} for row in rows_of(of_lot.stdout)] == found


def test_csv_and_json_together_are_refused(fictional_lot: Path) -> None:
    assert asked("grade", str(fictional_lot), "--csv", "--json").exit_code == 2


def test_maps_without_a_folder_are_refused_and_not_forgotten(fictional_lot: Path) -> None:
    shown = asked("grade", str(fictional_lot), "--maps", "e142")
    assert shown.exit_code == 2
    assert "--maps says how maps are written into the folder of --out. Give --out DIR too." in shown.output
    with pytest.raises(ArgumentError, match="out is not given"):
        corecar.grade(fictional_lot, maps=["e142"])


def test_maps_side_by_side_come_as_csv_with_every_die_that_differs(fictional_lot: Path, tmp_path: Path) -> None:
    corecar.grade(fictional_lot, out=tmp_path / "out")
    before, after = (str(tmp_path / "out" / "maps" / f"W01.{word}.xml") for word in ("before", "after"))
    shown = asked("map", "compare", before, after, "--csv")
    assert shown.exit_code == 0, shown.output
    found = rows_of(shown.stdout)
    switched = sum(int(row["dies"]) for row in found if row["table"] == "Switched")
    assert switched == len([row for row in found if row["table"] == "Dies"]) > 0
    alike = asked("map", "compare", before, before, "--csv")
    assert alike.stdout.strip() == "table,first,second,dies,x,y"
