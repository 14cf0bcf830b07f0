"""The screen of retested parts: who passed only after so many fails, or after a fail that no retest may mend.

And whether only those bins were retested that the recipe says may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.attempts import Retested, retested_bins, units_known
from corecar.lot import BoolArray, Int64Array, Lot
from corecar.plurals import plural
from corecar.screen.findings import NO_TEST, Findings, nothing, record_rows
from corecar.screen.placed import not_applied_words
from corecar.screen.recipe import Recipe
from corecar.screen.rows import ScreenRow

VERSION = "1"


def retest(lot: Lot, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts whose unit failed `tries - 1` times or more, or once in a bin that is `never` to be retested.

    Fails in `exempt` bins count for nothing. All attempts at the unit count, also those after the one that was chosen.
    Where `retestable` names bins, a lot of which units were tested again after any other bin waits for a person.
    """
    missing = without_units(lot, row.kind, "how often a part failed is not known")
    if missing is not None:
        return missing
    unit, failing = _units(lot), failed_attempts(lot)
    bins = pc.fill_null(lot.parts["hard_bin"].cast("int64"), -1).to_numpy()
    fails = _count(unit, failing & ~np.isin(bins, row["exempt"]))
    barred = _count(unit, failing & np.isin(bins, row["never"]))
    good = lot.final & lot.passed
    part = np.flatnonzero(good & ((fails >= row["tries"] - 1) | (barred > 0)))
    return Findings(
        rule=row.kind,
        records=_record(lot, row, unit, bins, int(good.sum())),
        part=part,
        test=np.full(len(part), NO_TEST),
        limit=np.zeros(len(part), np.int64),
        value=(fails[part] + 1).astype(np.float64),
        distance=np.full(len(part), np.nan),
        reasons=_reasons(row, part, unit, failing, bins),
        hold=_outside_the_list(lot, row),
    )


def retests_outside(lot_bins: Sequence[Retested], retestable: Sequence[int]) -> list[Retested]:
    """Retests after a bin that is not listed; of all bins also those in which the attempt before passed."""
    return [each for each in lot_bins if each.bin not in retestable]


def outside_words(outside: Sequence[Retested], retestable: Sequence[int]) -> str:
    """`15 retests followed a bin that is not listed as retestable (2, 5): bin 8 (12), bin 1 that passed (3)`."""
    named = ", ".join(
        f"{'no bin' if each.bin is None else f'bin {each.bin}'}{' that passed' if each.passed else ''} "
        f"({each.retests:,})"
        for each in sorted(outside, key=lambda one: -one.retests)
    )
    count = sum(each.retests for each in outside)
    listed = ", ".join(map(str, retestable))
    return f"{plural(count, 'retest')} followed a bin that is not listed as retestable ({listed}): {named}"


def without_units(lot: Lot, kind: str, then: str) -> Findings | None:
    """What a screen of retests can say where attempts can't be matched; None where they can.

    then  what is not known for that
    """
    if units_known(lot):
        return None
    return nothing(kind, [not_applied_words(kind, f"nothing says which attempts are of one unit, so {then}")])


def failed_attempts(lot: Lot) -> BoolArray:
    """bool, shape (parts,): complete attempts that the tester called failed; not those it said nothing of."""
    failing = pc.fill_null(pc.invert(lot.parts["passed"]), False).to_numpy(zero_copy_only=False)
    complete = ~pc.fill_null(lot.parts["incomplete"], False).to_numpy(zero_copy_only=False)
    found: BoolArray = failing & complete
    return found


def _outside_the_list(lot: Lot, row: ScreenRow) -> tuple[str, ...]:
    """Why the lot must wait: units were tested again after bins that the recipe does not list."""
    outside = retests_outside(retested_bins(lot), row["retestable"]) if row["retestable"] else []
    if not outside:
        return ()
    return (f"{row.kind}: {outside_words(outside, row['retestable'])}. Ask the test floor why, before release.",)


def _units(lot: Lot) -> Int64Array:
    """int64, shape (parts,): the unit of each attempt, counted from 0."""
    found = np.zeros(0, np.int64) if lot.units is None else lot.units
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _count(unit: Int64Array, chosen: BoolArray) -> Int64Array:
    """int64, shape (parts,): how many attempts at the unit of each are chosen."""
    return np.bincount(unit, weights=chosen, minlength=1).astype(np.int64)[unit]


def _record(lot: Lot, row: ScreenRow, unit: Int64Array, bins: Int64Array, good: int) -> Any:
    told = [f"{name} {', '.join(map(str, row[name]))}" for name in ("exempt", "never", "retestable") if row[name]]
    attempt, failing = lot.parts["attempt"].to_numpy(), failed_attempts(lot)
    mark = sha256(b"".join(np.ascontiguousarray(each).tobytes() for each in (unit, attempt, failing, bins)))
    words = "; ".join(["fails of a unit + 1", *told])
    one = {"scope": "lot", "n": good, "estimator": words, "high": float(row["tries"]), "population": mark.hexdigest()}
    return record_rows(row.kind, VERSION, [one])


def _reasons(
    row: ScreenRow, part: Int64Array, unit: Int64Array, failing: BoolArray, bins: Int64Array
) -> tuple[str, ...]:
    """Of each rejected part the bins in which its unit failed, in the order of testing."""
    wanted = set(unit[part].tolist())
    of: dict[int, list[int]] = {}
    for at in np.flatnonzero(failing).tolist():
        if int(unit[at]) in wanted:
            of.setdefault(int(unit[at]), []).append(int(bins[at]))
    return tuple(_reason(row, of[int(each)]) for each in unit[part])


def _reason(row: ScreenRow, bins: list[int]) -> str:
    barred = [code for code in bins if code in row["never"]]
    if barred:
        return f"passed after a fail in bin {barred[0]}, which is never retested"
    told = ", ".join("none" if code < 0 else str(code) for code in bins)
    counted = sum(code not in row["exempt"] for code in bins)
    word = "bin" if len(bins) == 1 else "bins"
    return f"passed only after {plural(counted, 'fail')} ({word} {told}), limit {row['tries']} tries"
