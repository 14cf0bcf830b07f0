"""Wafer maps on the command line, and those that grading writes, from a simulated and a real lot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.formats.maps import compare_maps

runner = CliRunner()


@pytest.fixture(scope="module")
def graded(fictional_lot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("maps") / "graded"
    corecar.grade(fictional_lot, out=out, maps=["e142", "sinf", "csv"])
    return out / "maps"


def test_grading_writes_every_map_format_alike(graded: Path) -> None:
    for plain in graded.glob("*.after.xml"):
        chart = corecar.read_map(plain)
        stem = plain.name.removesuffix(".xml")
        for ending in (".e142.xml", ".sinf"):
            assert compare_maps(chart, corecar.read_map(graded / f"{stem}{ending}")).alike
        assert len((graded / f"{stem}.csv").read_text().splitlines()) == chart.table().num_rows + 1


def test_a_format_that_is_none_is_told_before_any_work(fictional_lot: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match='map format "e141"'):
        corecar.grade(fictional_lot, out=tmp_path / "graded", maps=["e141"])
    assert list(tmp_path.iterdir()) == []


def test_the_map_of_a_real_lot_survives_e142_from_below(real_lot: Path, tmp_path: Path) -> None:
    grade = corecar.grade(real_lot, out=tmp_path / "graded", maps=["e142"])
    assert "Wafer maps as E142: E142 expects a reference die, and none is known." in grade.notes
    whole = next((tmp_path / "graded" / "maps").glob("*.after.xml"))
    chart = corecar.read_map(whole)
    assert chart.table().num_rows == 1456
    corecar.write_map(chart, tmp_path / "below.e142.xml", bottom=True, orientation=90, rows="from-origin")
    assert compare_maps(chart, corecar.read_map(tmp_path / "below.e142.xml", rows="from-origin")).alike


def test_show_prints_facts_map_json_and_dies(graded: Path) -> None:
    path = str(next(graded.glob("*.after.e142.xml")))
    shown = runner.invoke(app, ["map", "show", path])
    assert shown.exit_code == 0, shown.output
    assert "flat or notch 0 degrees" in shown.output
    facts = json.loads(runner.invoke(app, ["map", "show", path, "--json"]).output)
    assert facts["dies"] == sum(row["dies"] for row in facts["bins"])
    rows = runner.invoke(app, ["map", "show", path, "--csv"]).output.splitlines()
    assert rows[0] == '"x","y","column","row","bin","passed"'
    assert len(rows) == facts["dies"] + 1


def test_convert_and_compare_find_what_screening_changed(graded: Path, tmp_path: Path) -> None:
    before, after = (next(graded.glob(f"*.{word}.xml")) for word in ("before", "after"))
    after = graded / before.name.replace("before", "after")
    turned = tmp_path / "turned.e142.xml"
    done = runner.invoke(app, ["map", "convert", str(after), str(turned), "--orientation", "180"])
    assert done.exit_code == 0, done.output
    answer = json.loads(runner.invoke(app, ["map", "compare", str(before), str(turned), "--json"]).output)
    assert (answer["turned"], answer["gained"], answer["only_first"]) == (180, 0, 0)
    assert answer["lost"] == len(answer["dies"]) > 0
    told = runner.invoke(app, ["map", "compare", str(before), str(turned)]).output
    assert f"{answer['lost']:,} went from pass to fail, 0 from fail to pass" in told
    assert "the maps are alike" in runner.invoke(app, ["map", "compare", str(after), str(turned)]).output


def test_maps_that_name_different_wafers_are_told(graded: Path) -> None:
    first, second, *_ = sorted(graded.glob("*.before.xml"))
    assert "different wafers" in runner.invoke(app, ["map", "compare", str(first), str(second)]).output


def test_dies_too_far_apart_for_one_wafer_are_told_and_stop_nothing(fictional_lot: Path, tmp_path: Path) -> None:
    lot = corecar.read(fictional_lot)
    x = lot.parts["x"].to_pylist()
    x[int(lot.chosen("final")[0])] = 32_000
    y = lot.parts["y"].to_pylist()
    y[int(lot.chosen("final")[0])] = -32_000
    columns = {"x": pa.array(x, pa.int16()), "y": pa.array(y, pa.int16())}
    parts = lot.parts
    for name, values in columns.items():
        parts = parts.set_column(parts.column_names.index(name), parts.schema.field(name), values)
    grade = corecar.grade(replace(lot, parts=parts), out=tmp_path / "graded")
    assert any("too far for one wafer" in note for note in grade.notes)
    assert len(list((tmp_path / "graded" / "maps").iterdir())) == 2
