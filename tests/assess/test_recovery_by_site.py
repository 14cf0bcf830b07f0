"""Recovered first fails, by bin and site."""

from __future__ import annotations

import pytest

from corecar.assess import recovery
from corecar.errors import TooFewParts


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    cell = recovery([5] * 10, [1] * 10, [False] * 10).cells[0]
    assert (cell.failed, cell.recovered, cell.lower) == (10, 0, 0.0)
    assert cell.upper == pytest.approx(1 - 0.025**0.1)


def test_a_site_that_recovers_more_is_noted() -> None:
    told = recovery([5] * 80, [1] * 40 + [2] * 40, [True] * 35 + [False] * 5 + [True] * 4 + [False] * 36)
    assert [(cell.site, cell.recovered) for cell in told.cells] == [(1, 35), (2, 4)]
    assert len(told.notes) == 1
    assert "site 1" in told.notes[0]


def test_sites_alike_are_not_noted() -> None:
    assert recovery([5] * 40, [1] * 20 + [2] * 20, ([True] * 9 + [False] * 11) * 2).notes == ()


def test_no_first_fail_is_refused() -> None:
    with pytest.raises(TooFewParts):
        recovery([], [], [])
