"""Stops week by week by the first-order method beside the exact way, and what a large network is told by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar import simulate_chain
from corecar.bridge.stress import large_recheck, stressing, week_by_week
from corecar.bridge.stress.large_recheck import WeeklyByPrices, is_large
from corecar.errors import SolverError
from corecar.network.from_chain import network_of
from corecar.stress.recheck import Weekly
from corecar.stress.scenarios import Scenario


@pytest.fixture(scope="module")
def chain() -> object:
    return simulate_chain("small")


@pytest.mark.parametrize("start", [0, 4])
@pytest.mark.parametrize("seed", [1, 3, 6])
def test_both_ways_tell_much_the_same_of_the_same_stops(seed: int, start: int) -> None:
    network = drawn_network(seed, weeks=16, tightness=1.3)
    exact, near = Weekly(network), WeeklyByPrices(network, seconds=60.0)
    closed = np.flatnonzero(network.activities.group >= 0)
    stop = Scenario("joint", "a group", closed, ("S",), 4.0, "test")
    one, other = exact.stop(stop, start), near.stop(stop, start)
    week = float(network.demands.value @ network.demands.wanted.mean(axis=1))
    assert one.by_week.max() > 0.1 * week, "the stop is felt"
    assert other.by_week.max() == pytest.approx(one.by_week.max(), rel=0.25, abs=0.25 * week)
    assert other.value == pytest.approx(one.value, rel=0.15, abs=0.3 * week)
    assert (other.by_week[:start] == 0).all()
    assert 0 <= near.gap < 1


def test_a_stop_of_a_large_network_is_told_with_its_gap(chain: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(week_by_week, "is_large", lambda network: True)
    monkeypatch.setattr(large_recheck, "FAR", math.inf)
    answer = stressing.stress_chain(chain, recheck=1, seconds=1.0)  # type: ignore[arg-type]
    assert [row["stop"] for row in answer["week_by_week"]] == [row["stop"] for row in answer["rows"][:1]]
    assert all(row["weekly_loss"] >= 0 for row in answer["week_by_week"])
    assert any("widest gap" in note for note in answer["notes"])
    assert not is_large(network_of(chain))  # type: ignore[arg-type]


def test_a_plan_that_is_nowhere_near_in_its_time_is_refused(chain: object) -> None:
    with pytest.raises(SolverError, match="--seconds"):
        WeeklyByPrices(network_of(chain), seconds=0.0)  # type: ignore[arg-type]
