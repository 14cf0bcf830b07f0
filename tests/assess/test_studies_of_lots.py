"""Bias, changes, drift, relations and removals, on lots in which they are planted, and against SciPy and pandas."""

from __future__ import annotations

import dataclasses
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.lots import FAIL, build_lot

import corecar
from corecar.assess import (
    adjusted,
    biases,
    compare_samples,
    fraction_bound,
    group_bias,
    related,
    run_drifts,
    times_of_testing,
    what_changed,
)
from corecar.assess.pools import Pool
from corecar.assess.zones import QUADRANTS, RADIAL, zone_codes
from corecar.errors import ArgumentError
from corecar.lot import Lot

RNG = np.random.default_rng


def runs(**facts: Any) -> dict[str, Any]:
    """A single run of this hardware."""
    return {name: [value] for name, value in {"lot": "L1", "stage": "final test", **facts}.items()}


def plain_lot(seed: int, parts: int = 400, tests: int = 6, **named: Any) -> Lot:
    """A lot of independent tests of spread 1, four sites in turn."""
    values = named.pop("values", None)
    drawn = RNG(seed).normal(10, 1, (tests, parts)) if values is None else values
    named = {"low": [0.0] * tests, "high": [20.0] * tests, "site": np.arange(parts) % 4, **named}
    named.setdefault("numbers", list(range(1, tests + 1)))
    return build_lot(drawn, runs=named.pop("runs", runs()), **named)


# false discoveries


@pytest.mark.parametrize("seed", range(3))
def test_q_is_what_scipy_makes_of_the_same_p(seed: int) -> None:
    p = RNG(seed).beta(0.5, 3, 50)
    assert adjusted(p) == pytest.approx(stats.false_discovery_control(p))


def test_a_p_that_is_not_there_counts_for_nothing() -> None:
    found = adjusted([0.01, np.nan, 0.02])
    assert found[[0, 2]] == pytest.approx(adjusted([0.01, 0.02]))
    assert isnan(found[1])


# two samples


@pytest.mark.parametrize("rounded", [False, True])
def test_two_samples_agree_with_scipy(rounded: bool) -> None:
    one, other = RNG(1).normal(0, 1, 500), RNG(2).normal(0.3, 1.4, 400)
    if rounded:
        one, other = one.round(1), other.round(1)
    found = compare_samples(one, other)
    ranked = stats.mannwhitneyu(other, one, method="asymptotic")
    assert found.p == pytest.approx(ranked.pvalue)
    assert found.delta == pytest.approx(2 * ranked.statistic / (500 * 400) - 1)
    assert found.shape == pytest.approx(stats.ks_2samp(one, other).statistic)
    assert found.p_shape == pytest.approx(stats.kstwobign.sf(found.shape * np.sqrt(500 * 400 / 900)))


def test_a_test_of_few_values_moves_by_standard_deviations_and_not_by_infinity() -> None:
    before, now = np.array([1.0] * 90 + [2.0] * 10), np.array([1.0] * 80 + [3.0] * 20)
    assert compare_samples(before, now + 1).shift == pytest.approx(
        1 / np.concatenate([before - 1, now - 1]).std(ddof=1)
    )


# bias


def test_a_shifted_site_is_found_and_the_others_are_not_blamed() -> None:
    values = RNG(3).normal(10, 1, (6, 400))
    values[2, np.arange(400) % 4 == 1] += 2
    found = biases(plain_lot(3, values=values))
    worst = found.tests[0]
    assert (worst["factor"], worst["number"], worst["verdict"], worst["highest"]) == ("site", 3, "hold", "1")
    assert worst["effect"] == pytest.approx(group_bias(values[2].astype(np.float32), np.arange(400) % 4).effect)
    assert {row["verdict"] for row in found.tests[1:]} == {"alike"}


def test_among_many_tests_without_bias_none_is_called() -> None:
    assert {row["verdict"] for row in biases(plain_lot(4, tests=80, parts=160)).tests} == {"alike"}


