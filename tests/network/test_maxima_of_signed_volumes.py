"""Maximum call-offs by week: what bands leave of them as the first week of a plan sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.network.signed_chains import FIRST, WEEKS, name_of

from corecar.chain.weeks import week_numbers
from corecar.network.signed import SignedVolume


def test_a_band_lowers_the_maximum_of_the_weeks_it_speaks_of_and_a_week_without_terms_has_none() -> None:
    weeks = [[name_of(week), 100.0, 0.0, 140.0] for week in range(WEEKS - 1)]
    bands: list[list[Any]] = [[0, 1, 0.0, 0.0], [2, 3, 0.2, 0.2], [4, None, 0.5, 0.5]]
    volume = SignedVolume("M-1 volume 1", "P", "C", "MCU", "", "piece", weeks, "", bands)
    first = int(week_numbers(np.array([FIRST], "datetime64[D]"))[0])
    laid = volume.laid_out(first, WEEKS)
    assert laid.most.tolist() == [100.0, 100.0, 120.0, 120.0, 140.0, 0.0]
    assert laid.told.tolist() == [True] * 5 + [False]
    assert SignedVolume(**volume.kept()).laid_out(first, WEEKS).most.tolist() == laid.most.tolist()
