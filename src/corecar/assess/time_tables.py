"""Where test time goes: by site and verdict, by test where the files say it, and which tests could be left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any, Literal

import numpy as np

from corecar.assess.figures import Figures
from corecar.assess.pools import Pool, pool_of
from corecar.assess.removals import Removable, removables
from corecar.assess.samples import FloatArray, fraction
from corecar.lot import Lot
from corecar.plurals import plural
from corecar.standards import value

Row = dict[str, Any]
Apportion = Literal["none", "even"]
Seconds = Mapping[tuple[int, str | None], float]

CAVEATS = (
    "The customer has to agree to leaving a test out, and no test of a safety function is a candidate.",
    "Bounds hold for parts like these: keep the test on the first parts, edge dies and after any change of hardware.",
)


@dataclass(frozen=True)
class TimesOfTesting(Figures):
    """What `times_of_testing` answers; times are of parts, and those of sites that test at once overlap.

    parts     parts per site and verdict: median, mean, quantiles and sum of the time of a part [s]; empty where the
              files give none
    removals  per test, of the candidates the one that saves most first: all_fails, unique_fails (parts that failed
              nothing else), cpk, r and related_to (a test that stays), escapes_ppm (the upper confidence bound of
              parts that would escape without it), seconds of one execution and seconds_saved over these parts
    source    where `seconds` comes from: `TSR TEST_TIM`, `part time in equal shares`, or `not known`
    """

    n: int
    parts: tuple[Row, ...]
    removals: tuple[Row, ...]
    source: str
    notes: tuple[str, ...]


def times_of_testing(
    lots: Lot | Sequence[Lot] | Pool,
    seconds: Seconds | None = None,
    *,
    apportion: Apportion = "none",
    confidence: float | None = None,
) -> TimesOfTesting:
    """Test time by site and verdict, and which tests never decide alone, with what leaving each out could let escape.

    lots        one lot or several, tested alike
    seconds     mean time of one execution by (number, name), from STDF's TSR; None where the files do not say it
    apportion   `even`: where there is none, give every executed test of a good part an equal share of its time
    confidence  of the upper bound on escapes; None for the one in `standards/comparisons.csv`
    Returns     TimesOfTesting
    Source      STDF V4 (PRR TEST_T, TSR TEST_TIM); Clopper and Pearson (1934)

    >>> times_of_testing(corecar.read("lot.stdf.gz")).removals[0]["verdict"]  # doctest: +SKIP
    'keep'
    """
    pool = pool_of(lots)
    chance = fraction(
        float(value("Comparisons", "removal", "confidence")) if confidence is None else confidence, "confidence"
    )
    times = pool.column("test_time_ms") / 1000
    found, notes = removables(pool, chance)
    known, source, told = _seconds(found, seconds or {}, times, pool, apportion)
    rows = [
        {**one.row, "seconds": each, "seconds_saved": each * one.executed}
        for one, each in zip(found, known, strict=True)
    ]
    rows.sort(key=_order)
    return TimesOfTesting(
        len(pool), tuple(_by_site(pool, times)), tuple(rows), source,
        (*_counts(pool, found), *told, *notes, *_of_sites(pool, times), *CAVEATS),
    )  # fmt: skip


def _counts(pool: Pool, found: Sequence[Removable]) -> list[str]:
    """Why there are fewer tests here than in other tables, and of how many of them something is known."""
    notes = []
    if len(pool.tests) > len(found):
        readings = sum(test.parametric for test in pool.tests)
        notes.append(
            f"{plural(len(found), 'test')} by number and name, each with all its pins, since the tester runs them at "
            f"once: pin by pin, as `corecar info` counts, they are {len(pool.tests):,}, {readings:,} of them with "
            "readings, which bias, drifts and related compare."
        )
    without = sum(one.row["verdict"] == "keep" and isnan(one.row["cpk"]) for one in found)
    if without:
        notes.append(f"{plural(without, 'test')} without Cpk: functional, or without a limit or spread: no candidate.")
    never = sum(not one.executed for one in found)
    return [*notes, f"{plural(never, 'test')} executed on no part."] if never else notes


def _order(row: Row) -> tuple[Any, ...]:
    """Candidates first, then by what is saved and by what could escape."""
    rank = ("candidate", "too few parts", "keep").index(row["verdict"])
    return rank, -(0.0 if isnan(row["seconds_saved"]) else row["seconds_saved"]), row["escapes_ppm"]


def _by_site(pool: Pool, times: FloatArray) -> Iterator[Row]:
    if not np.isfinite(times).any():
        return
    codes, names = pool.labels("site")
    groups = [("all", np.ones(len(pool), np.bool_))]
    groups += [(name, codes == at) for at, name in enumerate(names)] if len(names) > 1 else []
    for site, here in groups:
        for verdict, chosen in (("all", here), ("pass", here & pool.passed), ("fail", here & ~pool.passed)):
            own = times[chosen & np.isfinite(times)]
            if len(own):
                q5, median, q95 = np.quantile(own, [0.05, 0.5, 0.95])
                yield {
                    "site": site, "verdict": verdict, "parts": len(own), "median_s": float(median),
                    "mean_s": float(own.mean()), "q05_s": float(q5), "q95_s": float(q95), "sum_s": float(own.sum()),
                }  # fmt: skip


def _seconds(
    found: Sequence[Removable], told: Seconds, times: FloatArray, pool: Pool, apportion: str
) -> tuple[list[float], str, list[str]]:
    """Seconds of one execution of each test, where they come from, and what is to be said of it."""
    given = [told.get((one.number, one.name), told.get((one.number, None), nan)) for one in found]
    if not all(map(isnan, given)):
        missing = sum(map(isnan, given))
        known = len(given) - missing
        notes = [f"The files give the time of {known:,} of {plural(len(given), 'test')} (TSR)."] if missing else []
        return given, "TSR TEST_TIM", notes
    timed = pool.passed & np.isfinite(times)
    if not timed.any():
        return (
            given,
            "not known",
            ["The files say neither how long a test takes (TSR TEST_TIM) nor a part (PRR TEST_T)."],
        )
    if apportion == "none":
        only = "The files say how long a part takes, not a test: no seconds are given per test."
        return given, "not known", [f"{only} `even` would give each an equal share."]
    runs = sum(one.executed_by_good for one in found)
    share = float(times[timed].sum()) / runs * int(pool.passed.sum()) / int(timed.sum()) if runs else nan
    rule = "Seconds per test are equal shares of the time of good parts, not measured: use them to rank nothing."
    return [share] * len(found), "part time in equal shares", [rule]


def _of_sites(pool: Pool, times: FloatArray) -> list[str]:
    if len(pool.labels("site")[1]) < 2 or not np.isfinite(times).any():
        return []
    return ["Sites that test at once share the tester's time, so it saves less than the parts' seconds together."]
