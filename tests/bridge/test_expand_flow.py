"""Days of a lot at each cell: by hand from the formulae, of files and of a workspace, with what testers wrote there."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from tests.bridge.test_measured import book as measured_book
from tests.chain.books import Book, small_book, write_book
from tests.chain.test_cells import CELL, RUN
from typer.testing import CliRunner

import corecar
from corecar.bridge.measured.variability import together, variation
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.report.figures.days_over_load import days_over_load
from corecar.store.catalogue.models import Run


def chips(capacity: str = "12", **cell: str) -> Book:
    """Chips that lie after the wafer stage, and a test cell that is to test them."""
    rows = small_book()
    rows["stock"] = [{"product": "MCU", "stage": "wafer", "site": "OSAT-1", "quantity": "300000"}]
    rows["demand"][1]["quantity"] = "50000"
    rows["capacity"][2]["actual"] = capacity
    del rows["wip"]
    rows["cells"] = [CELL | cell]
    rows["cell_runs"] = [RUN | {"setups_a_week": "2", "setup_hours": "1.5"}]
    return rows


def told(tmp_path: Path, capacity: str = "12", cell: dict[str, str] | None = None, **how: Any) -> dict[str, Any]:
    return corecar.plan_chain(write_book(chips(capacity, **(cell or {})), tmp_path / "chain")).flow(**how)


def test_a_cell_by_hand(tmp_path: Path) -> None:
    """3 machines, 2,000 pieces a lot, 168 h worked a week, OEE 0.8 as outages of 2 h, two set-ups of 1.5 h."""
    answer = told(tmp_path, week="2027-W01")
    (row,) = answer["rows"]
    lots, raw = 6000 / 2000, 2000 * 1.05 / 1200
    chance = 2 / lots
    hours = raw + chance * 1.5
    cv2 = (0.25 * raw**2 + chance * (1 - chance) * 1.5**2) / hours**2
    cv2 += 2 * 0.8 * 0.2 * 2 / hours
    hours /= 0.8
    load = lots * hours / (3 * 168)
    queue = (1 + cv2) / 2 * load ** (math.sqrt(8) - 1) / (3 * (1 - load)) * hours
    assert row["cell_load"] == pytest.approx(load)
    assert row["effective_cv"] == pytest.approx(math.sqrt(cv2))
    assert row["cycle_days"] == pytest.approx((queue + hours) / 24)
    assert row["x_factor"] == pytest.approx((queue + hours) / raw)
    assert row["wip_lots"] == pytest.approx(lots / 168 * (queue + hours)), "Little's law"
    assert row["wip_pieces"] == pytest.approx(2000 * row["wip_lots"])
    full = (1 + cv2) / 2 * 0.9 ** (math.sqrt(8) - 1) / (3 * 0.1) * hours
    assert row["days_at_load_asked"] == pytest.approx((full + hours) / 24) == answer["days_by_load"][0]["at_90"]
    assert [row["times_from"] for row in answer["lots"]] == ["assumed"]
    assert "Times of lots of 1 of 1 run are assumed to vary by a coefficient of 0.5." in answer["notes"]


def test_days_rise_with_load_and_with_what_varies(tmp_path: Path) -> None:
    answer = told(tmp_path)
    days = [answer["days_by_load"][0][f"at_{load}"] for load in (30, 50, 60, 70, 80, 85, 90, 95)]
    assert days == sorted(days)
    smooth = told(tmp_path, arrivals=0.0, times=0.0, repair=0.0)["days_by_load"][0]
    assert smooth["at_95"] < days[-1]


def test_a_cell_that_gets_too_much_has_no_mean(tmp_path: Path) -> None:
    answer = told(tmp_path, capacity="300", cell={"shifts": "1"}, week="2027-W01")
    (row,) = answer["rows"]
    assert row["cell_load"] > 1
    assert (row["cycle_days"], row["wip_lots"], row["x_factor"]) == (None, None, None)
    assert answer["said"].startswith("1 cell of 1 cannot do what comes: before T1, ")
    assert "class" in days_over_load(answer["days_by_load"], "alt"), "its line is drawn, without a dot"


def test_a_cell_that_gets_nothing_is_told_without_days(tmp_path: Path) -> None:
    answer = told(tmp_path, week="2027-W02")
    assert answer["said"] == "No cell gets anything in this plan."
    assert answer["rows"][0]["cell_load"] == 0.0


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"load": 1.0}, "A load of 1 has no mean time"),
        ({"lot": 0.0}, "A lot of 0 pieces is none"),
        ({"times": -0.1}, "are 0 or more"),
        ({"week": "2029-W01"}, "The plan has no week 2029-W01: it goes from "),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, how: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        told(tmp_path, **how)


def test_the_command_says_the_same_of_files_and_of_a_workspace(tmp_path: Path) -> None:
    sheets = write_book(chips(), tmp_path / "chain")
    of_files = CliRunner().invoke(app, ["expand", "flow", str(sheets), "--lot", "500", "--json"])
    assert of_files.exit_code == 0, of_files.output
    with house_in(tmp_path) as house:
        house.chain_import([sheets])
        house.plan()
        answer = house.expand_flow(lot=500.0, out=tmp_path / "out")
    assert json.loads(of_files.stdout)["rows"] == answer["rows"]
    page = (tmp_path / "out" / "answer.html").read_text("utf-8")
    assert "Days of a lot over the load of its cell" in page
    assert {"answer.pdf", "rows.csv", "days_by_load.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}


@pytest.fixture(scope="module")
def lots(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A workspace with a dozen lots, and a sort cell for them."""
    folder = tmp_path_factory.mktemp("lots")
    rows = measured_book()
    sort = CELL | {"kind": "sort"}
    rows["cells"], rows["cell_runs"] = [sort], [RUN | {"route": "SORT"}]
    with house_in(folder) as house:
        house.ingest([small_lot(folder, seed) for seed in range(1, 13)], workers="inline")
        with house.store.catalogue.writing() as session:
            for run in session.query(Run).all():
                later = timedelta(hours=7 * (run.lot_id or 0) ** 1.5)
                assert run.start is not None
                assert run.finish is not None
                run.start, run.finish = run.start + later, run.finish + later
        house.chain_import([write_book(rows, folder / "chain")])
        house.plan()
        yield house