def test_a_site_that_fails_more_is_named() -> None:
    site = np.arange(800) % 4
    passed = np.ones(800, bool)
    passed[np.flatnonzero(site == 2)[:60]] = False
    rows = {row["group"]: row for row in biases(plain_lot(5, parts=800, passed=passed)).yields}
    assert rows["2"]["final_yield"] == pytest.approx(140 / 200)
    assert rows["2"]["differs_from"] == "0, 1, 3"
    assert rows["0"]["differs_from"] == "2"


def test_hardware_of_several_lots_is_compared_and_what_is_confounded_is_told() -> None:
    facts = [{"tester": "T1", "load_board": "B1"}, {"tester": "T2", "load_board": "B2"}]
    lots = [plain_lot(seed, runs=runs(lot=f"L{seed}", **one)) for seed, one in enumerate(facts)]
    found = biases(lots)
    assert {row["factor"] for row in found.tests} == {"site", "tester", "load board"}
    assert "tester and load board change together: their effects cannot be told apart." in found.notes
    assert "tester: each lot met one only, so a difference may be one of the lots." in found.notes
    assert "probe card: not compared, no file names one." in found.notes


def test_lots_that_differ_do_not_hide_a_site_that_does() -> None:
    values = [RNG(seed).normal(10 + 8 * seed, 1, (1, 400)) for seed in range(4)]
    for own in values:
        own[0, np.arange(400) % 4 == 3] += 1
    found = biases([plain_lot(n, tests=1, values=v, runs=runs(lot=f"L{n}")) for n, v in enumerate(values)], ["site"])
    assert found.tests[0]["verdict"] == "warn"
    assert found.tests[0]["effect"] == pytest.approx(1, abs=0.25)


def test_parts_of_two_temperatures_are_no_population() -> None:
    lots = [plain_lot(n, runs=runs(temperature=t)) for n, t in enumerate(("25C", "125C"))]
    with pytest.raises(ArgumentError, match="several stages or temperatures: final test 25C; final test 125C"):
        biases(lots)
    assert len(Pool(lots, temperature="25C")) == 400


# what changed


def test_a_planted_shift_and_spread_lead_the_list_and_nothing_else_is_called() -> None:
    before, now = RNG(6).normal(10, 1, (40, 500)), RNG(7).normal(10, 1, (40, 500))
    now[5] += 1.5
    now[9] = 10 + (now[9] - 10) * 2
    found = what_changed(plain_lot(6, 500, 40, values=before), plain_lot(7, 500, 40, values=now))
    assert [row["number"] for row in found.tests if row["verdict"] == "changed"] == [6, 10]
    assert found.tests[0]["shift"] == pytest.approx(1.5, abs=0.2)
    assert found.tests[1]["spread_ratio"] == pytest.approx(2, abs=0.25)
    assert len(found.lines) <= 10


def test_a_shift_that_does_not_matter_is_not_called_however_sure_it_is() -> None:
    before, now = RNG(8).normal(10, 1, (1, 20_000)), RNG(9).normal(10.1, 1, (1, 20_000))
    row = what_changed(plain_lot(8, 20_000, 1, values=before), plain_lot(9, 20_000, 1, values=now)).tests[0]
    assert row["q"] < 1e-9
    assert row["verdict"] == "alike"


def test_yield_bins_zones_and_sites_are_told() -> None:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(40), np.arange(40)))
    edge = zone_codes(x.astype(float), y.astype(float))[0] == RADIAL.index("edge")
    bad = edge & (RNG(1).random(1600) < 0.3)
    sides = [
        plain_lot(n, 1600, 1, x=x, y=y, wafer="W1", passed=~failed, hard_bin=np.where(failed, 7, 1), site=1)
        for n, failed in enumerate((np.zeros(1600, bool), bad))
    ]
    found = what_changed(*sides)
    assert found.zones[0]["zone"] == "edge"
    assert found.zones[0]["verdict"] == "changed"
    assert {row["verdict"] for row in found.zones if row["zone"] in QUADRANTS} == {"alike"}
    bins = {row["bin"]: row for row in found.bins}
    assert bins[7]["share_now"] == pytest.approx(bad.mean())
    words = {line["what"]: line["found"] for line in found.lines}
    assert words["zone"].startswith("edge: 100.0 % before")
    assert words["bins"].startswith("bin ")


