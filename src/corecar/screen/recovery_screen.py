"""The screen of recovery rates: a lot of which retests recovered more than of the lots before waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.findings import Findings, nothing, record_rows
from corecar.screen.lot_yields import LotYields, lot_yields
from corecar.screen.placed import named, not_applied_words
from corecar.screen.recipe import Recipe
from corecar.screen.recovery_limits import LEAST_ROWS, RecoveryVerdict, place_words, recovery_verdicts
from corecar.screen.retest_screen import without_units
from corecar.screen.rows import ScreenRow
from corecar.screen.yield_screen import baseline_lots

VERSION = "1"
STEP = "Review the test cell (contacts, handler, load board) before release."


def recovery_rate(lot: Lot, row: ScreenRow, recipe: Recipe, earlier: Sequence[LotYields]) -> Findings:
    """Hold a lot of which more first fails of a bin and site recovered at a retest than the lots before allow.

    It rejects no part. Limits from fewer lots than AEC-Q002 asks for are preliminary: what lies above is told, and
    holds nothing.

    earlier  what was counted of the lots before, as for statistical yield limits
    Source   AEC-Q002 Rev B, its statistical bin limit taken over to the rate of recovery
    """
    missing = without_units(lot, row.kind, "how many fails a retest recovered is not known")
    if missing is not None:
        return missing
    mine = lot_yields(lot)
    if not any(each.retested for each in mine.retests or ()):
        return replace(nothing(row.kind, (), [f"{row.kind}: no part that failed first was tested again."]), held=True)
    lots, notes = _counted(row.kind, *baseline_lots(mine, earlier, recipe))
    if len(lots) < LEAST_ROWS:
        why = f"{plural(len(lots), 'earlier lot')} with counted retests, fewer than {LEAST_ROWS}"
        said = f"{not_applied_words(row.kind, why)} Give the lots before: --history DIR."
        return nothing(row.kind, [said], notes)
    how = {name: row[name] for name in ("method", "by_site", "bins", "least")}
    found = recovery_verdicts(mine.retests or (), {one.lot: one.retests or () for one in lots}, **how)
    above = [each for each in found if each.finding]
    notes += [f"Preliminary: {_sentence(row.kind, each)}" for each in above if each.preliminary]
    hold = [_sentence(row.kind, each) for each in above if not each.preliminary]
    told = nothing(row.kind, _unjudged(row.kind, found), notes, hold)
    judged = any(each.limit is not None for each in found)
    return replace(told, records=_records(row.kind, found), held=judged)


def _counted(kind: str, lots: Sequence[LotYields], notes: Sequence[str]) -> tuple[list[LotYields], list[str]]:
    """The lots whose retests were counted, and what there is to say of the others."""
    counted = [one for one in lots if one.retests is not None]
    told = [note.replace("made no yield limits", "made no limits of recovery") for note in notes]
    if len(counted) < len(lots):
        left = plural(len(lots) - len(counted), "earlier lot")
        told.append(
            f"{kind}: {left} made no limits: nothing said which attempts were of one unit, or an older Corecar graded "
            "it. Grade it again."
        )
    return counted, told


def _sentence(kind: str, each: RecoveryVerdict) -> str:
    return f"{kind}: {each}. {STEP}"


def _unjudged(kind: str, found: Sequence[RecoveryVerdict]) -> list[str]:
    """One sentence for each cause."""
    causes: dict[str, list[str]] = {}
    for each in found:
        if each.why:
            causes.setdefault(each.why, []).append(place_words(each.bin, each.site))
    return [f"{kind}: not judged: {named(places)}: {why}." for why, places in causes.items()]


def _records(kind: str, found: Sequence[RecoveryVerdict]) -> Any:
    rows = []
    for each in found:
        words = {"scope": place_words(each.bin, each.site), "n": each.retested}
        if each.limit is None:
            rows.append({**words, "estimator": "recovered of retested", "fallback": each.why, "applied": False})
            continue
        limit, history = each.limit, each.limit.history
        told = f"recovered of retested; {limit.method} limit from {plural(history.lots, 'lot')}"
        rows.append(
            {**words, "estimator": told, "width": limit.width, "median": history.mean, "sigma": limit.sigma,
             "high": limit.limit, "clamp": limit.clamp, "fallback": limit.fallback, "population": history.population,
             "applied": not each.preliminary}
        )  # fmt: skip
    return record_rows(kind, VERSION, rows)
