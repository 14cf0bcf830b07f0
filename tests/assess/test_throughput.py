"""Touchdowns, pieces an hour and multi-site efficiency, on runs that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from corecar.assess.throughput import Touchdowns, throughput, touchdowns_of


def test_a_touchdown_ends_where_a_site_or_a_wafer_comes_again() -> None:
    place = ["W1"] * 7 + ["W2"] * 2
    found = touchdowns_of(place, [1, 2, 3, 1, 2, 3, 3, 1, 2], [900, 1000, 950, 800, 1100, 700, 500, 600, 650])
    assert found.parts.tolist() == [3, 3, 1, 2]
    assert found.seconds.tolist() == [1.0, 1.1, 0.5, 0.65]


def test_time_is_that_of_touchdowns_and_of_the_clock_and_not_the_sum_over_sites() -> None:
    runs = [(Touchdowns(np.full(90, 4), np.full(90, 2.0)), 270.0)]
    found = throughput(360, runs)
    assert (found.touchdowns, found.attempts, found.sites, found.parallel) == (90, 360, 4, 4.0)
    assert found.testing == 180.0
    assert found.index == pytest.approx(1.0)
    assert found.per_hour == pytest.approx(3600 * 360 / 270)
    by_definition = 3600 * 4 / (2.0 + 1.0)
    assert found.per_hour == pytest.approx(by_definition)


def test_retests_are_in_the_pieces_an_hour_once() -> None:
    found = throughput(300, [(Touchdowns(np.full(90, 4), np.full(90, 2.0)), 270.0)])
    assert found.per_hour == pytest.approx(4000.0)
    assert found.attempts - found.units == 60


def test_multi_site_efficiency_compares_full_touchdowns_with_single_ones() -> None:
    parts = np.array([4] * 20 + [1] * 6)
    seconds = np.array([1.3] * 20 + [1.0] * 6)
    assert throughput(86, [(Touchdowns(parts, seconds), 100.0)]).efficiency == pytest.approx(0.9)
    assert throughput(84, [(Touchdowns(parts[:24], seconds[:24]), 100.0)]).efficiency is None


def test_what_files_do_not_tell_is_not_made_up() -> None:
    untimed = touchdowns_of(["W1"] * 4, [1, 2, 1, 2])
    found = throughput(4, [(untimed, 60.0), (untimed, None)])
    assert (found.clock, found.testing, found.index, found.per_hour, found.efficiency) == (None,) * 5
    nothing = throughput(0, [])
    assert (nothing.touchdowns, nothing.parallel, nothing.per_hour) == (0, 0.0, None)