def test_p_of_bins_is_fishers_where_counts_are_small_and_pearsons_else() -> None:
    few = [plain_lot(n, 60, 1, hard_bin=[7] * k + [1] * (60 - k)) for n, k in enumerate((1, 6))]
    row = next(row for row in what_changed(*few).bins if row["bin"] == 7)
    assert row["p"] == pytest.approx(stats.fisher_exact([[1, 59], [6, 54]])[1])
    many = [plain_lot(n, 600, 1, hard_bin=[7] * k + [1] * (600 - k)) for n, k in enumerate((60, 90))]
    row = next(row for row in what_changed(*many).bins if row["bin"] == 7)
    assert row["p"] == pytest.approx(stats.chi2_contingency([[60, 540], [90, 510]], correction=False)[1])


def test_hardware_program_and_limits_that_changed_are_told() -> None:
    before = plain_lot(1, runs=runs(probe_card="PC1", revision="A"))
    now = plain_lot(
        2, tests=7, runs=runs(probe_card="PC2", revision="A"), high=[20.0] * 5 + [18.0, 20.0], low=[0.0] * 7
    )
    found = what_changed(before, now)
    assert {(row["what"], row["value"], row["change"]) for row in found.hardware} == {
        ("probe card", "PC1", "only before"), ("probe card", "PC2", "only now"), ("revision", "A", "on both sides"),
    }  # fmt: skip
    assert [(row["number"], row["change"]) for row in found.program] == [(7, "only now"), (6, "high limit")]
    words = {line["what"]: line["found"] for line in found.lines}
    assert words["set-up"] == "probe card PC1 before, PC2 now"
    assert words["program"] == "1 test only now, 1 limit changed"


def test_with_lots_on_both_sides_the_medians_of_lots_are_compared_too() -> None:
    sides = [
        [plain_lot(n, runs=runs(lot=f"L{n}"), values=RNG(n).normal(10 + n % 3, 1, (6, 400))) for n in range(k, k + 3)]
        for k in (0, 3)
    ]
    row = what_changed(*sides).tests[0]
    medians = [[np.median(lot.matrix([row["number"] - 1])) for lot in side] for side in sides]
    assert row["p_lots"] == pytest.approx(stats.ttest_ind(*medians, equal_var=False).pvalue, rel=1e-4)


def test_two_real_lots_are_compared_as_numpy_compares_them(shared: Path) -> None:
    before, now = (corecar.read(shared / "stdf" / f"a530_lot{n}.stdf.gz") for n in (2, 3))
    rows = {row["number"]: row for row in what_changed(before, now).tests}
    at = before.tests["number"].to_pylist().index(1230)
    sides = [lot.matrix([at])[0] for lot in (before, now)]
    one, other = (side[np.isfinite(side)].astype(np.float64) for side in sides)
    assert rows[1230]["median_now"] == np.median(other)
    assert rows[1230]["delta"] == pytest.approx(np.sign(other[:, None] - one[None, :]).mean())
    assert rows[1230]["verdict"] == "changed"


# what goes together


def test_r_is_what_pandas_says_pair_by_pair() -> None:
    import pandas as pd

    values = RNG(11).normal(10, 1, (5, 300))
    values[1] = values[0] + RNG(12).normal(0, 0.1, 300)
    values[3, :50] = np.nan
    found = related(plain_lot(11, 300, 5, values=values))
    expected = pd.DataFrame(values.astype(np.float32).T).corr()
    for row in found.pairs:
        a, b = (int(row[name].split()[0]) - 1 for name in ("test_a", "test_b"))
        assert row["r"] == pytest.approx(expected.loc[a, b], abs=1e-4)
        assert row["n"] == (250 if 3 in (a, b) else 300)
    assert [row["tests"] for row in found.groups] == [2]


