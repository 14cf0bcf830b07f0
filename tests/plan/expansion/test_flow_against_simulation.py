"""Queueing formulae against a discrete-event simulation of the same cell, and against what is known exactly."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.plan.expansion.simulated_cells import SimulatedCell, simulate

from corecar.plan.expansion.queueing import waiting_hours, with_outages, with_setups

LOTS = 100_000
GENERAL = SimulatedCell(
    servers=3, apart=1.0, arrival_cv2=0.6, hours=1.7, cv2=0.3, chance=0.25, setup_hours=1.2, repair_hours=3.0,
    running_hours=27.0,
)  # fmt: skip
"""Three machines, 74 % loaded, with set-ups and outages, neither its lots nor its times by chance alone."""


def by_formula(cell: SimulatedCell) -> tuple[float, float]:
    """Load, and hours from arrival to end."""
    hours, cv2 = with_setups(cell.hours, cell.cv2, cell.chance, cell.setup_hours)
    hours, cv2 = with_outages(hours, cv2, cell.available, cell.repair_hours)
    load = hours / cell.apart / cell.servers
    return load, waiting_hours(load, cell.servers, hours, cell.arrival_cv2, cv2) + hours


def erlang_waiting(load: float, servers: int, hours: float) -> float:
    """Hours in the queue of M/M/c, exactly (A. K. Erlang 1917)."""
    offered = load * servers
    waits = offered**servers / math.factorial(servers) / (1.0 - load)
    waits /= sum(offered**k / math.factorial(k) for k in range(servers)) + waits
    return waits * hours / servers / (1.0 - load)


@pytest.mark.parametrize("load", [0.5, 0.7, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("servers", [1, 2, 5, 10])
def test_of_machines_and_lots_by_chance_the_formula_is_near_the_exact_one(servers: int, load: float) -> None:
    exact = 1.0 + erlang_waiting(load, servers, 1.0)
    assert waiting_hours(load, servers, 1.0, 1.0, 1.0) + 1.0 == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize(
    ("cell", "tolerance"),
    [
        (SimulatedCell(servers=4, apart=1.0, arrival_cv2=1.0, hours=3.2, cv2=1.0), 0.05),
        (SimulatedCell(servers=1, apart=1.0, arrival_cv2=1.0, hours=0.7, cv2=0.25), 0.05),
        (GENERAL, 0.1),
        (replace(GENERAL, apart=GENERAL.apart * 0.82), 0.1),
    ],
    ids=["M/M/4 at 80 %", "M/G/1 at 70 %", "G/G/3 with set-ups and outages at 74 %", "the same at 90 %"],
)
def test_a_simulated_cell_takes_as_long_as_the_formula_says(cell: SimulatedCell, tolerance: float) -> None:
    pytest.importorskip("simpy", reason="simpy is not there: pip install corecar[test]")
    load, cycle = by_formula(cell)
    seen = simulate(cell, LOTS, seed=1)
    assert seen.cycle == pytest.approx(cycle, rel=tolerance)
    assert seen.in_process == pytest.approx(cycle / cell.apart, rel=tolerance), "Little's law"
    assert 0.7 <= load <= 0.91


def test_outages_and_setups_make_lots_wait_as_the_formula_says() -> None:
    pytest.importorskip("simpy", reason="simpy is not there: pip install corecar[test]")
    smooth = replace(GENERAL, chance=0.0, repair_hours=0.0, running_hours=math.inf, hours=2.0 / 0.9)
    (load, with_them), (same, without) = by_formula(GENERAL), by_formula(smooth)
    assert load == pytest.approx(same), "as full, but its machines never stop"
    more = simulate(GENERAL, LOTS, seed=1).cycle / simulate(smooth, LOTS, seed=1).cycle
    assert more == pytest.approx(with_them / without, rel=0.1)
    assert more > 1.03
