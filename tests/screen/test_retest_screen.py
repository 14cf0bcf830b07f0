"""The screen of retests: parts that passed only after so many fails, or after a fail that no retest may mend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot

import corecar
from corecar.errors import RecipeError
from corecar.lot import Lot
from corecar.screen import Screening, screen
from corecar.screen.recipe import parse_recipe

FIRST_PASS, SECOND, THIRD = [1], [5, 1], [5, 8, 1]


def screened(lot: Lot, keys: str = "") -> Screening:
    recipe = parse_recipe(f'[[screen]]\nkind = "retest"\nhard = 96\nsoft = 96\n{keys}', "ours.toml")
    return screen(lot, replace(recipe, kill_budget=1.0))


def lot_of_attempts(*units: list[int], **columns: Any) -> Lot:
    """One unit per list of hard bins, in the order of its attempts; bin 1 is good. All first attempts come first."""
    rows = sorted((at, unit, code) for unit, bins in enumerate(units) for at, code in enumerate(bins, 1))
    bins = [code for _, _, code in rows]
    given = {
        "passed": [code == 1 for code in bins],
        "hard_bin": bins,
        "attempt": [at for at, _, _ in rows],
        "superseded": [at < len(units[unit]) for at, unit, _ in rows],
        "units": [unit for _, unit, _ in rows],
        **columns,
    }
    return build_lot(np.ones(len(rows)), **given)


def rejected(lot: Lot, found: Screening) -> dict[int, str]:
    """Unit and reason of what the screen rejects."""
    assert lot.units is not None
    rows = found.verdicts.to_pylist()
    return {int(lot.units[row["part"]]): row["reason"] for row in rows if row["rule"] == "retest"}


@pytest.mark.parametrize(
    ("keys", "units"),
    [
        ("", {2}),
        ("tries = 2", {1, 2}),
        ("tries = 4", set()),
        ("exempt = [8]", set()),
        ("tries = 2\nexempt = [5]", {2}),
        ("never = [8]\ntries = 9", {2}),
        ("never = [5]\ntries = 9", {1, 2}),
    ],
)
def test_a_part_is_rejected_by_how_often_and_in_which_bin_it_failed(keys: str, units: set[int]) -> None:
    lot = lot_of_attempts(FIRST_PASS, SECOND, THIRD, [5, 8, 5])
    assert set(rejected(lot, screened(lot, keys))) == units


def test_a_reject_says_its_bins_and_gets_those_of_the_screen() -> None:
    lot = lot_of_attempts(FIRST_PASS, SECOND, THIRD)
    found = screened(lot)
    assert rejected(lot, found) == {2: "passed only after 2 fails (bins 5, 8), limit 3 tries"}
    row = next(row for row in found.verdicts.to_pylist() if row["rule"] == "retest")
    assert (row["value"], row["old_bin"], row["new_bin"]) == (3.0, 1, 96)
    record = found.limits.to_pylist()[row["limit"]]
    assert (record["screen"], record["high"], record["n"], record["applied"]) == ("retest", 3.0, 3, True)
    barred = screened(lot, "never = [8]")
    assert rejected(lot, barred) == {2: "passed after a fail in bin 8, which is never retested"}


def test_an_attempt_that_broke_off_is_no_fail() -> None:
    lot = lot_of_attempts(THIRD, incomplete=[True, False, False])
    assert rejected(lot, screened(lot)) == {}


def test_without_identity_the_screen_says_so_and_the_lot_waits() -> None:
    said = "retest: not applied: nothing says which attempts are of one unit, so how often a part failed is not known."
    once = screened(build_lot(np.ones(50), identity="none"))
    again = screened(build_lot(np.ones(50), identity="none", attempt=[1] * 40 + [2] * 10))
    assert said in once.hold
    assert said in again.hold
    assert not [row for row in again.verdicts.to_pylist() if row["rule"] == "retest"]


def test_a_bin_both_exempt_and_never_retested_is_refused() -> None:
    with pytest.raises(RecipeError, match="bin 5 is both exempt and never"):
        parse_recipe('[[screen]]\nkind = "retest"\nexempt = [5]\nnever = [5]', "ours.toml")


def test_on_a_real_lot_the_parts_recovered_at_the_second_try_are_those_rejected(real_lot: Path) -> None:
    lot = corecar.read(real_lot)
    found = rejected(lot, screened(lot, "tries = 2"))
    assert len(found) == 46
    assert rejected(lot, screened(lot)) == {}
    exempt = rejected(lot, screened(lot, "tries = 2\nexempt = [8]"))
    assert set(exempt) < set(found)
    assert all("after 1 fail (bin 8)" in reason for unit, reason in found.items() if unit not in exempt)
