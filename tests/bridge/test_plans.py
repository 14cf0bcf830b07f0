"""Plans of a small chain that can be counted by hand: from files, kept in a workspace, compared, shared, written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.bridge.houses import house_in
from tests.chain.books import Book, small_book, write_book

import corecar
from corecar.bridge.plan.summary import nearness
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, Cancelled, NotFound, SourceMissing
from corecar.plan.tables import PLAN_TABLES


def book() -> Book:
    """2,100 cars of two chips each over two weeks; 3,000 chips lie there, so 1,500 cars can be made."""
    made = small_book()
    made["stock"] = [{"product": "MCU", "site": "OSAT-1", "quantity": "3000"}]
    del made["wip"]
    return made


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    return write_book(book(), tmp_path / "chain")


@pytest.fixture
def house(tmp_path: Path, sheets: Path) -> Any:
    with house_in(tmp_path) as made:
        made.chain_import([sheets])
        yield made


def test_a_plan_of_files_tells_what_can_be_counted_by_hand(sheets: Path) -> None:
    made = corecar.plan_chain(sheets)
    answer = made.answer
    assert answer["said"] == (
        "1,500 of 2,100 vehicles (71.4%) can be supplied from 2027-W01 to 2027-W02, 71.4% on time; "
        "600 vehicles short, worth 12,000,000 EUR."
    )
    (row,) = answer["rows"]
    assert (row["demand"], row["wanted"], row["supplied"], row["short"]) == ("CAR", 2100, 1500, 600)
    assert answer["facts"]["value"] == "30,000,000 EUR"
    assert made.planned.plan.gap == 0
    assert {name: table.column_names for name, table in made.tables.items()} == {
        name: [column.name for column in columns] for name, columns in PLAN_TABLES.items()
    }


def test_what_was_left_out_is_told_with_its_reason(tmp_path: Path) -> None:
    rows = book()
    rows["wip"] = [{"lot": "L2", "product": "MCU", "quantity": "9000", "state": "held", "week": "2027-W01"}]
    rows["routes"][1]["ppap"] = "rejected"
    answer = corecar.plan_chain(write_book(rows, tmp_path / "held")).answer
    assert {(row["reason"], row["such_as"]) for row in answer["left_out"]} == {
        ("it is held", "lot L2"),
        ("its production part approval is rejected", "route MCU-T"),
    }


def test_a_promise_that_cannot_be_kept_is_told_by_clause_and_week(tmp_path: Path) -> None:
    rows = book()
    rows["demand"][0]["committed"], rows["demand"][1]["committed"] = "900", "1100"
    made = corecar.plan_chain(write_book(rows, tmp_path / "promised"))
    answer = made.answer
    assert answer["floors"] == [
        {"clause": "CAR committed for 2027-W02", "from_week": "2027-W01", "until_week": "2027-W02", "promised": 2000,
         "missing": 500, "unit": "piece"}
    ]  # fmt: skip
    (need,) = made.needs()["rows"]
    assert (need["committed"], need["unkept"], need["broken"]) == (2000, 500, 500)
    assert answer["facts"]["promises_broken"] == 1


def test_a_folder_holds_tables_workbook_page_and_paper_and_its_summary_last(sheets: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = corecar.plan_chain(sheets, out=out)
    content = json.loads((out / "summary.json").read_text("utf-8"))
    assert content["said"] == made.answer["said"]
    assert sorted(path.name for path in out.iterdir()) == content["written"]
    assert pq.read_table(out / "supply.parquet").to_pylist() == made.tables["supply"].to_pylist()
    with (out / "supply.csv").open(encoding="utf-8", newline="") as stream:
        assert sum(float(row["supplied"]) for row in csv.DictReader(stream)) == pytest.approx(1500)
    page = (out / "plan.html").read_text("utf-8")
    assert "1,500 of 2,100 vehicles" in page
    assert 'class="light-' in page
    assert (out / "plan.pdf").read_bytes().startswith(b"%PDF")
    from openpyxl import load_workbook

    book_ = load_workbook(out / "plan.xlsx", read_only=True)
    assert "Lights by week" in book_.sheetnames
    supplied = [[cell.value for cell in row] for row in book_["Supplied by week"].iter_rows()]
    assert supplied[0] == ["demand", "2027-W01", "2027-W02"]
    assert sum(supplied[1][1:]) == pytest.approx(1500)


def test_a_plan_is_kept_with_the_versions_of_its_tables_and_the_same_one_once(house: Workspace) -> None:
    first = house.plan(note="for the meeting")
    assert first["plan"] == 1
    assert house.plan()["plan"] == 1
    shown = house.plan_show(1)
    assert shown["said"] == first["said"]
    assert {row["version"] for row in shown["inputs"]} == {1}
    assert shown["options"]["rule"] == "max_min_fill"
    (row,) = house.plan_list()["rows"]
    assert (row["plan"], row["supplied"], row["short"], row["note"]) == (1, 1500, 600, "for the meeting")


def test_a_later_plan_says_what_it_changes_and_what_that_is_worth(house: Workspace, tmp_path: Path) -> None:
    house.plan()
    stock = {"stock": [{"product": "MCU", "site": "OSAT-1", "quantity": "3400"}]}
    house.chain_import([write_book(stock, tmp_path / "more")])
    later = house.plan(rule="cost")
    assert later["plan"] == 2
    assert "Against plan 1: +200 vehicles supplied, +4,000,000 EUR, 1 of the demands changed." in later["notes"]
    compared = house.plan_compare(1, 2)
    assert compared["rows"][0] | {"supplied_before": 1500, "supplied_now": 1700, "gain": 4000000} == compared["rows"][0]
    assert compared["inputs"] == [
        {"table": "stock", "owner": compared["inputs"][0]["owner"], "version_before": 1, "version_now": 2}
    ]
    assert compared["options"] == [{"option": "rule", "before": "max_min_fill", "now": "cost"}]
    assert house.plan_compare(2, 2)["said"] == "Against plan 2 nothing changes in what is supplied."


def test_a_try_keeps_nothing(house: Workspace) -> None:
    assert house.plan(try_only=True)["plan"] is None
    assert house.plan_list()["rows"] == []


def test_a_plan_is_seen_by_its_owner_and_by_whom_it_is_shared_with(house: Workspace, tmp_path: Path) -> None:
    house.plan()
    house.parties_add("Demo Cars", kind="carmaker")
    house.people_add("ann", role="administrator")
    house.people_add("bob", role="reader", party="Demo Cars")
    owner, other = (corecar.open(tmp_path / "house", actor=name) for name in ("ann", "bob"))
    with owner, other:
        assert other.plan_list()["rows"] == []
        with pytest.raises(NotFound, match="there is no plan 1"):
            other.plan_show(1)
        owner.plan_share(1, "Demo Cars")
        assert other.plan_show(1)["rows"][0]["short"] == 600
        assert owner.plan_list()["rows"][0]["shared_with"] == ["Demo Cars"]
        owner.plan_unshare(1, "Demo Cars")
        assert other.plan_list()["rows"] == []
        with pytest.raises(NotFound, match="is not shared with"):
            owner.plan_unshare(1, "Demo Cars")


def test_upkeep_knows_the_files_of_plans(house: Workspace, tmp_path: Path) -> None:
    house.plan()
    assert house.vacuum()["files"] == 0
    assert house.verify()["sound"]
    house.backup(tmp_path / "copy.zip")
    key = next((tmp_path / "house" / "lake" / "plans").rglob("*.parquet"))
    key.write_bytes(key.read_bytes()[:-9])
    assert not house.verify()["sound"]


def test_a_plan_without_a_chain_or_with_words_that_are_none_is_refused(tmp_path: Path, sheets: Path) -> None:
    with house_in(tmp_path) as empty, pytest.raises(ArgumentError, match="the chain is empty"):
        empty.plan()
    with pytest.raises(ArgumentError, match='"2027W5x" is no ISO week'):
        corecar.plan_chain(sheets, first_week="2027W5x")
    with pytest.raises(ArgumentError, match="weeks=0"):
        corecar.plan_chain(sheets, weeks=0)
    with pytest.raises(ArgumentError, match="no chain was named"):
        corecar.plan_chain()


def test_a_plan_that_is_stopped_keeps_nothing_and_writes_nothing(sheets: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        corecar.plan_chain(sheets, out=tmp_path / "out", stop=lambda: True)
    assert not (tmp_path / "out").exists()


def test_a_static_plan_says_that_it_is_one(sheets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the weekly model finds no time, in the sentence, the notes and the folder."""
    from corecar.errors import SolverError
    from corecar.plan import steering

    def late(*_: object, **__: object) -> None:
        raise SolverError("late")

    monkeypatch.setattr(steering, "solve", late)
    made = corecar.plan_chain(sheets, out=tmp_path / "out")
    assert made.figures["kind"] == "static"
    assert "so this is the static plan" in made.answer["notes"][0]
    assert "on time" not in made.answer["said"]
    assert made.tables["supply"]["week"].to_pylist() == ["2027-W01 to 2027-W02"]


