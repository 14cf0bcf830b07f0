"""Capability, charts, T-squared, outliers, lots against each other: lots of a workspace, with what is planted."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.planted_files import move, simulated

import corecar
from corecar import assess
from corecar.assess.pool_groups import groups, in_time, part_words
from corecar.assess.pools import Pool
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, NotFound

MOVED, BY, LIFTED = 1070, 0.05, "SIM00003"
"""The test that reads higher in one lot, and by how much [V]."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three lots; in the last one a test reads higher."""
    folder = tmp_path_factory.mktemp("files")
    found = {f"SIM0000{seed}": simulated(folder, f"{seed}.stdf", seed) for seed in (1, 2, 3)}
    move(found[LIFTED], MOVED, lambda row: BY)
    return found


@pytest.fixture(scope="module")
def house(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with corecar.init(tmp_path_factory.mktemp("house") / "house", owner="Demo House") as made:
        made.ingest(list(files.values()), workers="inline")
        yield made


def column(path: Path, number: int) -> Any:
    """Readings of the final parts of a file, with its limits, straight from the lot."""
    lot = corecar.read(path)
    row = lot.tests["number"].to_pylist().index(number)
    low, high = lot.test_limits
    readings = lot.matrix([row])[0].astype(float)
    return readings[np.isfinite(readings)], float(low[row]), float(high[row])


def test_the_capability_of_a_test_is_that_of_its_readings(house: Workspace, files: dict[str, Path]) -> None:
    readings, low, high = column(files["SIM00001"], MOVED)
    wanted = assess.capability(readings, low, high, 1.2, confidence=0.9)
    found = house.assess_capability(["SIM00001"], test=[str(MOVED)], target=1.2, confidence=0.9)
    assert found["details"]["capability"] == wanted.to_dict()
    assert found["rows"][0]["cpm"] == wanted.cpm
    assert found["facts"]["cpk"] == wanted.cpk


def test_all_tests_come_worst_first_and_against_the_goal(house: Workspace) -> None:
    found = house.assess_capability(["SIM00001", "SIM00002"], goal="special")
    indices = [row["cpk"] for row in found["rows"] if row["cpk"] is not None]
    assert len(indices) > 20
    assert indices == sorted(indices)
    assert all(row["goal_met"] is (row["cpk"] >= 1.67) for row in found["rows"] if row["cpk"] is not None)
    alone = house.assess_capability(["SIM00001", "SIM00002"], test=[str(found["rows"][0]["number"])])
    assert alone["rows"][0]["cpk"] == found["rows"][0]["cpk"]


def test_sigma_within_lots_is_less_than_over_lots_that_differ(house: Workspace) -> None:
    row = house.assess_capability(["SIM00001", LIFTED], test=[str(MOVED)], subgroup="lot")["rows"][0]
    assert row["ppk"] < 0.6 * row["cpk"]


def test_a_lot_that_reads_higher_signals_on_a_chart_of_lots_by_their_spread(
    house: Workspace, files: dict[str, Path]
) -> None:
    found = house.assess_chart(["SIM00001", "SIM00002", LIFTED], test=str(MOVED), by="lot", kind="xbar-s")
    means = {row["lot"]: row["mean"] for row in found["rows"]}
    assert means[LIFTED] - means["SIM00001"] == pytest.approx(BY, rel=0.1)
    assert next(row["signals"] for row in found["rows"] if row["lot"] == LIFTED)
    assert [row["n"] for row in found["rows"]] == [len(column(path, MOVED)[0]) for path in files.values()]


def test_a_chart_of_parts_names_the_parts_that_signal(house: Workspace, files: dict[str, Path]) -> None:
    readings, _, _ = column(files["SIM00002"], MOVED)
    found = house.assess_chart(["SIM00002"], test=str(MOVED), rules="limits", sigma=float(np.std(readings)) / 2)
    assert len(found["details"]["chart"]["location"]["values"]) == len(readings)
    assert found["details"]["chart"]["out"]
    assert set(found["details"]["chart"]["out"]) <= {row["point"] for row in found["rows"] if row["signals"]}
    assert {row["lot"] for row in found["rows"]} == {"SIM00002"}
    assert all(row["part"] for row in found["rows"])


def test_fails_by_wafer_make_a_p_chart(house: Workspace) -> None:
    found = house.assess_chart(["SIM00001"], test=str(MOVED), by="wafer", kind="p")
    assert all(0 <= row["share"] <= 1 for row in found["rows"])
    with pytest.raises(ArgumentError, match="by lot or by wafer"):
        house.assess_chart(["SIM00001"], test=str(MOVED), kind="p")


def test_lots_that_differ_are_found_and_wafers_of_one_lot_are_alike(house: Workspace) -> None:
    found = house.assess_between(["SIM00001", "SIM00002", LIFTED])
    first = found["rows"][0]
    assert (first["number"], first["highest"], first["verdict"]) == (MOVED, LIFTED, "hold")
    assert all(row["q"] >= row["p"] for row in found["rows"])
    one = house.assess_between(["SIM00001", LIFTED], test=[str(MOVED)])
    assert {row["lot"] for row in one["groups"]} == {"SIM00001", LIFTED}
    with pytest.raises(ArgumentError, match="two were expected"):
        house.assess_between(["SIM00001"])


def test_outliers_are_named_as_parts(house: Workspace, files: dict[str, Path]) -> None:
    readings, _, _ = column(files["SIM00001"], MOVED)
    wanted = assess.generalised_esd(readings, 5)
    rows = house.assess_outliers(["SIM00001"], test=[str(MOVED)], most=5)["rows"]
    assert sorted(row["reading"] for row in rows) == pytest.approx(sorted(wanted.outliers))
    assert all(row["lot"] == "SIM00001" and row["part"] for row in rows)


def test_t_squared_of_a_lot_is_that_of_its_readings(house: Workspace, files: dict[str, Path]) -> None:
    lot = corecar.read(files["SIM00002"])
    numbers = lot.tests["number"].to_pylist()
    pair = [numbers.index(number) for number in (1070, 1080)]
    wanted = assess.hotelling(lot.matrix(pair).astype(float).T)
    found = house.assess_hotelling(["SIM00002"], test=["1070", "1080"])
    assert [row["point"] for row in sorted(found["rows"], key=lambda row: row["point"])] == list(wanted.out)
    assert found["details"]["hotelling"]["limit"] == pytest.approx(wanted.limit)


def test_a_verb_draws_into_a_file(house: Workspace, tmp_path: Path) -> None:
    house.assess_capability(["SIM00001"], test=["1070"], figure=tmp_path / "a.svg", probability_plot=tmp_path / "b.svg")
    house.assess_chart(["SIM00001"], test="1070", figure=tmp_path / "c.svg")
    house.assess_hotelling(["SIM00001"], test=["1070", "1080"], figure=tmp_path / "d.svg")
    assert all(ET.parse(tmp_path / f"{letter}.svg").getroot().get("aria-label") for letter in "abcd")


def test_what_cannot_be_assessed_is_refused_with_what_to_do(house: Workspace) -> None:
    with pytest.raises(NotFound, match="no lot is called"):
        house.assess_capability(["NIX"])
    with pytest.raises(ArgumentError, match='no test with readings has the number or name "9"'):
        house.assess_capability(["SIM00001"], test=["9"])
    with pytest.raises(ArgumentError, match="is for one test"):
        house.assess_capability(["SIM00001"], target=1.0)
    with pytest.raises(ArgumentError, match="a size was expected"):
        house.assess_capability(["SIM00001"], test=["1070"], subgroup="moon")
    with pytest.raises(ArgumentError, match="no test was named"):
        house.assess_hotelling(["SIM00001"], test=[])


def test_a_stranger_is_refused_and_that_stands_on_record(house: Workspace, tmp_path: Path) -> None:
    with corecar.init(tmp_path / "closed", owner="Demo House") as closed:
        closed.people_add("boss", role="administrator")
        with pytest.raises(AccessDenied), corecar.open(tmp_path / "closed", actor="nobody") as stranger:
            stranger.assess_capability(["SIM00001"])
    with corecar.open(tmp_path / "closed", actor="boss") as closed:
        assert any(row["verb"] == "assess_capability" for row in closed.audit()["rows"])


def test_groups_come_in_order_of_time_whatever_order_lots_are_named_in(files: dict[str, Path]) -> None:
    late, early = (corecar.read(files[name]) for name in ("SIM00001", "SIM00002"))
    starts = [moment + timedelta(days=1) for moment in late.runs["start"].to_pylist()]
    place = late.runs.column_names.index("start")
    late = replace(late, runs=late.runs.set_column(place, "start", pa.array(starts, late.runs["start"].type)))
    for order in ([late, early], [early, late]):
        pool = Pool(order)
        assert groups(pool, "lot")[1] == ["SIM00002", "SIM00001"]
        assert part_words(pool, "lot")[in_time(pool)[0]] == "SIM00002"
        assert groups(pool, "wafer")[1][0].startswith("SIM00002 ")