def test_one_wild_reading_makes_no_correlation() -> None:
    values = RNG(13).normal(10, 1, (2, 300))
    values[:, 0] = 1e6
    assert abs(related(plain_lot(13, 300, 2, values=values)).pairs[0]["r"]) < 0.3


def test_the_tests_that_a_bin_has_in_common_are_named() -> None:
    values = RNG(14).normal(10, 1, (6, 400))
    failing = np.arange(400) < 30
    values[4, failing] -= 3
    found = related(plain_lot(14, 400, 6, values=values, passed=~failing, hard_bin=np.where(failing, 9, 1)))
    first = found.bins[0]
    assert (first["bin"], first["number"]) == (9, 5)
    own, good = values[4][failing].astype(np.float32), values[4][~failing].astype(np.float32)
    ranked = stats.mannwhitneyu(own, good, method="asymptotic")
    assert first["delta"] == pytest.approx(2 * ranked.statistic / (30 * 370) - 1)
    assert first["p"] == pytest.approx(ranked.pvalue, rel=1e-6)


# drift over a run


def test_a_test_that_creeps_over_the_run_is_found_with_its_size() -> None:
    values = RNG(15).normal(10, 1, (6, 2000))
    values[3] += np.linspace(0, 1.5, 2000)
    found = run_drifts(plain_lot(15, 2000, 6, values=values))
    assert [row["number"] for row in found.tests if row["verdict"] == "drifts"] == [4]
    assert found.tests[0]["drift"] == pytest.approx(1.5, abs=0.25)


def test_a_run_that_is_too_short_is_told_and_not_passed_in_silence() -> None:
    found = run_drifts(plain_lot(16, 20))
    assert found.tests == ()
    assert found.notes == ("No run has enough good parts to cut into three blocks.",)


# test time and removal


def removal_lot(parts: int = 1000, **named: Any) -> Lot:
    """Test 2 repeats test 1; part 0 failed tests 1 and 2, part 1 test 3 alone; test 4 is like no other."""
    values = RNG(17).normal(10, 1, (4, parts))
    values[1] = values[0] * 2
    flags = np.zeros((4, parts), np.uint16)
    flags[0, 0] = flags[1, 0] = flags[2, 1] = FAIL
    passed = np.arange(parts) > 1
    return build_lot(
        values,
        low=[-10.0] * 4,
        high=[40.0] * 4,
        flags=flags,
        passed=passed,
        runs=runs(),
        site=1,
        numbers=[1, 2, 3, 4],
        **named,
    )


def test_a_test_that_another_repeats_is_told_with_what_could_escape() -> None:
    found = times_of_testing(removal_lot())
    rows = {row["number"]: row for row in found.removals}
    assert {n: row["unique_fails"] for n, row in rows.items()} == {1: 0, 2: 0, 3: 1, 4: 0}
    assert {n: row["all_fails"] for n, row in rows.items()} == {1: 1, 2: 1, 3: 1, 4: 0}
    assert rows[2]["verdict"] == "too few parts"
    assert rows[2]["related_to"].startswith("1 ")
    assert (rows[1]["verdict"], rows[3]["verdict"], rows[4]["verdict"]) == ("keep", "keep", "keep")
    assert rows[2]["escapes_ppm"] == pytest.approx(fraction_bound(0, 1000, 0.95).at_most_ppm)
    assert rows[3]["escapes_ppm"] == pytest.approx(1e6 * stats.beta.ppf(0.95, 2, 999))
    assert found.source == "not known"