def test_what_is_called_off_reaches_the_plan_from_a_sheet(tmp_path: Path) -> None:
    rows = book()
    rows["demand"][1]["called_off"] = "1600"
    made = corecar.plan_chain(write_book(rows, tmp_path / "chain"))
    supplied = {row["week"]: row["supplied"] for row in made.tables["supply"].to_pylist()}
    assert supplied == pytest.approx({"2027-W01": 400, "2027-W02": 1100})  # no more than is asked for is promised
    assert made.answer["facts"]["promises_broken"] == 0


def one_line(committed: str) -> Book:
    """60 cars a week can be put together, 100 are wanted in the first of two weeks."""
    demand = [{"product": "CAR", "customer": "CARS", "week": "2027-W01", "quantity": "100", "committed": committed},
              {"product": "CAR", "customer": "CARS", "week": "2027-W02", "quantity": "0"}]  # fmt: skip
    route = {"route": "C", "product": "CAR", "stage": "vehicle-assembly", "site": "P1", "group": "LINE",
             "lead_weeks": "0", "ppap": "approved"}  # fmt: skip
    return {
        "parties": [{"party": "CARS", "name": "Demo Cars", "kind": "carmaker"}],
        "sites": [{"site": "P1", "party": "CARS", "place": "Demo Town"}],
        "products": [{"product": "CAR", "kind": "vehicle-program", "value": "1000", "currency": "EUR"}],
        "groups": [{"group": "LINE", "site": "P1", "unit": "piece"}],
        "routes": [route],
        "capacity": [{"group": "LINE", "week": week, "actual": "60"} for week in ("2027-W01", "2027-W02")],
        "demand": demand,
    }


