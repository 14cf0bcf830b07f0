"""Single sources, concentration and indicators of a small chain, against plain arithmetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.stress.small_chains import ABLE, WEEKS, chain_folder, small_chain, week
from typer.testing import CliRunner

import corecar
from corecar.bridge.stress.strength import concentration_of, indicators_of
from corecar.cli.app import app
from corecar.errors import ArgumentError, NotFound
from corecar.formats.chain import write_chain
from corecar.network.from_chain import network_of
from corecar.stress.concentration import needs


def test_single_sources_and_squared_shares() -> None:
    rows = {(row["product"], row["stage"]): row for row in concentration_of(small_chain())["rows"]}
    assert rows["MCU", "wafer"]["single"]
    assert rows["MCU", "wafer"]["hhi"] == 1
    shares = [ABLE[site] / (ABLE["FAB-1"] + ABLE["FAB-2"]) for site in ("FAB-1", "FAB-2")]
    assert rows["PMIC", "wafer"]["hhi"] == pytest.approx(sum(share**2 for share in shares))
    assert rows["PMIC", "wafer"]["sites"] == ["FAB-1", "FAB-2"]
    assert sum(row["single"] for row in rows.values()) == 3


def test_needs_are_those_of_full_supply() -> None:
    network = network_of(small_chain())
    found = dict(zip(network.items.names, needs(network, network.demands.wanted.mean(axis=1)).tolist(), strict=True))
    assert found["ECU after module-assembly"] == pytest.approx(1800)
    assert found["PMIC after packaging"] == pytest.approx(3600)
    assert found["PMIC after wafer"] == pytest.approx(3600 / 0.99)
    assert found["MCU after wafer"] == pytest.approx(900 / 0.99 + 900 / 0.98)


def test_indicators_follow_what_lies_and_what_is_made() -> None:
    """The fabs make enough, the house of packaging too little of one chip once its stock is gone."""
    answer = indicators_of(
        small_chain(), local=["South"], target=["coverage=0.9", "single_source_share=0.9"], stops=True
    )
    first, second = answer["rows"]
    assert first["coverage"] == pytest.approx(1.0)
    assert 0 < second["coverage"] <= 1
    assert first["exposure"] >= 0
    assert second["exposure"] > first["exposure"]
    assert 0 < first["local_share"] < 1
    held = {row["indicator"]: row for row in answer["targets"]}
    assert held["coverage"]["met"] == (second["coverage"] >= 0.9)
    assert held["single_source_share"]["met"]


def test_wrong_names_of_indicators_and_places_are_told() -> None:
    with pytest.raises(ArgumentError, match=r'"coverag".*coverage'):
        indicators_of(small_chain(), target=["coverag=1"])
    with pytest.raises(ArgumentError, match=r'"Soth".*South'):
        indicators_of(small_chain(), local=["Soth"])
    with pytest.raises(ArgumentError, match="NAME=VALUE"):
        indicators_of(small_chain(), target=["coverage"])


def test_the_commands_answer_for_files(tmp_path: Path) -> None:
    folder = str(chain_folder(tmp_path))
    for words in (["concentration", folder, "--json"], ["indicators", folder, "--step", "8", "--json"]):
        shown = CliRunner().invoke(app, words)
        assert shown.exit_code == 0, shown.output
        assert json.loads(shown.output)["rows"]


def test_a_workspace_answers_what_its_files_do(tmp_path: Path) -> None:
    folder, house = str(chain_folder(tmp_path)), str(tmp_path / "house")
    for words in (["init", house], ["chain", "import", folder, "-w", house]):
        assert CliRunner().invoke(app, words).exit_code == 0
    for name in ("stress", "concentration", "indicators"):
        of_files, of_house = (CliRunner().invoke(app, [name, *where, "--json"]) for where in ([folder], ["-w", house]))
        assert of_house.exit_code == 0, of_house.output
        assert json.loads(of_house.output)["rows"] == json.loads(of_files.output)["rows"]


def _asked(house: str, *words: str) -> dict[str, Any]:
    shown = CliRunner().invoke(app, ["indicators", "-w", house, *words, "--json"])
    assert shown.exit_code == 0, shown.output
    found: dict[str, Any] = json.loads(shown.output)
    return found


def test_indicators_over_imports_are_those_of_each_saved_state(tmp_path: Path) -> None:
    folder, house = chain_folder(tmp_path), str(tmp_path / "house")
    less = tmp_path / "less"
    capacity = [
        {"group": f"{site}-LINE", "week": week(number), "actual": able / 2, "maximum": able / 2}
        for site, able in ABLE.items()
        for number in range(WEEKS)
    ]
    write_chain(small_chain(capacity=capacity), less)
    for words in (["init", house], ["chain", "import", str(folder), "-w", house]):
        assert CliRunner().invoke(app, words).exit_code == 0
    assert CliRunner().invoke(app, ["plan", "-w", house]).exit_code == 0
    assert CliRunner().invoke(app, ["chain", "import", str(less / "capacity.csv"), "-w", house]).exit_code == 0
    assert CliRunner().invoke(app, ["plan", "-w", house]).exit_code == 0
    target = ["--target", "coverage=0.97"]
    for over in ("imports", "plans"):
        answer = _asked(house, "--over", over, *target)
        for row, chain in zip(answer["rows"], (small_chain(), small_chain(capacity=capacity)), strict=True):
            (whole,) = indicators_of(chain, step=WEEKS)["rows"]
            for name in ("coverage", "single_source_share", "value"):
                assert row[name] == pytest.approx(whole[name], rel=1e-9)
        (held,) = answer["targets"]
        assert held["now"] == answer["rows"][1]["coverage"] < 0.97 <= answer["rows"][0]["coverage"]
        assert not held["met_now"]
    assert [row["state"] for row in answer["rows"]] == ["plan 1", "plan 2"]
    assert answer["rows"][1]["plan_fill"] < answer["rows"][0]["plan_fill"]
    (only,) = _asked(house, "--over", "imports", "--last", "1")["rows"]
    assert only["state"] == "import 2"


def test_a_state_without_demand_is_left_out_of_the_history_and_named(tmp_path: Path) -> None:
    folder, house = chain_folder(tmp_path), str(tmp_path / "house")
    first = [str(folder / f"{name}.csv") for name in ("parties", "sites", "products")]
    for words in (["init", house], ["chain", "import", *first, "-w", house]):
        assert CliRunner().invoke(app, words).exit_code == 0
    nothing = CliRunner().invoke(app, ["indicators", "-w", house, "--over", "plans"])
    assert nothing.exit_code != 0
    assert "corecar plan" in str(nothing.output) + str(nothing.exception)
    assert CliRunner().invoke(app, ["chain", "import", str(folder), "-w", house]).exit_code == 0
    answer = _asked(house, "--over", "imports")
    assert [row["state"] for row in answer["rows"]] == ["import 2"]
    assert any("import 1 is left out" in note for note in answer["notes"])


def test_tables_of_others_count_from_the_day_on_which_they_were_shared(tmp_path: Path) -> None:
    folder, house = chain_folder(tmp_path), str(tmp_path / "house")
    with corecar.init(house, owner="Demo House") as own:
        own.parties_add("Demo Cars", kind="carmaker")
        own.people_add("ann", role="engineer", party="Demo Cars")
        own.chain_import([str(folder)])
        with corecar.open(house, actor="ann") as ann, pytest.raises(NotFound, match="imports"):
            ann.indicators(over="imports")
        for name in ("parties", "sites", "products", "bills", "groups", "routes", "capacity", "demand", "stock"):
            own.chain_share(name, "Demo Cars")
    with corecar.open(house, actor="ann") as ann:
        (row,) = ann.indicators(over="imports")["rows"]
    assert row["state"] == "now"
    assert row["coverage"] == pytest.approx(indicators_of(small_chain(), step=WEEKS)["rows"][0]["coverage"])


def test_windows_are_told_as_long_as_they_are_and_those_without_demand_are_counted() -> None:
    """26 weeks: in tens the last window has 6; a step beyond the horizon makes one window of 26; two weeks of three."""
    said = [indicators_of(small_chain(), step=step)["said"] for step in (13, 10, 60)]
    assert said == [
        "2 windows of 13 weeks.",
        "3 windows: 2 of 10 weeks and the last, where the horizon ends, of 6.",
        "1 window of 26 weeks.",
    ]
    demand = [{"product": "CAR-A", "week": week(number), "quantity": 10.0} for number in (0, 25)]
    assert [row["from"] for row in indicators_of(small_chain(), step=13)["rows"]] == ["2027-W01", "2027-W14"]
    answer = indicators_of(small_chain(demand=demand), step=10)
    assert [row["weeks"] for row in answer["rows"]] == [10, 6]
    assert any(note.startswith("1 window in which nothing is demanded is left out") for note in answer["notes"])


def test_a_target_reads_in_the_form_of_its_indicator(tmp_path: Path) -> None:
    targets = ("single_source_share=33.2215%", "coverage=0.95", "value=2000000")
    words = [word for target in targets for word in ("--target", target)]
    shown = CliRunner().invoke(app, ["indicators", str(chain_folder(tmp_path)), *words])
    assert shown.exit_code == 0, shown.output
    told = {line.split()[0]: line.split()[1:4] for line in shown.output.splitlines() if line.split()[3:]}
    assert told["single_source_share"][:2] == ["33.2%", "less"]
    assert told["single_source_share"][2].endswith("%")
    assert told["coverage"][:2] == ["95.0%", "more"]
    assert told["value"][0] == "2,000,000"
    assert indicators_of(small_chain(), target=targets)["targets"][0]["target"] == pytest.approx(0.332215)
    with pytest.raises(ArgumentError, match="coverage=95%"):
        indicators_of(small_chain(), target=["coverage=much%"])
