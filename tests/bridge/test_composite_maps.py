"""Composite maps: counts that match the lot, a planted repeat that is found, edges, files and pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

import corecar
from corecar.bridge.grade.composites import composite, draw_composite
from corecar.bridge.grade.wafer_maps import maps_as_tested
from corecar.cli.app import app
from corecar.errors import ArgumentError, SourceMissing
from corecar.formats.maps import NO_DIE, UNTESTED, BinDefinition, WaferMap, write_map
from corecar.lot import Lot

runner = CliRunner()
DEFINED = (BinDefinition(1, True, "Good"), BinDefinition(4, False, "Leak"), BinDefinition(6, False, "Open"))


def wafers(count: int = 8, size: int = 20, **changes: Any) -> list[WaferMap]:
    """Round wafers on which each die fails in bin 4 with 2 %."""
    down, across = np.mgrid[:size, :size] - (size - 1) / 2
    there = np.hypot(down, across) <= size / 2
    found = []
    for number in range(count):
        random = np.random.default_rng(number)
        bins = np.where(there, np.where(random.random((size, size)) < 0.02, 4, 1), NO_DIE).astype(np.int32)
        found.append(replace(WaferMap(f"W{number:02}", bins, lot="L1", definitions=DEFINED), **changes))
    return found


@pytest.fixture(scope="module")
def fictional(fictional_lot: Path) -> Lot:
    return corecar.read(fictional_lot)


def test_a_lot_is_counted_die_by_die(fictional: Lot) -> None:
    found = composite(fictional).found
    final = fictional.final
    assert int(found.tested.sum()) == int(final.sum())
    assert int(found.failed.sum()) == int((final & ~fictional.passed).sum())
    assert sum(int(count.sum()) for count in found.of_bin.values()) == int(found.failed.sum())
    x, y, bins = (fictional.parts[name].to_numpy() for name in ("x", "y", "hard_bin"))
    place = int(np.argmax(found.failed))
    here = final & (x == found.x[place]) & (y == found.y[place])
    assert int((here & ~fictional.passed).sum()) == found.failed[place]
    for number, count in found.of_bin.items():
        assert int((here & ~fictional.passed & (bins == number)).sum()) == count[place]


def test_a_real_wafer_is_counted_and_its_files_and_maps_say_the_same(real_lot: Path, tmp_path: Path) -> None:
    found = composite(real_lot)
    (chart,), _ = maps_as_tested(corecar.read(real_lot))
    assert int(found.found.failed.sum()) == 1456 - int(chart.good.sum())
    write_map(chart, tmp_path / "one.e142.xml")
    again = composite(tmp_path / "one.e142.xml")
    assert np.array_equal(again.found.failed, found.found.failed)
    assert np.array_equal(again.found.x, found.found.x)


def test_a_place_that_fails_on_wafer_after_wafer_is_found_and_no_other() -> None:
    charts = wafers()
    for chart in charts:
        chart.bins[10, 12] = 6
    found = composite(charts)
    (row,) = found.to_dict()["systematic"]
    assert (row["x"], row["y"], row["failed"], row["top_bin"]) == (12, 10, 8, 6)
    assert not composite(charts, bins=[4]).systematic.any()
    assert composite(charts[:4]).judged is False


def test_a_position_of_the_reticle_that_repeats_is_found() -> None:
    charts = wafers()
    row, column = np.mgrid[:20, :20]
    for number, chart in enumerate(charts):
        spot = (row % 4 == 1) & (column % 5 == 3) & (chart.bins != NO_DIE)
        chart.bins[spot & ((row + column + number) % 2 == 0)] = 6
    found = composite(charts, reticle=(4, 5)).to_dict()["reticle"]
    assert [(one["row"], one["column"]) for one in found if one["repeats"]] == [(1, 3)]
    moved = composite(charts, reticle=(4, 5), reticle_first=(3, 1)).to_dict()["reticle"]
    assert [(one["row"], one["column"]) for one in moved if one["repeats"]] == [(0, 0)]
    assert sum(one["tested"] for one in found) == composite(charts).to_dict()["tested"]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_excluded_ring_holds_the_dies_whose_corner_reaches_it(degrees: int) -> None:
    charts = [one.turned(degrees) for one in wafers(2, wafer_size_mm=100.0, die_size_mm=(5.0, 5.0))]
    found = composite(charts, edge_mm=3.0)
    across, down = (
        5.0 * (side - side.min() - (side.max() - side.min()) / 2) for side in (found.found.x, found.found.y)
    )
    corner = np.hypot(np.abs(across) + 2.5, np.abs(down) + 2.5) > 47.0
    assert found.found.excluded[corner].all()
    inside = np.hypot(across, down) < 30
    assert not found.found.excluded[inside].any()
    assert not found.found.tested[found.found.excluded].any()
    assert "middle of the dies" in " ".join(found.notes)


def test_the_flat_of_a_small_wafer_takes_its_dies_where_it_stands() -> None:
    plain = composite(wafers(2, wafer_size_mm=100.0, die_size_mm=(5.0, 5.0)), edge_mm=3.0).found
    left = composite(wafers(2, wafer_size_mm=100.0, die_size_mm=(5.0, 5.0), orientation=90), edge_mm=3.0).found
    assert plain.excluded[plain.y == 18].sum() > plain.excluded[plain.y == 1].sum()
    assert left.excluded[left.x == 1].sum() > left.excluded[left.x == 18].sum()


def test_a_ring_needs_sizes_and_outermost_dies_do_not() -> None:
    with pytest.raises(ArgumentError, match="does not tell the sizes of wafer and die"):
        composite(wafers(2), edge_mm=3.0)
    found = composite(wafers(2), edge_rows=1).found
    assert 0 < found.excluded.sum() < len(found.x) / 3
    with pytest.raises(ArgumentError, match="expected 0 or more"):
        composite(wafers(2), edge_rows=-1)


def test_passes_of_a_wafer_are_combined_before_wafers_are_counted() -> None:
    first, second = wafers(1)[0], wafers(2)[1]
    second = replace(second, wafer=first.wafer)
    union, last = composite([first, second]), composite([first, second], rule="last")
    assert union.layers == (2,)
    bad = ((first.bins == 4) | (second.bins == 4)) & (first.bins != NO_DIE)
    assert int(union.found.failed.sum()) == int(bad.sum())
    assert int(last.found.failed.sum()) == int((second.bins == 4).sum())
    other = composite([first, replace(second, lot="L2")])
    assert other.layers == (1, 1)
    assert "several lots (L1, L2): taken for different wafers" in other.notes[-1]


def test_untested_dies_are_no_fails() -> None:
    one = WaferMap("W", np.array([[1, UNTESTED, 4]], dtype=np.int32), definitions=DEFINED)
    found = composite([one])
    assert (found.found.tested.sum(), found.found.failed.sum()) == (2, 1)
    with pytest.raises(ArgumentError, match="no tested die"):
        composite([replace(one, bins=np.array([[UNTESTED]], dtype=np.int32))])


def test_the_picture_has_a_map_for_each_bin_and_names_what_repeats(tmp_path: Path) -> None:
    charts = wafers()
    for chart in charts:
        chart.bins[10, 12] = 6
    found = composite(charts, reticle=(2, 2), edge_rows=1)
    root = ElementTree.fromstring(draw_composite(found, tmp_path / "c.svg").read_text(encoding="utf-8"))
    said = " ".join("".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text"))
    for words in ("all fails", "bin 4 Leak", "bin 6 Open", "reticle, 2 by 2 dies", "more wafers than chance allows · 1",
                  "in the excluded edge", "Lot L1"):  # fmt: skip
        assert words in said, words
    for name in ("c.png", "c.html"):
        draw_composite(found, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 5000


def test_the_command_reads_maps_and_testers_files_writes_and_tells(fictional_lot: Path, tmp_path: Path) -> None:
    graded = tmp_path / "graded"
    grade = corecar.grade(fictional_lot, out=graded)
    after = sorted(map(str, (graded / "maps").glob("*.after.xml")))
    done = runner.invoke(app, ["map", "composite", str(fictional_lot), *after, "--maps", str(tmp_path / "both"),
                               "--figure", str(tmp_path / "c.svg")])  # fmt: skip
    assert done.exit_code == 0, done.output
    rejected = int((~np.array(grade.dispositions["shippable"].to_pylist())).sum())
    assert f"Composite of 2 wafers, up to 2 maps each (union): {rejected:,} of 2,000 dies failed" in done.output
    assert "fewer than 5 wafers at every place: whether places repeat was not judged." in done.output
    assert sum(int((~chart.good & (chart.bins >= 0)).sum()) for chart in map(corecar.read_map, sorted(
        (tmp_path / "both").iterdir()))) == rejected  # fmt: skip
    answer = json.loads(runner.invoke(app, ["map", "composite", *after, "--json", "--reticle", "2x3"]).output)
    assert answer["failed"] == rejected
    assert len(answer["reticle"]) == 6
    rows = runner.invoke(app, ["map", "composite", *after, "--csv"]).output.splitlines()
    assert len(rows) == answer["places"] + 1


def test_what_the_command_cannot_take_is_told(fictional_lot: Path, tmp_path: Path) -> None:
    wrong = runner.invoke(app, ["map", "composite", str(fictional_lot), "--reticle", "3by4"])
    assert wrong.exit_code == 2
    assert "two whole numbers such as 3x4" in wrong.output
    with pytest.raises(SourceMissing, match="cannot be opened"):
        composite(tmp_path / "none.xml")