def test_a_promise_that_comes_late_is_broken_and_yet_kept_in_the_end(tmp_path: Path) -> None:
    answer = corecar.plan_chain(write_book(one_line("90"), tmp_path / "late")).needs()
    (need,) = answer["rows"]
    assert (need["committed"], need["planned"], need["unkept"], need["broken"]) == (90, 100, 0, 30)
    assert any(note.startswith("Unkept: ") for note in answer["notes"])
    plain = corecar.plan_chain(write_book(one_line(""), tmp_path / "plain")).needs()
    assert plain["rows"][0]["broken"] is None
    assert not any(note.startswith("Unkept: ") for note in plain["notes"])


def two_routes(tmp_path: Path, capacity: str = "100") -> Path:
    """The chip is tested on either of two routes, the second one dearer."""
    rows = book()
    rows["routes"].append({**rows["routes"][1], "route": "MCU-T2", "cost": "5", "currency": "EUR"})
    rows["stock"][0]["stage"] = "wafer"
    return write_book(rows, tmp_path / capacity)


def test_frozen_weeks_keep_the_starts_of_an_earlier_plan(tmp_path: Path) -> None:
    sheets = two_routes(tmp_path)
    first = corecar.plan_chain(sheets, out=tmp_path / "first")
    starts = first.tables["starts"]
    moved = starts.set_column(
        starts.column_names.index("route"), "route", pa.array(["MCU-T2" if one == "MCU-T" else one
                                                               for one in starts["route"].to_pylist()])
    )  # fmt: skip
    assert "MCU-T" in starts["route"].to_pylist()
    pq.write_table(moved, tmp_path / "first" / "starts.parquet")
    again = corecar.plan_chain(sheets, freeze=1, as_plan=tmp_path / "first")
    rows = [(row["route"], row["week"]) for row in again.tables["starts"].to_pylist() if row["product"] == "MCU"]
    assert ("MCU-T2", "2027-W01") in rows
    assert ("MCU-T2", "2027-W02") not in rows
    assert again.answer["facts"]["promises_broken"] == 0
    with pytest.raises(ArgumentError, match="name its folder"):
        corecar.plan_chain(sheets, freeze=1)
    with pytest.raises(SourceMissing, match="is no part of a plan"):
        corecar.plan_chain(sheets, freeze=1, as_plan=tmp_path)
    with pytest.raises(ArgumentError, match="no week of it is frozen"):
        corecar.plan_chain(sheets, as_plan=tmp_path / "first")


