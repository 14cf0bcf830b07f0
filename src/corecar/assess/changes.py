"""What changed between two groups of lots: tests, yield, bins, zones, sites and hardware, the largest effect first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan, log, nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.anderson_darling import two_sample_anderson_darling
from corecar.assess.changed_words import ten_lines
from corecar.assess.distributions import t_two_sided
from corecar.assess.false_discoveries import adjusted
from corecar.assess.figures import Figures
from corecar.assess.pools import HARDWARE, Pool, PooledTest, pool_of
from corecar.assess.two_samples import compare_samples
from corecar.assess.zones import QUADRANTS, RADIAL, zone_codes
from corecar.lot import BoolArray, Lot
from corecar.standards import value

Row = dict[str, Any]
SETUP = (*HARDWARE, "test_program", "revision", "operator")


@dataclass(frozen=True)
class Changes(Figures):
    """What `what_changed` answers; every change is now less before.

    lines     the answer in at most ten lines: what, and found
    tests     per test: medians and sigmas [the test's unit], shift [robust sigmas within the groups], spread_ratio,
              shape (Kolmogorov-Smirnov distance), delta (Cliff), fail rates, p of equal ranks, p_shape of equal
              distributions, q (of both, after false discovery control) and verdict `changed` or `alike`; p_lots, from
              the medians of lots alone, with two or more on each side; anderson_darling (standardised statistic of two
              samples, which weighs tails more) and its p_tails, 0.001 to 0.25, stand beside and decide nothing
    bins      per hard bin: its share of the parts
    zones     per zone of the wafers: its yield, and beyond, how much more it changed than the whole
    sites     per site: its yield and, likewise, beyond
    hardware  per tester, load board, probe card, handler, program, revision, operator: parts with each
    program   tests that are there on one side only, and limits that differ
    """

    parts_before: int
    parts_now: int
    lines: tuple[Row, ...]
    tests: tuple[Row, ...]
    bins: tuple[Row, ...]
    zones: tuple[Row, ...]
    sites: tuple[Row, ...]
    hardware: tuple[Row, ...]
    program: tuple[Row, ...]
    notes: tuple[str, ...]


def what_changed(before: Lot | Sequence[Lot] | Pool, now: Lot | Sequence[Lot] | Pool) -> Changes:
    """What changed from one group of lots to another, tested at the same stage and temperature.

    before, now  one lot or several
    Returns      Changes
    Source       Mann and Whitney (1947); Cliff (1993); Smirnov (1948); Scholz and Stephens (1987); Benjamini and
                 Hochberg (1995)

    >>> what_changed(corecar.read("a.stdf"), corecar.read("b.stdf")).lines[0]  # doctest: +SKIP
    {'what': 'yield', 'found': '95.1 % before, 92.0 % now: -3.1 points'}
    """
    old, new = pool_of(before), pool_of(now)
    tests, program = _tests(old, new)
    tables: dict[str, tuple[Row, ...]] = {
        "tests": tests,
        "bins": tuple(_bins(old, new)),
        "zones": tuple(_zones(old, new)),
        "sites": tuple(_shares(old, new, "site", *_site_codes(old, new))),
        "hardware": tuple(_hardware(old, new)),
        "program": program,
    }
    whole = _compared(old.passed, new.passed)
    lines = ten_lines(whole, tables, (old.lot_count, new.lot_count), (len(old), len(new)))
    return Changes(len(old), len(new), tuple(lines), **tables, notes=tuple(_notes(old, new, tables)))


def _tests(old: Pool, new: Pool) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    later = {test.key: test for test in new.tests}
    rows = []
    for test in old.tests:
        other = later.get(test.key)
        row = None if other is None else _test(old, new, test, other)
        if row is not None:
            rows.append(row)
    q = adjusted([min(1.0, 2 * min(row["p"], row["p_shape"])) for row in rows])
    for row, one in zip(rows, q, strict=True):
        row["q"] = float(one)
        row["verdict"] = "changed" if _is_changed(row) else "alike"
    rows.sort(key=lambda row: (row["verdict"] != "changed", -_strength(row)))
    return tuple(rows), tuple(_program(old, new))


def _test(old: Pool, new: Pool, test: PooledTest, other: PooledTest) -> Row | None:
    sides = [pool.readings(one) for pool, one in ((old, test), (new, other))]
    first, second = (side[np.isfinite(side)] for side in sides)
    if not test.parametric or min(len(first), len(second)) < 2:
        return None
    two = compare_samples(first, second)
    tails, p_tails = two_sample_anderson_darling(first.astype(np.float64), second.astype(np.float64))
    fails = [_rate(pool, one) for pool, one in ((old, test), (new, other))]
    return {
        **test.named, "shift": two.shift, "spread_ratio": two.spread_ratio, "shape": two.shape, "delta": two.delta,
        "median_before": two.before, "median_now": two.now, "sigma_before": two.sigma_before,
        "sigma_now": two.sigma_now, "fail_rate_before": fails[0], "fail_rate_now": fails[1], "p": two.p,
        "p_shape": two.p_shape, "anderson_darling": tails, "p_tails": p_tails,
        "p_lots": _of_lots(old, new, *sides), "n_before": len(first), "n_now": len(second),
    }  # fmt: skip


def _rate(pool: Pool, test: PooledTest) -> float:
    executed, failing = pool.verdicts(test)
    return float(failing.sum() / executed.sum()) if executed.any() else nan


def _of_lots(old: Pool, new: Pool, first: Any, second: Any) -> float:
    """Welch's p of the medians of the lots; NaN below two lots on a side, or where no lot differs from its own."""
    if min(old.lot_count, new.lot_count) < 2:
        return nan
    medians = [pool.lot_medians(side) for pool, side in ((old, first), (new, second))]
    medians = [side[np.isfinite(side)] for side in medians]
    if min(map(len, medians)) < 2:
        return nan
    errors = [float(np.var(side, ddof=1)) / len(side) if np.ptp(side) > 0 else 0.0 for side in medians]
    if not sum(errors) > 0:
        return nan
    away = abs(float(medians[1].mean() - medians[0].mean())) / sqrt(sum(errors))
    free = 1 / sum((error / sum(errors)) ** 2 / (len(side) - 1) for error, side in zip(errors, medians, strict=True))
    return t_two_sided(away, free)


def _is_changed(row: Row) -> bool:
    shift, ratio, shape, q = (
        float(value("Comparisons", "change", name)) for name in ("shift", "spread_ratio", "shape", "q")
    )
    ratio_now = row["spread_ratio"]
    large = abs(row["shift"]) >= shift or row["shape"] >= shape or (ratio_now > 0 and abs(log(ratio_now)) >= log(ratio))
    return bool(large and row["q"] < q)


def _strength(row: Row) -> float:
    """How large a change is, in robust sigmas; a spread that doubled counts as a shift of two thirds of a sigma."""
    ratio = row["spread_ratio"]
    return float(max(abs(row["shift"]), abs(log(ratio)) if ratio > 0 else 0.0))


def _program(old: Pool, new: Pool) -> Iterator[Row]:
    sides = [{test.key: test for test in pool.tests} for pool in (old, new)]
    for there, away, word in ((sides[0], sides[1], "only before"), (sides[1], sides[0], "only now")):
        yield from ({**there[key].named, "change": word} for key in there if key not in away)
    for key in sides[0]:
        if key in sides[1]:
            one, other = sides[0][key], sides[1][key]
            for name, was, is_now in (("low limit", one.low, other.low), ("high limit", one.high, other.high)):
                if was != is_now and not (isnan(was) and isnan(is_now)):
                    yield {**one.named, "change": name, "before": was, "now": is_now}


@dataclass(frozen=True)
class Compared:
    """Two shares of parts, their difference and its p."""

    before: float
    now: float
    change: float
    p: float


def _compared(before: BoolArray, now: BoolArray) -> Compared:
    counts = (int(before.sum()), len(before)), (int(now.sum()), len(now))
    (good, tested), (good_now, tested_now) = counts
    if not tested or not tested_now:
        return Compared(good / tested if tested else nan, good_now / tested_now if tested_now else nan, nan, nan)
    return Compared(
        good / tested, good_now / tested_now, good_now / tested_now - good / tested, _p(*counts[0], *counts[1])
    )


def _p(good: int, tested: int, good_now: int, tested_now: int) -> float:
    """Two-sided, of equal shares: Fisher's exact where counts are small, else chi-square."""
    from scipy.stats import chi2, fisher_exact

    table = np.array([[good, tested - good], [good_now, tested_now - good_now]], np.float64)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    if expected.min() < 5:
        return float(fisher_exact(table)[1])
    return float(chi2.sf(((table - expected) ** 2 / expected).sum(), 1))


def _bins(old: Pool, new: Pool) -> Iterator[Row]:
    before, now = (pool.column("hard_bin", -1).astype(np.int64) for pool in (old, new))
    names = {row["bin"]: row["name"] for pool in (new, old) for lot in pool.lots for row in lot.bins.to_pylist()
             if row["kind"] == "hard" and row["name"]}  # fmt: skip
    rows = []
    for number in np.unique(np.concatenate([before, now])).tolist():
        found = _compared(before == number, now == number)
        rows.append(
            {"bin": number, "name": names.get(number), "share_before": found.before, "share_now": found.now,
             "share_change": found.change, "p": found.p}
        )  # fmt: skip
    yield from _judged(rows, "share_change")


def _judged(rows: list[Row], change: str) -> list[Row]:
    """With q and verdict, the largest change first."""
    least, sure = (float(value("Comparisons", "change", name)) for name in ("share", "q"))
    for row, q in zip(rows, adjusted([row["p"] for row in rows]), strict=True):
        row["q"] = float(q)
        row["verdict"] = "changed" if abs(row[change]) >= least and q < sure else "alike"
    return sorted(rows, key=lambda row: -abs(row[change]) if not isnan(row[change]) else 0.0)


def _site_codes(old: Pool, new: Pool) -> tuple[list[str], Any, Any]:
    sides = [pool.labels("site") for pool in (old, new)]
    names = list(dict.fromkeys([*sides[0][1], *sides[1][1]]))
    renumbered = [np.array([names.index(n) for n in own], np.int64)[codes] for codes, own in sides]
    return names, renumbered[0], renumbered[1]


def _zones(old: Pool, new: Pool) -> Iterator[Row]:
    places = [[pool.column(name) for name in ("x", "y")] for pool in (old, new)]
    both = [np.concatenate([side[axis] for side in places]) for axis in (0, 1)]
    if not np.isfinite(both[0]).any():
        return
    for codes, names in zip(zone_codes(*both), (RADIAL, QUADRANTS), strict=True):
        yield from _shares(old, new, "zone", list(names), codes[: len(old)], codes[len(old) :])


def _shares(old: Pool, new: Pool, what: str, names: list[str], before: Any, now: Any) -> Iterator[Row]:
    """The yield of each group, and whether it changed otherwise than the rest."""
    whole = _compared(old.passed, new.passed).change
    rows = []
    for code, name in enumerate(names):
        found = _compared(old.passed[before == code], new.passed[now == code])
        rest = _compared(old.passed[(before != code) & (before >= 0)], new.passed[(now != code) & (now >= 0)])
        counts = int((before == code).sum()), int((now == code).sum())
        rows.append(
            {what: name, "yield_before": found.before, "yield_now": found.now, "yield_change": found.change,
             "beyond": found.change - whole, "p": _otherwise(found, rest, counts, (len(old), len(new))),
             "parts_before": counts[0], "parts_now": counts[1]}
        )  # fmt: skip
    yield from _judged(rows, "beyond")


def _otherwise(found: Compared, rest: Compared, own: tuple[int, int], whole: tuple[int, int]) -> float:
    """p that a group's yield changed as that of the rest did."""
    from scipy.stats import norm

    others = whole[0] - own[0], whole[1] - own[1]
    if isnan(found.change) or isnan(rest.change):
        return nan
    shares = ((found.before, own[0]), (found.now, own[1]), (rest.before, others[0]), (rest.now, others[1]))
    error = sqrt(sum(_variance(share, count) for share, count in shares))
    return float(2 * norm.sf(abs(found.change - rest.change) / error))


def _variance(share: float, count: int) -> float:
    """Of a share; one success and one failure more are counted, so that none is taken as certain (Agresti-Caffo)."""
    inner = (share * count + 1) / (count + 2)
    return inner * (1 - inner) / (count + 2)


def _hardware(old: Pool, new: Pool) -> Iterator[Row]:
    for factor in SETUP:
        sides = [pool.labels(factor) for pool in (old, new)]
        counts = [dict(zip(names, np.bincount(codes[codes >= 0], minlength=len(names)).tolist(), strict=True))
                  for codes, names in sides]  # fmt: skip
        for name in dict.fromkeys([*counts[0], *counts[1]]):
            was, is_now = (side.get(name, 0) for side in counts)
            change = "only now" if not was else "only before" if not is_now else "on both sides"
            yield {
                "what": factor.replace("_", " "),
                "value": name,
                "parts_before": was,
                "parts_now": is_now,
                "change": change,
            }


def _notes(old: Pool, new: Pool, tables: dict[str, tuple[Row, ...]]) -> Iterator[str]:
    yield "Shift is in robust sigmas within the groups; q is p after false discovery control."
    if min(old.lot_count, new.lot_count) < 2:
        yield "p takes parts as independent: with one lot on a side, any two lots differ so; judge by the effect."
    if not tables["zones"]:
        yield "Zones not compared: the files give no coordinates."
    if len(tables["sites"]) < 2:
        yield "Sites not compared: there is one only."
