"""Tests that decide nothing alone, and how many parts could escape without each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np

from corecar.assess.pools import Pool, PooledTest, title
from corecar.assess.related_tests import correlations, standardised
from corecar.assess.samples import FloatArray
from corecar.assess.sampling import fraction_bound
from corecar.capability import capability
from corecar.plurals import plural
from corecar.standards import value

Row = dict[str, Any]


@dataclass(frozen=True)
class Removable:
    """One test as a program has it (all its pins together), and what leaving it out would mean.

    executed, executed_by_good  parts
    """

    number: int
    name: str | None
    executed: int
    executed_by_good: int
    row: Row


@dataclass
class _Counted:
    """What one test did, over all its pins."""

    executed: Any
    failing: Any
    cpk: float
    members: list[int]


def removables(pool: Pool, confidence: float) -> tuple[list[Removable], list[str]]:
    """Every test of a pool with its fails, those that only it found, and the bound on escapes; and notes.

    A test whose readings a test that stays repeats is a candidate when no part failed it alone, in enough parts, with
    enough room to its limits; the figures are those of `standards/comparisons.csv`
    """
    found, parametric = _counted(pool)
    fails = np.zeros(len(pool), np.int32)
    for one in found.values():
        fails += one.failing
    stopped, notes = _stops(pool, found), []
    unique = {key: int((one.failing & (fails == 1) & ~pool.passed).sum()) for key, one in found.items()}
    least = float(value("Comparisons", "removal", "least_r"))
    ties = _ties(list(found), _strengths(pool, found, parametric), _deciding(found, unique), least)
    out = [_answer(key, one, unique[key], ties[key], confidence, pool.passed) for key, one in found.items()]
    gone = [one for key, one in found.items() if ties[key].removable]
    notes += _without_all(pool, gone, fails, confidence) if len(gone) > 1 else []
    unexplained = int((~pool.passed & (fails == 0)).sum())
    if unexplained:
        notes.append(f"{unexplained:,} failed parts failed no test by its flags: no test is blamed for them.")
    if stopped:
        notes.append(
            "Testing stopped at the first fail, so every failing test looks unique: unique fails are upper bounds."
        )
    return out, notes


def _counted(pool: Pool) -> tuple[dict[tuple[int, str | None], _Counted], list[PooledTest]]:
    found: dict[tuple[int, str | None], _Counted] = {}
    parametric: list[PooledTest] = []
    for test in pool.tests:
        executed, failing = pool.verdicts(test)
        cpk = _cpk(pool, test) if test.parametric else nan
        key = test.key[0], test.key[1]
        one = found.setdefault(key, _Counted(np.zeros(len(pool), np.bool_), np.zeros(len(pool), np.bool_), nan, []))
        one.executed |= executed
        one.failing |= failing
        one.cpk = cpk if isnan(one.cpk) else one.cpk if isnan(cpk) else min(one.cpk, cpk)
        if test.parametric:
            one.members.append(len(parametric))
            parametric.append(test)
    return found, parametric


def _cpk(pool: Pool, test: PooledTest) -> float:
    """Of all readings of good parts together, as `measures` has it."""
    readings = pool.readings(test)[pool.passed].astype(np.float64)
    readings = readings[np.isfinite(readings)]
    if len(readings) < 2:
        return nan
    columns = (readings.mean(), readings.std(ddof=1), test.low, test.high)
    return float(capability(*(np.array([column]) for column in columns))[0])


def _stops(pool: Pool, found: dict[Any, _Counted]) -> bool:
    """Whether failed parts were tested less than good ones: their median lacks a tenth of the tests."""
    counts = np.zeros(len(pool), np.int32)
    for one in found.values():
        counts += one.executed
    good, bad = counts[pool.passed], counts[~pool.passed]
    return bool(len(good) and len(bad) and np.median(bad) < 0.9 * np.median(good))


def _strengths(pool: Pool, found: dict[Any, _Counted], tests: Sequence[PooledTest]) -> FloatArray:
    """|r| of every two tests, of several pins that of the pin least repeated; -1 where there are no readings."""
    out = np.full((len(found), len(found)), -1.0)
    at = [place for place, one in enumerate(found.values()) if one.members]
    if not at:
        return out
    standard, _ = standardised(pool, tests)
    r = np.nan_to_num(np.abs(correlations(standard)[0]))
    pins = [one.members for one in found.values() if one.members]
    order = [pin for members in pins for pin in members]
    firsts = np.cumsum([0, *map(len, pins)])[:-1]
    of_tests = np.minimum.reduceat(np.maximum.reduceat(r[np.ix_(order, order)], firsts, axis=1), firsts, axis=0)
    out[np.ix_(at, at)] = of_tests
    return out


def _deciding(found: dict[Any, _Counted], unique: dict[Any, int]) -> list[bool]:
    """Tests that stay whatever repeats them: some part failed them alone, or their room is small."""
    least = float(value("Comparisons", "removal", "cpk"))
    return [bool(unique[key]) or not one.cpk >= least for key, one in found.items()]


@dataclass(frozen=True)
class _Tie:
    """The strongest |r| of a test to one that stays, and that one; removable where it is strong enough."""

    r: float
    to: Any
    removable: bool


def _ties(keys: Sequence[Any], strengths: FloatArray, deciding: Sequence[bool], least: float) -> dict[Any, _Tie]:
    """Of tests that repeat one another the first of the program stays for the others."""
    stays = np.array(deciding, np.bool_)
    removable = np.zeros(len(keys), np.bool_)
    for at in np.flatnonzero(~stays):
        removable[at] = bool((strengths[at] * stays).max(initial=0) >= least)
        stays[at] = not removable[at]
    out = {}
    for place, key in enumerate(keys):
        others = np.where(stays, strengths[place], -1.0)
        others[place] = -1.0
        best = int(others.argmax())
        out[key] = (
            _Tie(float(others[best]), keys[best], bool(removable[place]))
            if others[best] >= 0
            else _Tie(nan, None, False)
        )
    return out


def _without_all(pool: Pool, gone: Sequence[_Counted], fails: Any, confidence: float) -> list[str]:
    """What leaving all removable tests out together would let escape."""
    together = np.zeros(len(pool), np.int32)
    for one in gone:
        together += one.failing
    escaped = int(((together > 0) & (together == fails) & ~pool.passed).sum())
    bound = fraction_bound(escaped, len(pool), confidence).at_most_ppm
    what = f"{escaped:,} of {plural(len(pool), 'part')} would have escaped, at most {bound:,.0f} ppm"
    return [f"Without all {len(gone):,} tests that others repeat, {what} at {confidence:.0%} confidence."]


def _answer(
    key: tuple[int, str | None], one: _Counted, unique: int, tie: _Tie, confidence: float, passed: Any
) -> Removable:
    executed = int(one.executed.sum())
    bound = fraction_bound(unique, executed, confidence).at_most_ppm if executed else nan
    verdict, why = _verdict(one, unique, tie, executed)
    related = title(*tie.to) if tie.to else None
    row = {
        "number": key[0], "name": key[1], "verdict": verdict, "all_fails": int(one.failing.sum()),
        "unique_fails": unique, "executed": executed, "cpk": one.cpk, "r": tie.r, "related_to": related,
        "escapes_ppm": bound, "why": why,
    }  # fmt: skip
    return Removable(key[0], key[1], executed, int((one.executed & passed).sum()), row)


def _verdict(one: _Counted, unique: int, tie: _Tie, executed: int) -> tuple[str, str]:
    cpk, parts = (float(value("Comparisons", "removal", name)) for name in ("cpk", "least_parts"))
    against = []
    if unique:
        against.append("parts failed it alone")
    if not one.cpk >= cpk:
        against.append("no Cpk" if isnan(one.cpk) else f"Cpk below {cpk:g}")
    if not tie.removable and not against:
        against.append("no test that stays repeats it")
    if against:
        return "keep", "; ".join(against)
    if executed < parts:
        return "too few parts", f"never needed, but in fewer than {parts:,.0f} parts"
    return "candidate", f"never needed in {executed:,} parts"
