"""Where a stop begins: the loss without limits of groups is never more, and the basis leads to the same answer."""

from __future__ import annotations

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.stress.steady import StandingStill, Steady


@pytest.mark.parametrize("tightness", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(6))
def test_a_stop_that_is_begun_loses_what_a_run_from_nothing_says(seed: int, tightness: float) -> None:
    network = drawn_network(seed, tightness=tightness)
    steady = Steady(network)
    for group in range(len(network.groups)):
        closed = np.flatnonzero(network.activities.group == group)
        relaxed = steady.beginnings.of(closed)
        with StandingStill(steady, closed):
            for weeks in (0.5, 3.0, 20.0, 999.0):
                without_groups = steady._without_groups(relaxed)(weeks)
                begun = steady.at(weeks, basis=relaxed.basis())
                plain = steady.at(weeks)
                assert begun.value == pytest.approx(plain.value, rel=1e-6, abs=steady.least)
                assert without_groups.value <= plain.value * (1 + 1e-6) + steady.least
                assert begun.lost @ steady.weight == pytest.approx(begun.value, rel=1e-6, abs=steady.least)


def test_the_basis_has_as_many_variables_as_the_program_has_rows() -> None:
    network = drawn_network(3)
    steady = Steady(network)
    for group in range(len(network.groups)):
        relaxed = steady.beginnings.of(np.flatnonzero(network.activities.group == group))
        relaxed.at(5.0)
        basis = relaxed.basis()
        assert (basis.columns == 1).sum() + (basis.rows == 1).sum() == len(steady.program.row_low)


def test_both_answers_at_once_are_those_of_single_questions() -> None:
    network = drawn_network(4, tightness=0.6)
    steady = Steady(network)
    for group in range(len(network.groups)):
        closed = np.flatnonzero(network.activities.group == group)
        loss, survived = steady.answer(closed, 6.0)
        assert loss.value == pytest.approx(steady.loss(closed, 6.0).value, rel=1e-9)
        assert survived == pytest.approx(steady.survival(closed), rel=1e-3)
