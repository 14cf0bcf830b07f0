"""Demand that is worth a question: above its own history, or booked at several suppliers at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from corecar.chain.chain import Chain, in_key_order
from corecar.chain.comparison import DEFAULT_CATEGORY
from corecar.chain.weeks import week_name
from corecar.plurals import plural
from corecar.standards import value


@dataclass(frozen=True)
class AboveHistory:
    """Demand of a customer on a product that is well above what it was: as a whole, or in single weeks.

    before, now  pieces a week: mean over the past weeks and over those to come; of single weeks the largest of each
    weeks        Mondays of the weeks that are above the largest of the past by themselves; none where the mean is above
    """

    product: str
    customer: str
    before: float
    now: float
    past_weeks: int
    weeks: tuple[date, ...] = ()

    def __str__(self) -> str:
        who = f" for {self.customer}" if self.customer else ""
        times = f"{self.now / self.before:.1f} times" if self.before else "more than"
        past = f"of the last {plural(self.past_weeks, 'week')}"
        if not self.weeks:
            return f"{self.product}{who}: {self.now:,.0f} a week, {times} the {self.before:,.0f} {past}"
        first = week_name(self.weeks[0])
        when = f"{plural(len(self.weeks), 'week')} from {first} on" if len(self.weeks) > 1 else first
        return f"{self.product}{who}: up to {self.now:,.0f} in {when}, {times} the largest {past}, {self.before:,.0f}"


@dataclass(frozen=True)
class BookedTwice:
    """One need that seems to stand at several suppliers.

    weeks   Mondays of the weeks in which it does
    pieces  all but the largest booking of each week: what may be counted more than once
    """

    product: str
    customer: str
    suppliers: tuple[str, ...]
    weeks: tuple[date, ...]
    pieces: float

    def __str__(self) -> str:
        who = f" for {self.customer}" if self.customer else ""
        return (
            f"{self.product}{who}: booked at {' and '.join(self.suppliers)} in {plural(len(self.weeks), 'week')} "
            f"from {week_name(self.weeks[0])} on; {self.pieces:,.0f} pieces may be counted twice"
        )


def above_history(chain: Chain, *, first_week: date) -> tuple[AboveHistory, ...]:
    """Customers and products whose weekly demand from a week on is well above that of the weeks before it.

    first_week  Monday from which demand is to come

    The mean of the weeks to come is held against the mean of the past; where it is not above, each week to come is
    held against the largest of the past, so that one large order does not hide among quiet weeks. The factor and the
    fewest weeks of a history stand in the standard `Planning`. A product without a history is not judged. What came
    counts as the history where it is told, else what was asked.
    """
    factor, least = float(value("Planning", "doubt", "factor")), _least_weeks()
    past, coming = _weekly(chain, first_week)
    found = []
    for key, weeks in sorted(coming.items()):
        if len(past[key]) < least:
            continue
        before = sum(past[key].values()) / len(past[key])
        now = sum(weeks.values()) / len(weeks)
        largest = max(past[key].values())
        high = tuple(week for week, pieces in sorted(weeks.items()) if pieces > factor * largest)
        if now > factor * before:
            found.append(AboveHistory(*key, before, now, len(past[key])))
        elif high:
            found.append(AboveHistory(*key, largest, max(weeks[week] for week in high), len(past[key]), high))
    return tuple(found)


def without_history(chain: Chain, *, first_week: date) -> tuple[tuple[str, str], ...]:
    """Products and customers with demand from a week on and too few weeks before it for `above_history` to judge."""
    past, coming = _weekly(chain, first_week)
    least = _least_weeks()
    return tuple(key for key in sorted(coming) if len(past[key]) < least)


Weekly = Mapping[tuple[str, str], Mapping[date, float]]
"""Product and customer -> Monday -> pieces."""


def _least_weeks() -> int:
    return int(value("Planning", "doubt", "least_weeks"))


def _weekly(chain: Chain, first_week: date) -> tuple[Weekly, Weekly]:
    """What came, or else was asked, in the weeks before the first; and what is asked from then on."""
    past: dict[tuple[str, str], dict[date, float]] = defaultdict(lambda: defaultdict(float))
    coming: dict[tuple[str, str], dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in in_key_order("demand", chain.demand).to_pylist():
        key = row["product"], row["customer"] or ""
        if row["week"] < first_week:
            past[key][row["week"]] += row["quantity"] if row["delivered"] is None else row["delivered"]
        else:
            coming[key][row["week"]] += row["quantity"]
    return past, coming


def booked_twice(chain: Chain) -> tuple[BookedTwice, ...]:
    """Needs that stand at several suppliers in one week with about the same quantity.

    A need that is split stands there with parts; one that is booked twice with the same amount, or nearly (the part
    stands in the standard `Planning`). It is a question to the customer and no verdict.
    """
    same = float(value("Planning", "doubt", "same_part"))
    booked: dict[tuple[str, str, str, str, date], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in in_key_order("demand", chain.demand).to_pylist():
        site, category = row["customer_site"] or "", row["category"] or DEFAULT_CATEGORY
        need = row["product"], row["customer"] or "", site, category, row["week"]
        booked[need][row["supplier"] or "no supplier named"] += row["quantity"]
    doubled: dict[tuple[str, str], list[tuple[date, dict[str, float]]]] = defaultdict(list)
    for (product, customer, _, _, week), by_supplier in sorted(booked.items()):
        largest = max(by_supplier.values())
        alike = {name: pieces for name, pieces in by_supplier.items() if pieces >= same * largest > 0}
        if len(alike) > 1:
            doubled[product, customer].append((week, alike))
    return tuple(
        BookedTwice(
            *key,
            suppliers=tuple(sorted({name for _, alike in weeks for name in alike})),
            weeks=tuple(sorted({week for week, _ in weeks})),
            pieces=sum(sum(alike.values()) - max(alike.values()) for _, alike in weeks),
        )
        for key, weeks in sorted(doubled.items())
    )