def test_of_enough_parts_it_is_a_candidate() -> None:
    rows = times_of_testing(removal_lot(100_000)).removals
    assert [(row["number"], row["verdict"]) for row in rows if row["verdict"] != "keep"] == [(2, "candidate")]
    assert rows[0]["escapes_ppm"] == pytest.approx(3e6 / 100_000, rel=0.01)


def test_seconds_are_of_the_files_or_apportioned_on_request_or_none() -> None:
    lot = removal_lot()
    at = lot.parts.column_names.index("test_time_ms")
    timed = dataclasses.replace(
        lot, parts=lot.parts.set_column(at, "test_time_ms", pa.array([400] * 1000, pa.uint32()))
    )
    told = times_of_testing(timed, {(2, None): 0.25})
    assert {row["number"]: row["seconds"] for row in told.removals}[2] == 0.25
    assert {row["number"]: row["seconds_saved"] for row in told.removals}[2] == pytest.approx(250)
    assert told.source == "TSR TEST_TIM"
    assert "The files give the time of 1 of 4 tests (TSR)." in told.notes
    assert {row["verdict"]: row["parts"] for row in told.parts} == {"all": 1000, "pass": 998, "fail": 2}
    assert told.parts[0]["sum_s"] == pytest.approx(400)
    silent = times_of_testing(timed)
    assert all(isnan(row["seconds"]) for row in silent.removals)
    shared_out = times_of_testing(timed, apportion="even")
    assert [row["seconds"] for row in shared_out.removals] == pytest.approx([0.1] * 4)
    assert shared_out.source == "part time in equal shares"


def test_where_testing_stopped_at_the_first_fail_it_is_said(tmp_path: Path) -> None:
    corecar.simulate_lot(tmp_path / "stops.stdf", wafers=2, dies=300, tests=20, stop_on_fail=True)
    notes = times_of_testing(corecar.read(tmp_path / "stops.stdf")).notes
    assert any("stopped at the first fail" in note for note in notes)


def test_two_removals_that_only_together_let_a_part_escape_are_told() -> None:
    values = RNG(18).normal(10, 1, (4, 1000))
    values[1], values[3] = values[0] * 2, values[2] * 2
    flags = np.zeros((4, 1000), np.uint16)
    flags[1, 0] = flags[3, 0] = FAIL
    lot = build_lot(
        values,
        low=[-10.0] * 4,
        high=[40.0] * 4,
        flags=flags,
        passed=np.arange(1000) > 0,
        runs=runs(),
        site=1,
        numbers=[1, 2, 3, 4],
    )
    found = times_of_testing(lot)
    assert {row["number"] for row in found.removals if row["verdict"] == "too few parts"} == {2, 4}
    assert any("2 tests that others repeat, 1 of 1,000 parts would have escaped" in note for note in found.notes)


# lots that hardly allow a study


@pytest.mark.parametrize(
    "named",
    [
        {"passed": np.zeros(400, bool)},
        {"kind": "functional", "values": np.full((6, 400), np.nan), "flags": np.zeros((6, 400), np.uint16)},
        {"values": np.full((6, 400), 10.0)},
        {"values": np.full((6, 400), np.nan)},
        {"parts": 1},
    ],
    ids=["all failed", "no readings by kind", "no spread", "no readings", "one part"],
)
def test_a_lot_without_good_parts_readings_or_spread_is_answered_and_not_a_fault(named: dict[str, Any]) -> None:
    lot = plain_lot(20, **named)
    assert {row["verdict"] for row in biases(lot).tests} <= {"alike"}
    assert {row["verdict"] for row in run_drifts(lot).tests} <= {"steady"}
    assert related(lot).pairs == () or "passed" not in named
    assert {row["verdict"] for row in times_of_testing(lot).removals} == {"keep"}
    found = what_changed(lot, lot)
    assert {row["verdict"] for row in (*found.tests, *found.bins, *found.zones, *found.sites)} <= {"alike"}
    assert len(found.lines) <= 10
