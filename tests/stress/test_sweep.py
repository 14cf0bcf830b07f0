"""Sweeps of a small chain: what stops, how exposed it is, chance, and the same stop week by week."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.stress.small_chains import chain_folder, small_chain
from typer.testing import CliRunner

from corecar.bridge.stress.stressing import stress_chain
from corecar.cli.app import app
from corecar.errors import ArgumentError, Cancelled
from corecar.network.from_chain import network_of
from corecar.stress.chance import Chances, worst_mean, years
from corecar.stress.recheck import Weekly
from corecar.stress.scenarios import GIVEN, TEMPLATE, Recovery, Scenarios
from corecar.stress.sweep import Threads, sweep


@pytest.fixture(scope="module")
def scenarios() -> Scenarios:
    chain = small_chain()
    return Scenarios(network_of(chain), chain.sites, Recovery({"FAB-1": 30.0}))


def rows(**asked: Any) -> dict[str, dict[str, Any]]:
    return {row["stop"]: row for row in stress_chain(small_chain(), **asked)["rows"]}


def test_the_only_fab_survives_until_its_chips_run_out() -> None:
    """40 wafers of 500 at 0.98 to 0.99, 8,000 chips and 4,000 modules, of which the cars take 1,800 a week."""
    found = rows(default=20.0)["FAB-1"]
    there = 40 * 500 * 0.99 + 8000 + 4000
    assert found["tts_weeks"] == pytest.approx(there / 1800, rel=1e-6)
    lost = 20 * 1800 - there
    assert found["impact"] == pytest.approx(lost / 2 * 150_000, rel=1e-6)


def test_without_stock_the_only_source_survives_not_a_day() -> None:
    found = stress_chain(small_chain(stock=[]), default=2.0)["rows"]
    by = {row["stop"]: row for row in found}
    assert by["PLANT"]["tts_weeks"] == 0.0
    assert by["PLANT"]["impact"] > 0


def test_lead_times_beyond_the_horizon_close_no_route() -> None:
    chain = small_chain()
    network = network_of(chain, weeks=4)
    (stop,) = [
        each for each in Scenarios(network, chain.sites, Recovery({}, 3.0)).every("site") if each.name == "FAB-2"
    ]
    threads = Threads(network, workers=1)
    assert threads.first.undisturbed_at(30.0) == 0
    assert sweep(threads, [stop])[0].impact == 0


def test_a_site_that_survives_its_stop_loses_nothing_and_the_others_do() -> None:
    for row in rows(default=9.0).values():
        late = row["tts_weeks"] is not None and row["tts_weeks"] < row["ttr_weeks"]
        assert (row["impact"] > 0) == late == (not row["survives"])


def test_the_worst_stop_has_exposure_one_and_nothing_stopped_loses_nothing(scenarios: Scenarios) -> None:
    found = rows(default=20.0)
    assert max(row["exposure"] for row in found.values()) == 1.0
    (nothing,) = sweep(Threads(scenarios.network, workers=1), [scenarios.nothing()])
    assert (nothing.impact, nothing.survival) == (0.0, np.inf)


def test_times_to_recover_are_as_given_or_a_template(scenarios: Scenarios) -> None:
    source = {each.name: (each.weeks, each.source) for each in scenarios.every("site")}
    assert source["FAB-1"] == (30.0, GIVEN)
    assert source["PACK-1"] == (8.0, TEMPLATE)


def test_regions_and_parties_stop_all_their_sites(scenarios: Scenarios) -> None:
    sites = {each.name: each.sites for kind in ("region", "party") for each in scenarios.every(kind)}
    assert sites["South"] == ("FAB-2", "PACK-1")
    assert sites["DEMO-OSAT"] == ("PACK-1", "PACK-2")
    assert scenarios.joint(["South", "FAB-1"]).sites == ("FAB-1", "FAB-2", "PACK-1")
    assert {each.name for each in scenarios.every("route")} >= {"MCU-F1", "ECU-M"}


def test_a_joint_stop_loses_at_least_what_each_of_its_sites_loses() -> None:
    found = rows(default=20.0, joint=["FAB-1+PACK-2"])
    assert found["FAB-1 + PACK-2"]["impact"] >= max(found[site]["impact"] for site in ("FAB-1", "PACK-2")) - 1


def test_answers_do_not_depend_on_the_number_of_threads(scenarios: Scenarios) -> None:
    asked = [each for kind in ("site", "route", "party") for each in scenarios.every(kind)]
    one, three = (sweep(Threads(scenarios.network, workers=workers), asked) for workers in (1, 3))
    assert [(each.impact, each.survival) for each in one] == [(each.impact, each.survival) for each in three]


def test_wrong_names_and_weeks_are_told() -> None:
    with pytest.raises(ArgumentError, match=r'"FAB1".*FAB-1'):
        rows(own=["FAB1=3"])
    with pytest.raises(ArgumentError, match="SITE=WEEKS"):
        rows(own=["FAB-1"])
    with pytest.raises(ArgumentError, match="more than 0"):
        rows(default=0.0)
    with pytest.raises(ArgumentError, match=r'"Nort".*North'):
        rows(joint=["Nort+FAB-1"])
    for alone in ("FAB-1", "FAB-1 + FAB-1"):
        with pytest.raises(ArgumentError, match=r"stops alone anyway\. Write what stops together: FAB-1\+NAME"):
            rows(joint=[alone])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_stops_when_it_is_asked_to(scenarios: Scenarios, workers: int) -> None:
    def advance(done: int, total: int) -> None:
        raise Cancelled("stopped as asked.")

    with pytest.raises(Cancelled):
        sweep(Threads(scenarios.network, workers=workers), scenarios.every("site"), advance)


def test_the_mean_of_the_worst_is_the_optimum_of_its_program() -> None:
    losses = np.random.default_rng(3).exponential(size=37)
    for tail in (0.03, 0.1, 0.5, 1.0):
        best = min(eta + np.maximum(losses - eta, 0).mean() / tail for eta in losses)
        assert worst_mean(losses, tail) == pytest.approx(best)
    with pytest.raises(ArgumentError):
        worst_mean([], 0.1)


def test_drawn_years_are_repeatable_and_lose_only_when_something_stops(scenarios: Scenarios) -> None:
    threads = Threads(scenarios.network, workers=1)
    often = Chances(0.3, 0.05, 0.5, 0.05)
    one, again, other = (years(scenarios, threads, often, 40, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert all(year.impact == 0 for year in one if not year.stops)
    assert any(year.impact > 0 for year in one)


def test_week_by_week_nothing_stopped_changes_nothing_and_a_stop_never_helps(scenarios: Scenarios) -> None:
    weekly = Weekly(scenarios.network)
    calm = weekly.stop(scenarios.nothing(), 0)
    assert calm.value == 0
    assert calm.first_week is None
    for each in scenarios.every("site"):
        found = weekly.stop(each, 2)
        assert found.value >= -1
        assert np.abs(found.by_week[:2]).max() <= 1e-3 * float(scenarios.network.demands.value.max())
    assert weekly.stop(scenarios.nothing(), 0).value == 0


def test_the_command_answers_for_files_and_writes_pictures(tmp_path: Path) -> None:
    folder = chain_folder(tmp_path)
    words = ["stress", str(folder), "--recheck", "2", "--years", "20", "--out", str(tmp_path / "out"), "--json"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.output)
    assert [row["rank"] for row in answer["rows"]] == [1, 2, 3, 4, 5]
    assert len(answer["week_by_week"]) == 2
    assert answer["facts"]["horizon"] == "from 2027-W01, 26 weeks"
    assert all(row["first_short"] is None or row["first_short"].startswith("2027-W") for row in answer["week_by_week"])
    assert any("at the end of the horizon" in note for note in answer["notes"])
    assert answer["drawn_years"][0]["cvar"] >= answer["drawn_years"][0]["mean_loss"]
    drawn = {path.name for path in (tmp_path / "out").iterdir()}
    assert drawn == {"stress.json", "stress.csv", "stress-impact.svg", "stress-survival.svg"}
    assert "PLANT" in (tmp_path / "out" / "stress-impact.svg").read_text("utf-8")


def test_one_row_that_is_not_used_is_told_as_one(tmp_path: Path) -> None:
    folder = chain_folder(tmp_path)
    lot = "lot,product,quantity,route,stage,week,state\nL1,MCU,60,MCU-P1,packaging,2027-W01,held\n"
    (folder / "wip.csv").write_text(lot, "utf-8")
    shown = CliRunner().invoke(app, ["stress", str(folder), "--json"])
    assert shown.exit_code == 0, shown.output
    assert "1 row of the chain is not used: lot L1: it is held." in json.loads(shown.output)["notes"]


def test_each_count_of_an_answer_says_what_it_counts() -> None:
    """Of five sites that make something and one that does not, by site; one route of two of a part is not qualified."""
    chain = small_chain()
    laboratory = {"site": "LAB-1", "party": "DEMO-OSAT", "place": "Demo Town", "region": "West"}
    chain = small_chain(
        sites=[*chain.sites.to_pylist(), laboratory],
        routes=[row | ({"ppap": "rejected"} if row["route"] == "PMIC-F2" else {}) for row in chain.routes.to_pylist()],
    )
    answer = stress_chain(chain, default=20.0, joint=["FAB-1+PLANT"])
    found, facts = answer["rows"], answer["facts"]
    counts = [
        sum(row["impact"] > 0 for row in found),
        sum(row["impact"] == 0 and row["tts_weeks"] is not None for row in found),
        sum(row["impact"] == 0 and row["tts_weeks"] is None for row in found),
    ]
    assert sum(counts) == len(found) == 5
    assert facts["stops"].startswith(f"5: {counts[0]} with a loss by the time of recovery, {counts[1]} with one only")
    assert facts["stops"].endswith(f", {counts[2]} with none however long it takes")
    assert facts["stopped"] == (
        "4 of 6 sites, one at a time, and 1 of several together; no qualified route is there: FAB-2, LAB-1"
    )
    assert stress_chain(chain, by="party", default=9.0)["facts"]["stopped"] == "3 of 3 parties, one at a time"
    assert stress_chain(chain, by="route", default=9.0)["facts"]["stopped"] == (
        "6 of 7 routes, one at a time; not qualified in this horizon: PMIC-F2"
    )
