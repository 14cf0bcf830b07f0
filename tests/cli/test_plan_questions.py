"""`corecar plan explain, whatif, policy, needs, alerts` on a simulated province: of files, and of a kept plan."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import corecar
from corecar.bridge.plan.kept_questions import plan_explain
from corecar.bridge.registry import parameters_of
from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES
from corecar.cli.app import app
from corecar.plan.policies import KINDS, WHO
from corecar.plan.tabled_policies import policies_in

WEEKS = ("--weeks", "6", "--limit", "actual")
POLICY = """policy,lever,who,from_week,units,capex,share,products,stage,class
grant,capex-share,CARS01-1-vehicle-assembly,2027-W02,200,900000,0.3,,,
local,local-share,OSAT03-1,,,,0.5,CHIP0001,test,
first,priority,CARS01,,,,,,,1
"""


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "120"})


def answer_of(*words: str) -> Any:
    shown = run(*words, "--json")
    assert shown.exit_code == 0, shown.stderr
    return json.loads(shown.stdout)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain") / "province"
    assert run("simulate", "chain", "--size", "small", "--out", str(folder)).exit_code == 0
    (folder / "policies.csv").write_text(POLICY, "utf-8")
    return folder


@pytest.fixture(scope="module")
def house(province: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("kept") / "house")
    for words in (("init", folder), ("chain", "import", str(province), "-w", folder), ("plan", "-w", folder, *WEEKS)):
        assert run(*words).exit_code == 0
    return folder


def test_the_same_question_to_files_and_to_a_kept_plan_has_the_same_answer(province: Path, house: str) -> None:
    of_files = answer_of("plan", "explain", "CAR001", str(province), *WEEKS)
    kept = answer_of("plan", "explain", "CAR001", "-w", house)
    assert of_files["said"].startswith("CAR001 is ")
    assert kept["notes"].pop() == "This is about plan 1."
    assert kept == of_files
    assert {row["reason"] for row in kept["rows"]} >= {"the capacity group is full"}


def test_files_are_asked_about_by_every_option_that_a_plan_is_made_with(province: Path, house: str) -> None:
    how = ("--rule", "cost", "--method", "simplex", "--gap", "0", "--time-limit", "60", "--over", "week", "--exact")
    words = ("plan", "shortages", str(province), "--weeks", "3", "--limit", "actual")
    assert answer_of(*words, *how)["said"] == answer_of(*words, "--rule", "cost")["said"]
    assert 'there is no method "simplx"' in run(*words, "--method", "simplx").stderr
    for option in (("--gap", "0"), ("--exact",), ("--over", "week")):
        assert "is for the chain of files" in run("plan", "needs", "-w", house, *option).stderr


def test_what_would_help_was_planned_again(province: Path) -> None:
    made = corecar.plan_chain(province, weeks=6, limit="actual")
    found = made.explain("CAR005", "2027-W02", costs=["CARS04-1-vehicle-assembly=5000"])
    (point, *_) = found["blocking_points"]
    assert (point["name"], point["price"]) == ("CARS04-1-vehicle-assembly", pytest.approx(1.0))
    more = next(row for row in found["remedies"] if row["remedy"].startswith("capacity CARS04-1"))
    assert more["in_time"] == pytest.approx(found["details"]["short"], abs=1)
    assert more["cost"] == pytest.approx(5000 * more["extra"], rel=1e-3)
    again = made.what_if(more["remedy"])
    assert again["rows"][1]["on_time"] > again["rows"][0]["on_time"]


def test_scenarios_stand_side_by_side_with_the_plan_as_it_is(province: Path, tmp_path: Path) -> None:
    words = ("--if", "demand * +20%", "--if", "stop: site OSAT03-1 down 2027-W02..W05; demand CAR001 -5%")
    out = tmp_path / "out"
    found = answer_of("plan", "whatif", str(province), *WEEKS, *words, "--out", str(out))
    base, more, stop = found["rows"]
    assert [row["scenario"] for row in found["rows"]] == ["as it is", "demand * +20%", "stop"]
    assert more["wanted"] == pytest.approx(1.2 * base["wanted"], abs=1)
    assert stop["supplied_change"] == pytest.approx(stop["supplied"] - base["supplied"], abs=1)
    assert stop["supplied"] < base["supplied"]
    page = (out / "answer.html").read_text("utf-8")
    assert 'class="in-time"' in page
    assert "demand * +20%" in page
    assert {path.name for path in out.iterdir()} == {
        "answer.html", "answer.pdf", "rows.csv", "demands.csv", "groups.csv", "summary.json",
    }  # fmt: skip


def test_a_change_that_is_none_says_what_one_looks_like(province: Path, house: str) -> None:
    for words in ((str(province), *WEEKS), ("-w", house)):
        shown = run("plan", "whatif", *words, "--if", "demend * +20%")
        assert (shown.exit_code, "is no change" in shown.stderr) == (2, True)
    assert "no scenario was given" in run("plan", "whatif", "-w", house).stderr


def test_policies_are_facts_of_the_chain_each_shown_alone_and_all_together(province: Path, house: str) -> None:
    kept = answer_of("plan", "policy", "-w", house)
    assert [row["plan"] for row in kept["rows"]] == ["without", "first", "grant", "local", "all together"]
    costs = {row["plan"]: row["public_cost"] for row in kept["rows"]}
    assert costs == {"without": 0, "first": 0, "grant": 270_000, "local": 0, "all together": 270_000}
    assert any("only under the rule priority" in note for note in kept["notes"])
    assert {row["lever"] for row in kept["policies"]} == {"capex-share", "local-share", "priority"}
    by_class = answer_of("plan", "policy", str(province), *WEEKS, "--rule", "priority")
    fills = {
        row["demand"]: row["fill_now"] - row["fill_before"] for row in by_class["demands"] if row["plan"] == "first"
    }
    assert fills["CAR008"] > 0


def test_every_lever_has_a_column_of_its_own_kind() -> None:
    assert WHO.keys() == KINDS.keys()


def test_a_policy_that_leaves_out_what_its_lever_needs_is_told(province: Path, tmp_path: Path) -> None:
    path = tmp_path / "policies.csv"
    path.write_text("policy,lever,who,units\ngrant,capex-share,TEST-1,5\n", "utf-8")
    with pytest.raises(corecar.errors.ChainError, match="capex-share needs it"):
        corecar.read_chain(path)
    row = {"policy": "grant", "lever": "capex-share", "who": "TEST-1", "units": 5.0}
    unchecked = Chain({"policies": pa.Table.from_pylist([row], TABLES["policies"].schema)})
    with pytest.raises(corecar.errors.ArgumentError, match="policy grant: capex-share needs capex, share"):
        policies_in(unchecked)


def test_needs_tell_what_was_asked_for_and_what_comes(house: str) -> None:
    rows = list(csv.DictReader(io.StringIO(run("plan", "needs", "-w", house, "--csv").stdout)))
    assert len(rows) == 10
    for row in rows:
        assert float(row["planned"]) + float(row["short"]) == pytest.approx(float(row["requested"]), abs=1)
    assert rows[0]["committed"] == ""
    assert float(rows[0]["short"]) >= float(rows[-1]["short"])


def test_one_need_at_two_suppliers_is_a_question(province: Path, tmp_path: Path) -> None:
    text = (province / "demand.csv").read_text("utf-8")
    head, first, *_ = text.splitlines()
    columns = head.split(",")
    place = columns.index("supplier")
    cells = first.split(",")
    cells[place] = "TIER01"
    double = tmp_path / "double"
    double.mkdir()
    for path in province.iterdir():
        (double / path.name).write_bytes(path.read_bytes())
    (double / "demand.csv").write_text(text + ",".join(cells) + "\n", "utf-8")
    found = answer_of("plan", "needs", str(double), *WEEKS)
    (question,) = found["questions"]
    assert question["question"] == "booked at several suppliers"
    assert "TIER01" in question["reason"]


def test_demand_that_has_changed_by_a_threshold_is_told_by_sub_horizon(province: Path, tmp_path: Path) -> None:
    group = "CARS01-1-vehicle-assembly"
    for name, factor in (("before", 1.0), ("now", 1.5)):
        folder = tmp_path / name
        folder.mkdir()
        for path in province.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        rows = list(csv.DictReader(io.StringIO((folder / "demand.csv").read_text("utf-8"))))
        for row in rows:
            late = row["week"] >= "2027-W05" and row["product"] == "CAR001"
            row["quantity"] = str(float(row["quantity"]) * (factor if late else 1.0))
        with (folder / "demand.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        (folder / "links.csv").write_text(f"group,product,category\n{group},CAR001,{rows[0]['category']}\n", "utf-8")
        (folder / "alerts.csv").write_text(
            f"group,sequence,weeks,relative_up\n{group},1,4,0.2\n{group},2,8,0.4\n", "utf-8"
        )
    now, before = str(tmp_path / "now"), str(tmp_path / "before")
    found = answer_of("plan", "alerts", now, "--before", before)
    assert found["horizons"] == [{"sub_horizon": 2, "alerts": 8, "groups": 1}]
    assert {round(row["change"], 6) for row in found["rows"]} == {0.5}
    assert any(note.startswith("Not judged, since no link names it: CAR002") for note in found["notes"])
    house = str(tmp_path / "house")
    for words in (("init", house), ("chain", "import", before, "-w", house), ("chain", "import", now, "-w", house)):
        assert run(*words).exit_code == 0
    kept = answer_of("plan", "alerts", "-w", house, "--before", "1")
    assert kept["rows"] == found["rows"]
    assert "no chain in the state" in run("plan", "alerts", "-w", house).stderr


def test_nothing_that_was_not_judged_is_passed_over(province: Path, tmp_path: Path) -> None:
    bare = shutil.copytree(province, tmp_path / "bare", ignore=shutil.ignore_patterns("alerts.csv"))
    notes = answer_of("plan", "alerts", str(bare), "--before", str(bare))["notes"]
    assert any("No threshold is told, so nothing was judged" in note for note in notes)


def test_a_question_without_a_plan_and_options_at_the_wrong_place_are_told(province: Path, tmp_path: Path) -> None:
    house = str(tmp_path / "house")
    run("init", house)
    assert "no plan was made yet" in run("plan", "explain", "-w", house).stderr
    shown = run("plan", "needs", "-w", house, "--rule", "cost")
    assert (shown.exit_code, "--rule" in shown.stderr) == (2, True)
    assert "--plan" in run("plan", "needs", str(province), "--plan", "1").stderr
    assert "Did you mean" in run("plan", "explain", "CAR01", str(province), *WEEKS).stderr


def test_every_shortage_has_its_reason(province: Path) -> None:
    found = answer_of("plan", "shortages", str(province), *WEEKS)
    values = [row["value"] for row in found["rows"]]
    assert values == sorted(values, reverse=True)
    assert any("is full in" in row["reason"] for row in found["rows"])


def test_figures_of_a_plan_tell_its_times(house: str) -> None:
    facts = answer_of("plan", "show", "1", "-w", house)["facts"]
    assert facts["response"].endswith("weeks from request to delivery, of what comes")
    assert facts["cycle_time"].endswith("weeks from the first start to the delivery")


def test_the_verb_and_the_command_ask_for_the_same() -> None:
    assert [each.name for each in parameters_of(plan_explain)] == ["demand", "week", "remedies", "cost", "plan", "out"]


def rows_of(province: Path, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((province / f"{table}.csv").read_text("utf-8"))))


def test_linked_demand_is_held_against_capacity_as_the_standard_has_it(province: Path, house: str) -> None:
    weeks = [f"2027-W{number:02}" for number in range(1, 13)]
    asked: dict[tuple[str, str], float] = defaultdict(float)
    links = rows_of(province, "links")
    for row in rows_of(province, "demand"):
        for link in links:
            if (link["product"], link["category"]) == (row["product"], row["category"]):
                asked[link["group"], row["week"]] += float(link["load_factor"]) * float(row["quantity"])
    expected: Counter[tuple[str, str]] = Counter()
    for row in rows_of(province, "capacity"):
        demand = asked[row["group"], row["week"]]
        if row["week"] in weeks and demand:
            light = 0 if demand <= float(row["actual"]) else 1 if demand <= float(row["maximum"]) else 2
            expected[row["group"], ("green", "orange", "red")[light]] += 1
    found = answer_of("plan", "lights", str(province), "--weeks", "12")
    for row in found["rows"]:
        for name in ("red", "orange", "green"):
            assert row[name] == expected[row["group"], name], row
    assert sum(row["red"] for row in found["rows"]) == sum(each["light"] == "red" for each in found["weeks"]) > 0
    assert {row["group"] for row in found["rows"]} == {group for group, _ in expected}
    assert "no demand is linked to it" in found["notes"][0]
    assert answer_of("plan", "lights", "-w", house, "--weeks", "12")["rows"] == found["rows"]


def test_lights_that_cannot_be_given_are_refused_by_name(province: Path) -> None:
    assert (
        'no demand is of a customer "CAR01". Did you mean "CARS01"?'
        in run("plan", "lights", str(province), "--customer", "CAR01").stderr
    )
    assert (
        "no demand is asked for from 2029-W01 on"
        in run("plan", "lights", str(province), "--first-week", "2029-W01").stderr
    )
    told = answer_of("plan", "lights", str(province), "--customer", "CARS01", "--weeks", "2")
    assert {row["light"] for row in told["rows"]} == {"no capacity told"}
