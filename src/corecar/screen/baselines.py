"""Which lots of the past limits may rest on, and when they must be looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from corecar.errors import ArgumentError
from corecar.plurals import plural
from corecar.standards import parameters


@dataclass(frozen=True)
class BaselineRules:
    """What a standard asks of a baseline; each value is a row `baseline` of its table.

    lots               fewest lots; fewer make preliminary limits
    last               lots that may be used even where fewer came since the last update
    age_days           a lot tested longer ago is not used; None where the standard sets no age
    early_days         how long limits count as new after they were first set
    early_review_days  new limits are reviewed after so many days or ...
    early_review_lots  ... so many lots, whichever comes first
    review_days        later ones after so many days
    """

    lots: int
    last: int
    age_days: int | None
    early_days: int
    early_review_days: int
    early_review_lots: int
    review_days: int


def baseline_rules(standard: str) -> BaselineRules:
    """The rules of `AEC-Q001` (static part average limits) or `AEC-Q002` (statistical yield and bin limits).

    >>> baseline_rules("AEC-Q002").last
    8
    """
    found = {row.parameter: int(row.value) for row in parameters(standard) if row.rule == "baseline"}
    names = ("lots", "last", "early_days", "early_review_days", "early_review_lots", "review_days")
    return BaselineRules(age_days=found.get("age_days"), **{name: found[name] for name in names})


@dataclass(frozen=True)
class Baseline:
    """The lots that limits rest on.

    rows         places in the list of lots, the oldest first
    left_out     (place, why) of every other lot
    preliminary  why the limits are preliminary; empty when the baseline is whole
    """

    rows: tuple[int, ...]
    left_out: tuple[tuple[int, str], ...]
    preliminary: str


def choose_lots(
    tested_on: Sequence[date],
    rules: BaselineRules,
    *,
    today: date,
    updated: date | None = None,
    changed: date | None = None,
) -> Baseline:
    """The lots that limits set today may rest on: those since the last update, or at least the last eight.

    tested_on  date on which each lot was tested
    updated    date of the limits that are in force; None where these are the first
    changed    last change of design or process, or shrink; lots before it are of another product
    Source     AEC-Q001 Rev D, AEC-Q002 Rev B: older data are not used

    >>> choose_lots([date(2026, 1, day) for day in (1, 2, 3)], baseline_rules("AEC-Q002"), today=date(2026, 2, 1))
    Baseline(rows=(0, 1, 2), left_out=(), preliminary='3 lots, fewer than 6')
    """
    _check_order(today, updated, changed)
    order = sorted(range(len(tested_on)), key=lambda row: (tested_on[row], row))
    refused = {row: why for row in order if (why := _refused(tested_on[row], rules, today, changed))}
    usable = [row for row in order if row not in refused]
    since = [row for row in usable if updated is None or tested_on[row] > updated]
    rows = since if len(since) >= rules.last else usable[-rules.last :] if updated is not None else usable
    stale = {row: f"before the last update on {updated}" for row in usable if row not in set(rows)}
    left_out = tuple(sorted({**refused, **stale}.items()))
    short = f"{plural(len(rows), 'lot')}, fewer than {rules.lots}" if len(rows) < rules.lots else ""
    return Baseline(tuple(rows), left_out, short)


def _check_order(today: date, updated: date | None, changed: date | None) -> None:
    for name, when in (("updated", updated), ("changed", changed)):
        if when is not None and when > today:
            raise ArgumentError(f"{name}={when}: expected a date up to today={today}.")


def _refused(tested: date, rules: BaselineRules, today: date, changed: date | None) -> str:
    if tested > today:
        return f"tested after {today}"
    if changed is not None and tested < changed:
        return f"before the change on {changed}"
    if rules.age_days is not None and tested < today - timedelta(days=rules.age_days):
        return f"older than {rules.age_days} days"
    return ""


@dataclass(frozen=True)
class Review:
    """When limits must be reviewed: the latest date, whether that has come, and why."""

    by: date
    due: bool
    reason: str


def next_review(
    rules: BaselineRules, *, first: date, updated: date, lots_since: int, today: date, changed: date | None = None
) -> Review:
    """When limits must be looked at again.

    first       when limits of this product were first set
    updated     when the present ones were set
    lots_since  lots tested since then
    changed     last change of design or process: limits from before it are due at once
    Source      AEC-Q001 Rev D, AEC-Q002 Rev B

    >>> q002, day = baseline_rules("AEC-Q002"), date(2026, 1, 5)
    >>> next_review(q002, first=day, updated=day, lots_since=0, today=day).by.isoformat()
    '2026-02-04'
    """
    if not first <= updated:
        raise ArgumentError(f"updated={updated}: expected a date from first={first} on.")
    if changed is not None and changed > updated:
        return Review(changed, True, f"changed on {changed}, after the limits were set")
    is_new = updated - first < timedelta(days=rules.early_days)
    by = updated + timedelta(days=rules.early_review_days if is_new else rules.review_days)
    if is_new and lots_since >= rules.early_review_lots:
        return Review(min(by, today), True, f"{plural(lots_since, 'lot')} since the limits were set")
    if today >= by:
        return Review(by, True, f"set {(today - updated).days} days ago")
    return Review(by, False, "")
