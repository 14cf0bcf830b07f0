"""Static limits from a baseline of lots: which lots and wafers count, and what the record keeps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import ArgumentError, TooFewParts
from corecar.screen.die_areas import AREAS, die_areas
from corecar.screen.population_limit import Own
from corecar.screen.static import StaticLimits, static_limits

DAY = date(2026, 6, 1)


def baseline(lots: int, parts: int = 30, seed: int = 1) -> tuple[np.ndarray, np.ndarray, dict[str, date]]:
    """Readings, the lot of each, and the day of each lot: one a week, the last a week before DAY."""
    names = [f"L{row:02}" for row in range(lots)]
    days = {name: DAY - timedelta(weeks=lots - row) for row, name in enumerate(names)}
    return np.random.default_rng(seed).normal(size=lots * parts), np.repeat(names, parts), days


def made(lots: int = 6, parts: int = 30, **how: Any) -> StaticLimits:
    return static_limits(*baseline(lots, parts), today=DAY, **how)


def test_six_lots_of_thirty_parts_make_limits() -> None:
    values, _, _ = baseline(6)
    found = made()
    q1, centre, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    assert found.record.low == pytest.approx(centre - 6 * (q3 - q1) / 1.35)
    assert found.record.high == pytest.approx(centre + 6 * (q3 - q1) / 1.35)
    assert (found.record.screen, found.record.scope, found.record.n) == ("static-pat", "6 lots", 180)
    assert (found.preliminary, found.left_out, found.record.fallback) == ("", (), "")


def test_limits_are_never_wider_than_the_tests_own() -> None:
    record = made(own=Own(-3.0, 100.0)).record
    assert (record.low, record.clamp) == (-3.0, "low")


def test_five_lots_are_too_few_and_the_error_says_what_to_do() -> None:
    with pytest.raises(TooFewParts, match=r"5 lots of 30 parts or more: static limits need 6\. Wait for more lots, or"):
        made(5)


def test_preliminary_limits_say_that_they_are() -> None:
    found = made(3, preliminary=True)
    assert found.preliminary == "3 lots, fewer than 6"
    assert found.record.fallback.startswith("preliminary: 3 lots, fewer than 6; small-n: 90 readings")


def test_a_lot_with_too_few_readings_counts_for_nothing() -> None:
    values, lots, days = baseline(7)
    values[30] = np.nan
    found = static_limits(values, lots, days, today=DAY)
    assert found.left_out == (("L01", "29 parts, fewer than 30"),)
    assert (len(found.lots), found.record.n) == (6, 180)
    with pytest.raises(TooFewParts, match="Left out are L01: 29 parts, fewer than 30"):
        static_limits(values[:180], lots[:180], days, today=DAY)


def test_lots_older_than_half_a_year_or_before_a_change_are_not_used() -> None:
    found = made(40)
    assert (found.lots[0], len(found.lots)) == ("L14", 26)
    assert found.left_out[0] == ("L00", "older than 182 days")
    changed = made(40, changed=DAY - timedelta(weeks=6))
    assert len(changed.lots) == 6
    with pytest.raises(TooFewParts, match="before the change on"):
        made(40, changed=DAY - timedelta(weeks=5))


def test_an_update_rests_on_the_lots_since_the_last_limits() -> None:
    assert len(made(20, updated=DAY - timedelta(weeks=11)).lots) == 10
    assert len(made(20, updated=DAY - timedelta(weeks=3)).lots) == 8


def on_wafers(wafers: int = 2, areas: int = 5, lots: int = 6) -> dict[str, Any]:
    each = 30 // wafers
    return {
        "wafer": np.tile(np.repeat([f"W{row}" for row in range(wafers)], each), lots),
        "area": np.tile(np.arange(each) % areas, wafers * lots),
    }


def test_each_wafer_is_asked_for_dies_of_five_areas() -> None:
    assert made(**on_wafers()).left_out == ()
    with pytest.raises(TooFewParts, match="L00 wafer W0: dies of 4 areas, fewer than 5"):
        made(**on_wafers(areas=4))


def test_a_wafer_with_few_areas_is_left_out_and_its_lot_with_it_when_too_little_is_left() -> None:
    columns = on_wafers(lots=7)
    columns["area"][:15] = 0
    found = made(7, **columns)
    assert found.left_out == (("L00 wafer W0", "dies of 1 area, fewer than 5"), ("L00", "15 parts, fewer than 30"))
    assert len(found.lots) == 6


def test_a_review_is_due_after_eight_lots_or_half_a_year_and_after_a_change() -> None:
    found = made()
    asked: dict[str, Any] = {"first": DAY, "lots_since": 7, "today": DAY + timedelta(181)}
    assert not found.review(**asked).due
    assert found.review(**asked | {"lots_since": 8}).due
    assert found.review(**asked | {"today": DAY + timedelta(182)}).due
    assert found.review(**asked, changed=DAY + timedelta(1)).due


def test_lots_that_lie_apart_are_flagged_before_approval() -> None:
    values, lots, days = baseline(6)
    found = static_limits(np.where(lots < "L03", values, values + 20), lots, days, today=DAY)
    assert found.flags[0].endswith("Find what makes the difference before approval.")
    assert made().flags == ()


def test_the_record_keeps_its_lots_and_day_and_is_derived_again_to_the_same_bits() -> None:
    values, lots, days = baseline(8)
    there = static_limits(values, lots, days, today=DAY)
    order = np.random.default_rng(7).permutation(len(values))
    later = {**days, "L99": DAY + timedelta(30)}
    again = static_limits(
        np.append(values[order], np.full(30, 99.0)), np.append(lots[order], ["L99"] * 30), later, today=DAY
    )
    assert again.record == there.record
    assert again.record.digest() == there.record.digest()
    assert dict(there.record.parameters)["set_on"] == "2026-06-01"
    assert dict(there.record.parameters)["lots"] == "L00, L01, L02, L03, L04, L05, L06, L07"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"wafer": np.zeros(180)}, "expected both of each die, or neither"),
    ({"wafer": np.zeros(3), "area": np.zeros(3)}, r"wafer: \(3,\) values for \(180,\) readings"),
]


@pytest.mark.parametrize(("how", "message"), WRONG)
def test_columns_that_do_not_fit_are_named(how: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        made(**how)
    values, lots, days = baseline(6)
    with pytest.raises(ArgumentError, match="no day for lot L03"):
        static_limits(values, lots, {name: day for name, day in days.items() if name != "L03"}, today=DAY)


def test_the_five_sites_of_a_wafer_lie_in_five_areas() -> None:
    cross = die_areas([5, 9, 5, 0, 5], [5, 5, 9, 5, 0])
    corners = die_areas([5, 10, 0, 0, 10], [5, 10, 10, 0, 0])
    assert [AREAS[area] for area in cross] == ["centre", "right", "top", "left", "bottom"]
    assert len(set(corners.tolist())) == 5
    assert die_areas([], []).tolist() == []


@given(radius=st.integers(12, 40), x=st.integers(-500, 500), y=st.integers(-500, 500))
def test_areas_of_a_round_wafer_are_of_like_size_wherever_its_coordinates_begin(radius: int, x: int, y: int) -> None:
    grid = np.mgrid[-radius : radius + 1, -radius : radius + 1].reshape(2, -1)
    across, down = grid[:, (grid**2).sum(axis=0) <= radius**2]
    areas = die_areas(across + x, down + y)
    counts = np.bincount(areas, minlength=5)
    assert counts.min() > 0.8 * counts.mean()
    assert (areas == die_areas(across, down)).all()
