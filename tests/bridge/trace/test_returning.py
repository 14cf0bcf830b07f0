"""A returned unit has one story: die, neighbours, values, tools, siblings, and screens that would have caught it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bridge.houses import small_lot
from tests.bridge.trace.told_events import TESTED, story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import Conflict, NotFound

STRICT = '[recipe]\nname = "strict"\nversion = "2"\n[dynamic-pat]\nwidth = 3.0\nleast = 20\n'
RETURNED = (6, 1)
"""A die that the default recipe lets through and the strict one rejects."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("returned")
    (folder / "strict.toml").write_text(STRICT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[Workspace]:
    with corecar.init(folder / "house", owner="Demo House") as made:
        made.ingest([small_lot(folder, 1)], workers="inline")
        made.grade("SIM00001")
        made.trace_import(story(folder, of=TESTED))
        yield made


@pytest.fixture(scope="module")
def lot(folder: Path, house: Workspace) -> corecar.Lot:
    return corecar.read(folder / "lot1.stdf")


@pytest.fixture(scope="module")
def answer(house: Workspace, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = house.trace_return("K1", recipe=["aec-q001", str(folder / "strict.toml")])
    return told


def row_at(lot: corecar.Lot, x: int, y: int) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [row for row in lot.parts.to_pylist() if (row["x"], row["y"]) == (x, y)]
    return found


def test_the_unit_is_a_die_of_its_wafer_and_lot(answer: dict[str, Any]) -> None:
    assert answer["facts"] == {"die": f"SIM00001-W01 {RETURNED}", "lot": "SIM00001"}
    assert answer["results"][0]["verdict"] == "good"


def test_its_neighbours_stand_with_their_bins(house: Workspace, answer: dict[str, Any], lot: corecar.Lot) -> None:
    places = {(row["x"], row["y"]): row for row in answer["neighbours"]}
    there = {(row["x"], row["y"]) for row in lot.parts.to_pylist()}
    around = {(RETURNED[0] + a, RETURNED[1] + b) for a in (-1, 0, 1) for b in (-1, 0, 1)} - {RETURNED}
    assert places.keys() == around & there
    assert all(row["hard_bin"] == row_at(lot, *place)["hard_bin"] for place, row in places.items())
    wide = house.trace_return("K1", recipe=["aec-q001"], neighbours="24")["neighbours"]
    assert len(wide) > len(places)


def test_its_values_stand_within_the_lot(answer: dict[str, Any], lot: corecar.Lot) -> None:
    part = row_at(lot, *RETURNED)["part"]
    good = (lot.final & lot.passed)[lot.results["part"].to_numpy()]
    first = answer["values"][0]
    (test,) = [row["test"] for row in lot.tests.to_pylist() if row["name"] == first["name"]]
    of_test = lot.results["test"].to_numpy() == test
    values = lot.results["value"].to_numpy().astype(float)
    mine = values[of_test & (lot.results["part"].to_numpy() == part)][0]
    others = values[of_test & good & np.isfinite(values)]
    q1, middle, q3 = np.quantile(others, [0.25, 0.5, 0.75])
    assert first["value"] == pytest.approx(mine)
    assert first["z"] == pytest.approx((mine - middle) * 1.35 / (q3 - q1))
    assert first["percentile"] == pytest.approx(100 * np.mean(others < mine), abs=100 / len(others))
    assert abs(first["z"]) == max(abs(row["z"] or 0) for row in answer["values"])
    assert first["screen_low"] is None or first["screen_low"] <= first["value"] <= first["screen_high"]


def test_the_screen_that_would_have_caught_it_is_named_with_its_cost(
    answer: dict[str, Any], lot: corecar.Lot, folder: Path
) -> None:
    ships = [
        {row["part"] for row in corecar.grade(lot, recipe=recipe).dispositions.to_pylist() if row["shippable"]}
        for recipe in ("aec-q001", folder / "strict.toml")
    ]
    more = ships[0] - ships[1]
    assert row_at(lot, *RETURNED)["part"] in more
    (best,) = [row for row in answer["rows"] if row["rejects"] and row["screen"] == "all together"]
    assert (best["recipe"], best["more_rejected"]) == ("strict 2", len(more) - 1)
    assert best["share"] == pytest.approx((len(more) - 1) / int((lot.final & lot.passed).sum()))
    assert best["why"].startswith("dynamic-pat: ")
    assert not [row for row in answer["rows"] if row["recipe"] == "aec-q001 1" and row["rejects"]]
    assert "1 screen would have caught it; at the least cost dynamic-pat of strict 2" in answer["said"]


def test_tools_material_and_siblings_are_told(answer: dict[str, Any]) -> None:
    assert [(row["class"], row["id"]) for row in answer["tools"]] == [("equipment", "BOND-3")]
    assert [row["id"] for row in answer["material"]] == ["WIRE-9"]
    states = {row["state"]: row["pieces"] for row in answer["siblings"] if row["of"] == "wafer SIM00001-W01"}
    assert states == {"in ecu": 1, "in process": 24, "shipped": 35}


def test_without_recipes_those_of_corecar_and_of_the_gradings_are_tried(house: Workspace) -> None:
    rows = house.trace_return("K1")["rows"]
    assert {row["recipe"] for row in rows} == {"aec-q001 1", "aec-q001+q002 1", "zero-defect 1"}


def test_several_die_are_no_unit(house: Workspace) -> None:
    with pytest.raises(Conflict, match="die may be it, such as wafer:SIM00001-W01@1,1"):
        house.trace_return("reel:R1")
    with pytest.raises(NotFound):
        house.trace_return("K9")