def test_a_kept_plan_with_frozen_weeks_is_asked_as_it_was_made(house: Workspace) -> None:
    with pytest.raises(NotFound, match="no plan was made yet whose weeks"):
        house.plan(freeze=1)
    first = house.plan()["plan"]
    assert house.plan(freeze=1)["facts"]["promises_broken"] == 0
    assert house.plan_show(2)["options"]["as_plan"] == first
    assert house.plan_whatif(scenarios=["demand * +10%"], plan=2)["rows"]


def test_a_policy_beyond_the_weeks_of_a_plan_is_left_out_and_told(tmp_path: Path, house: Workspace) -> None:
    grant = '[[policy]]\nlever = "capex-share"\nname = "{}"\ngroup = "OSAT-1"\nunits = 5\ncapex = 10\nshare = 0.3\n{}\n'
    both, late = tmp_path / "both.toml", tmp_path / "late.toml"
    late.write_text(grant.format("late", 'from = "2027-W30"'), encoding="utf-8")
    both.write_text(grant.format("now", "") + late.read_text(encoding="utf-8"), encoding="utf-8")
    house.plan()
    told = house.plan_policy(file=both)
    assert [row["plan"] for row in told["rows"]] == ["without", "now"]
    assert any("none of their weeks lies in the plan: late." in note for note in told["notes"])
    with pytest.raises(ArgumentError, match="no policy holds in the weeks of the plan: late"):
        house.plan_policy(file=late)


def test_a_search_that_is_stopped_gives_the_best_plan_so_far_with_its_bound_and_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    made = corecar.plan_chain(
        corecar.simulate_chain("small"), weeks=24, rule="cost", method="first-order", gap=0.0, tell=told.append,
        stop=lambda: sum(", gap " in words for words in told) > 2, out=tmp_path / "out",
    )  # fmt: skip
    figures = made.figures
    assert figures["ended"] == "stopped"
    assert figures["objective"] > figures["bound"] > 0
    assert [gap for *_, gap in figures["closing"]] == [step.gap for step in made.planned.plan.history]
    assert made.answer["notes"][0].startswith("The search was stopped as asked before the gap of 0.00% was reached.")
    page = (tmp_path / "out" / "plan.html").read_text("utf-8")
    assert "How near to the best plan" in page
    assert f"n = {len(figures['closing'])} looks" in page


def test_weeks_that_are_kept_of_a_plan_with_other_options_say_which(house: Workspace) -> None:
    house.plan(rule="cost", limit="actual")
    (told,) = [note for note in house.plan(freeze=1)["notes"] if "other options" in note]
    assert told == (
        "Plan 1, whose first weeks are kept, was made with other options: rule cost instead of max_min_fill, "
        "limit actual instead of maximum."
    )
    assert not [note for note in house.plan(freeze=1, as_plan=2)["notes"] if "other options" in note]


@pytest.mark.parametrize(
    ("gap", "cost", "told"),
    [
        (0.0, 5.0, "no plan is better"),
        (1.0, 1e-9, "nothing in it costs anything"),
        (0.01, 5e6, "at most 1.00% from the best"),
        (1.0, None, "at most 100.00% from the best"),
    ],
)
def test_a_plan_that_costs_nothing_is_not_a_hundred_percent_from_the_best(gap: float, cost: float, told: str) -> None:
    assert nearness(gap, cost) == told