def spread(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1)) / mean


def test_lots_that_testers_wrote_take_the_place_of_what_is_assumed(lots: Any) -> None:
    (row,) = lots.expand_flow()["lots"]
    by_lot: dict[int | None, list[tuple[datetime, float, int]]] = {}
    with lots.store.catalogue.reading() as session:
        for run in session.query(Run).all():
            assert run.start is not None
            assert run.finish is not None
            took = (run.finish - run.start).total_seconds()
            by_lot.setdefault(run.lot_id, []).append((run.start, took, run.final_tested))
    hours = [sum(took for _, took, _ in runs) for runs in by_lot.values()]
    starts = sorted(min(start for start, _, _ in runs).timestamp() for runs in by_lot.values())
    pieces = [sum(units for _, _, units in runs) for runs in by_lot.values()]
    assert row["measured_lots"] == 12
    assert (row["pieces_from"], row["times_from"], row["hours_from"]) == ("measured", "wall clock", "measured")
    assert row["pieces_a_lot"] == pytest.approx(sum(pieces) / 12)
    assert row["time_cv"] == pytest.approx(spread(hours))
    apart = [after - before for before, after in pairwise(starts)]
    assert row["arrivals_from"] == "starts of lots"
    assert row["arrival_cv"] == pytest.approx(spread(apart))


def test_where_no_clock_tells_the_touchdowns_do(lots: Any) -> None:
    by_clock = lots.expand_flow()["lots"][0]
    with lots.store.catalogue.writing() as session:
        finishes = {run.id: run.finish for run in session.query(Run).all()}
        for run in session.query(Run).all():
            run.finish = run.start - timedelta(seconds=1)
    try:
        by_touchdowns = lots.expand_flow()["lots"][0]
    finally:
        with lots.store.catalogue.writing() as session:
            for run in session.query(Run).all():
                run.finish = finishes[run.id]
    assert by_touchdowns["times_from"] == "touchdowns"
    assert by_touchdowns["time_cv"] != by_clock["time_cv"]


def test_too_few_lots_tell_no_spread_and_several_insertions_add_up() -> None:
    few = variation([500] * 9, [1.0, 2.0, 3.0] * 3, [float(week) for week in range(9)], "wall clock")
    assert (few.pieces, few.hours, few.time_cv, few.arrival_cv) == (500.0, 2.0, None, None)
    one = variation([500] * 12, [1.0, 3.0] * 6, [float(week) for week in range(12)], "wall clock")
    assert one.arrival_cv == pytest.approx(0.0)
    both = together([one, one])
    assert one.time_cv is not None
    assert both.hours == 4.0
    assert both.time_cv == pytest.approx(one.time_cv / math.sqrt(2))
