"""A lot and its wafers held against the lots before: the limits, what is beyond them, and what a reader must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from corecar.plurals import plural
from corecar.screen.baselines import baseline_rules, choose_lots
from corecar.screen.lot_yields import LotYields, YieldRow
from corecar.screen.rate_history import RateHistory, bin_history, yield_history
from corecar.screen.recipe import Recipe
from corecar.screen.yield_findings import Finding, judge_rates
from corecar.screen.yield_limits import LEVELS, RateLimit, rate_limit

LEAST_ROWS = 2


@dataclass(frozen=True)
class YieldScreening:
    """What statistical yield limits found.

    limits    both levels of each limit, for the middle size of the lots before
    findings  wafers and lots beyond them
    notes     what a reader must know, one sentence each
    hold      why the lot must not ship before review, one sentence each
    """

    limits: tuple[RateLimit, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()

    @property
    def quarantine(self) -> tuple[str, ...]:
        """Those of `hold` that ask for quarantine: what lies beyond level 2 (AEC-Q002 Rev B)."""
        beyond = {str(finding) for finding in self.findings if finding.action == "quarantine"}
        return tuple(sentence for sentence in self.hold if sentence in beyond)

    def to_dict(self) -> dict[str, Any]:
        """As plain values ready for JSON."""
        return {
            "limits": [limit.to_dict() for limit in self.limits],
            "findings": [finding.to_dict() for finding in self.findings],
        }


def yield_screen(mine: LotYields, earlier: Sequence[LotYields], recipe: Recipe) -> YieldScreening:
    """Hold a lot and its wafers against the lots before it.

    mine     what was counted of the lot
    earlier  what was counted of others; only lots of the same product, stage and temperature count, and none that was
             tested later
    Limits from fewer lots than the standard asks are preliminary: what lies beyond them is told, and holds nothing.
    Source   AEC-Q002 Rev B
    """
    lots, notes = baseline_lots(mine, earlier, recipe)
    if len(lots) < LEAST_ROWS:
        return _without_limits(len(lots), notes, recipe)
    limits: list[RateLimit] = []
    findings: list[Finding] = []
    for scope in dict.fromkeys(row.scope for row in mine.rows):
        rows = [row for row in mine.rows if row.scope == scope and row.tested]
        for history, hits in _histories(scope, rows, lots, recipe):
            method = recipe.yield_method if history.screen == "syl" else recipe.yield_bins_method
            limits += [rate_limit(history, level, method=method) for level in LEVELS]
            names, tested = [row.unit for row in rows], [row.tested for row in rows]
            findings += judge_rates(names, hits, tested, history, method=method)
    said = tuple(str(one) for one in findings)
    if len(lots) >= baseline_rules("AEC-Q002").lots:
        return YieldScreening(tuple(limits), tuple(findings), tuple(notes), said)
    notes.append(f"The statistical yield limits are preliminary: they rest on {plural(len(lots), 'earlier lot')}.")
    notes += [f"Preliminary: {sentence}" for sentence in said]
    return YieldScreening(tuple(limits), tuple(findings), tuple(notes))


def baseline_lots(mine: LotYields, earlier: Sequence[LotYields], recipe: Recipe) -> tuple[list[LotYields], list[str]]:
    """Lots that the limits of a lot rest on, and a sentence on those that were left out.

    Of the same product, stage and temperature, tested no later, since the last update or change of the recipe.
    Source  AEC-Q002 Rev B
    """
    alike = {one.lot: one for one in earlier if one.insertion == mine.insertion and one.lot != mine.lot}
    dated = [one for one in alike.values() if one.tested_on is not None and one.rows]
    days = [one.tested_on for one in dated if one.tested_on is not None]
    today = mine.tested_on or max(days, default=date.max)
    updated, changed = (
        date.fromisoformat(day) if day else None for day in (recipe.yield_updated, recipe.yield_changed)
    )
    chosen = choose_lots(
        days, baseline_rules("AEC-Q002"), today=max(today, updated or today, changed or today), updated=updated,
        changed=changed,
    )  # fmt: skip
    rows = [row for row in chosen.rows if days[row] <= today]
    return [dated[row] for row in rows], _left_out(len(earlier), len(alike), len(rows))


def _left_out(given: int, alike: int, used: int) -> list[str]:
    """Lots that made no limits, where a reader would miss them."""
    if given and not alike:
        return [f"{plural(given, 'earlier lot')} made no yield limits: none is of this product, stage and temperature."]
    if alike > used:
        why = "tested later or on no known day, or before the last update or change"
        return [f"{plural(alike - used, 'earlier lot')} made no yield limits: {why}."]
    return []


def _without_limits(lots: int, notes: list[str], recipe: Recipe) -> YieldScreening:
    told = f"Statistical yield limits were not applied: {plural(lots, 'earlier lot')}, fewer than {LEAST_ROWS}."
    if recipe.yield_required:
        return YieldScreening(notes=tuple(notes), hold=(f"{told} The recipe asks for them.",))
    return YieldScreening(notes=(*notes, told))


def _histories(
    scope: str, rows: Sequence[YieldRow], lots: Sequence[LotYields], recipe: Recipe
) -> list[tuple[RateHistory, list[int]]]:
    """The history of the yield and of each critical bin, with what the lot has of it."""
    before = [(lot.lot, row) for lot in lots for row in lot.rows if row.scope == scope and row.tested]
    if not rows or len(before) < LEAST_ROWS:
        return []
    tested = [row.tested for _, row in before]
    common: dict[str, Any] = {"scope": scope, "lots": [lot for lot, _ in before], "weighted": recipe.yield_weighted}
    out = [(yield_history([row.good for _, row in before], tested, **common), [row.good for row in rows])]
    for number in recipe.yield_bins or _bins_seen([*rows, *(row for _, row in before)]):
        counts = [row.in_bin(number) for _, row in before]
        history = bin_history(counts, tested, bin_name=f"hard bin {number}", **common)
        out.append((history, [row.in_bin(number) for row in rows]))
    return out


def _bins_seen(rows: Sequence[YieldRow]) -> list[int]:
    return sorted({number for row in rows for number, _ in row.bins})
