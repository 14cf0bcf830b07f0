"""Every test of a lot, or of many, by site, tester, load board and probe card: which differ, and how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from corecar.assess.between_groups import bias_of_codes, yield_bias
from corecar.assess.false_discoveries import adjusted
from corecar.assess.figures import Figures
from corecar.assess.pools import FACTORS, Pool, PooledTest, pool_of, test_counts
from corecar.assess.samples import FloatArray
from corecar.errors import TooFewParts
from corecar.lot import Lot
from corecar.plurals import plural
from corecar.standards import value
from corecar.strata import CodeArray

Row = dict[str, Any]


VERDICTS = ("hold", "warn", "alike")
"""What is said of a comparison, the gravest first."""


@dataclass(frozen=True)
class Biases(Figures):
    """What `biases` answers.

    tests   per factor and test, hold before warn before alike, then the largest effect first: effect [robust sigmas],
            verdict, p, q (p after false
            discovery control over the tests of the factor), the groups with the lowest and highest median, and
            spread_ratio; medians are of good and bad parts [the test's unit]
    yields  per factor and group: parts, good, final_yield, p of equal yields, and from which groups it differs
    notes   what was not compared and why, and what cannot be told apart
    """

    parts: int
    tests: tuple[Row, ...]
    yields: tuple[Row, ...]
    notes: tuple[str, ...]


def biases(lots: Lot | Sequence[Lot] | Pool, factors: Sequence[str] = FACTORS) -> Biases:
    """Whether sites, testers, load boards, probe cards or handlers differ: each test and the yield, effect first.

    lots     one lot or several, tested alike (one stage, one temperature)
    factors  `site`, or columns of `runs` such as `tester`
    Returns  Biases. Where the groups of a factor all occur within several lots, readings are taken less the median
             of their lot, so that lots that differ do not hide or feign a difference
    Source   Kruskal and Wallis (1952); Marascuilo (1966); Benjamini and Hochberg (1995)

    >>> biases(corecar.read("lot.stdf.gz")).tests[0]["verdict"]  # doctest: +SKIP
    'warn'
    """
    pool = pool_of(lots)
    tests: list[Row] = []
    yields: list[Row] = []
    notes: list[str] = []
    divided: dict[str, CodeArray] = {}
    for factor in factors:
        codes, names, why = _groups(pool, factor)
        notes += why
        if len(names) < 2:
            continue
        inside, told = _within_lots(pool, codes, factor)
        divided[factor] = codes
        notes += told
        tests += _of_tests(pool, factor, codes, names, inside)
        yields += _of_yields(pool, factor, codes, names)
    tests.sort(key=lambda row: (VERDICTS.index(row["verdict"]), -row["effect"]))
    counts = test_counts(pool, tests, "with enough readings in two groups") if divided else []
    return Biases(len(pool), tuple(tests), tuple(yields), (*counts, *notes, *_together(divided)))


def _groups(pool: Pool, factor: str) -> tuple[CodeArray, list[str], list[str]]:
    """Groups that are large enough, renumbered; and what is to be said of the others."""
    codes, names = pool.labels(factor)
    least, word = int(value("Comparisons", "group-bias", "least_group")), factor.replace("_", " ")
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    large = np.flatnonzero(counts >= least)
    new = np.full(len(names) + 1, -1, np.int32)
    new[large] = np.arange(len(large))
    notes = []
    if small := [names[at] for at in np.flatnonzero(counts < least)]:
        notes.append(f"{word}: {', '.join(small)} left out, with fewer than {plural(least, 'part')}.")
    if not names:
        notes.append(f"{word}: not compared, no file names one.")
    elif len(large) < 2:
        notes.append(f"{word}: not compared: {_why_not(names, large.tolist(), word, least)}.")
    return new[codes], [names[at] for at in large], notes


def _why_not(names: list[str], large: list[int], word: str, least: int) -> str:
    """Why there is nothing to compare: everything was tested on the one, or too little on each."""
    if not large:
        return f"no {word} tested as many as {plural(least, 'part')}"
    only = names[large[0]]
    if len(names) == 1:
        return f"every part was tested on the same one, {only}"
    return f"only {only} tested as many as {plural(least, 'part')}"


def _within_lots(pool: Pool, codes: CodeArray, factor: str) -> tuple[bool, list[str]]:
    """Whether the groups meet within lots, so that lots can be taken out of the comparison."""
    if pool.lot_count == 1:
        return False, []
    groups = [len(np.unique(codes[(pool.lot_codes == lot) & (codes >= 0)])) for lot in range(pool.lot_count)]
    word = factor.replace("_", " ")
    if all(count > 1 for count in groups):
        return True, []
    if all(count <= 1 for count in groups):
        return False, [f"{word}: each lot met one only, so a difference may be one of the lots."]
    return False, [f"{word}: some lots met one only, so a difference may partly be one of the lots."]


def _of_tests(pool: Pool, factor: str, codes: CodeArray, names: list[str], inside: bool) -> Iterator[Row]:
    compared = []
    for test in pool.tests:
        if not test.parametric:
            continue
        readings = pool.readings(test).astype(np.float64)
        if inside:
            readings = _less_lots(pool, readings)
        try:
            compared.append((test, bias_of_codes(readings, codes.astype(np.intp), names)))
        except TooFewParts:
            continue
    for (test, found), q in zip(compared, adjusted([found.p for _, found in compared]), strict=True):
        yield _row(factor, test, found, float(q))


def _less_lots(pool: Pool, readings: FloatArray) -> FloatArray:
    """Readings less the median of their lot, plus the median of all."""
    known = np.isfinite(readings)
    if not known.any():
        return readings
    return readings - pool.lot_medians(readings)[pool.lot_codes] + float(np.median(readings[known]))


def _row(factor: str, test: PooledTest, found: Any, q: float) -> Row:
    low, high = (choose(found.medians, key=found.medians.get) for choose in (min, max))
    return {
        "factor": factor.replace("_", " "), **test.named,
        "effect": found.effect, "verdict": verdict_of(found.effect, q),
        "lowest": low, "lowest_median": found.medians[low], "highest": high, "highest_median": found.medians[high],
        "sigma": found.sigma_within, "spread_ratio": found.spread_ratio, "p": found.p, "q": q,
        "p_spread": found.p_spread, "n": found.n,
    }  # fmt: skip


def verdict_of(effect: float, q: float) -> str:
    """As `group_bias` has it, but of q, and no hold by chance alone."""
    warn, sure, hold = (
        float(value("Comparisons", "group-bias", name)) for name in ("warn_effect", "warn_p", "hold_effect")
    )
    if not q < sure or effect < warn:
        return "alike"
    return "hold" if effect >= hold else "warn"


def _of_yields(pool: Pool, factor: str, codes: CodeArray, names: list[str]) -> Iterator[Row]:
    tested = np.bincount(codes[codes >= 0], minlength=len(names))
    good = np.bincount(codes[(codes >= 0) & pool.passed], minlength=len(names))
    found = yield_bias(good, tested, names)
    for at, name in enumerate(names):
        pairs = [pair for pair in found.differing if name in pair]
        apart = [second if first == name else first for first, second in pairs]
        yield {
            "factor": factor.replace("_", " "), "group": name, "parts": int(tested[at]), "good": int(good[at]),
            "final_yield": found.yields[name], "differs_from": ", ".join(apart), "p": found.p,
        }  # fmt: skip


def _together(divided: dict[str, CodeArray]) -> Iterator[str]:
    """Which factors divide the parts in the same way, so that their effects are one."""
    for (one, first), (other, second) in combinations(divided.items(), 2):
        pairs = len(np.unique(first.astype(np.int64) * 100_000 + second))
        if pairs == len(np.unique(first)) == len(np.unique(second)):
            words = (one.replace("_", " "), other.replace("_", " "))
            yield f"{words[0]} and {words[1]} change together: their effects cannot be told apart."
