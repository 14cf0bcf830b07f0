"""What a laboratory has for a qualification: equipment, how many of it, in which weeks, what it holds and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from corecar.chain.weeks import monday
from corecar.errors import ArgumentError
from corecar.program import Floats

COLUMNS = ("laboratory", "equipment", "number", "weeks")
"""What a table of a laboratory must have; `holds` and `cost_a_week` may be there too."""
TESTER = "tester"
"""The equipment that readings before and after a stress are taken on."""
ALWAYS = 1 << 30
"""The end of equipment whose weeks have none."""


@dataclass(frozen=True)
class Bench:
    """Some equipment of a laboratory, alike and there in the same weeks.

    first, end   weeks from the first week of the schedule on; `end` is the first in which it is not there any more
    holds        parts that one takes at once; 0 where any lot fits into one
    cost_a_week  of one, in `currency` where that is said
    each         how many of `number` make one piece of it: 168 where the hours of chambers are counted, else 1
    offer        the offer of the chain that it is; empty: the laboratory's own
    unit         what `number` counts: empty for pieces of equipment, `hour`, or `piece` for parts
    taken        weeks in which some of the number is booked already, and how many
    """

    laboratory: str
    equipment: str
    number: int
    first: int = 0
    end: int = ALWAYS
    holds: int = 0
    cost_a_week: float | None = None
    each: int = 1
    offer: str = ""
    unit: str = ""
    currency: str = ""
    taken: tuple[tuple[int, float], ...] = ()

    def takes(self, units: int) -> int:
        """How many of its number a lot of so many units fills.

        >>> Bench("LAB", "oven", 4, holds=50).takes(77)
        2
        >>> Bench("LAB", "oven", 336, each=168, unit="hour").takes(77)
        168
        """
        return self.each * (max(-(-units // self.holds), 1) if self.holds else 1)

    def there(self, weeks: int) -> Floats:
        """How many of its number are there and not booked in each week, float64 of shape (weeks,).

        >>> Bench("LAB", "oven", 2, first=1, taken=((2, 1.0),)).there(4).tolist()
        [0.0, 2.0, 1.0, 2.0]
        """
        found = np.zeros(weeks)
        found[self.first : self.end] = self.number
        for week, quantity in self.taken:
            if 0 <= week < weeks:
                found[week] = max(found[week] - quantity, 0.0)
        return found


def benches_of(rows: Sequence[Mapping[str, str | None]], start: date) -> list[Bench]:
    """The rows of a laboratory's table, as a person writes them.

    rows    weeks such as `2027-W05..2027-W30`, one side of it, or nothing: it is always there
    start   the Monday of the first week of the schedule
    Raises  ArgumentError with the row for what is no number or no week, and for a table without rows

    >>> benches_of([{"laboratory": "LAB", "equipment": "oven", "number": "2", "weeks": "2027-W05.."}], date(2027, 1, 4))
    [Bench(laboratory='LAB', equipment='oven', number=2, first=4, end=1073741824, holds=0, cost_a_week=None)]
    """
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise ArgumentError(f"laboratory: the table lacks {', '.join(missing)}. Its columns are {', '.join(COLUMNS)}.")
    return [_bench(row, number, start) for number, row in enumerate(rows, 2)]


def _bench(row: Mapping[str, str | None], line: int, start: date) -> Bench:
    cells = {name: (text or "").strip() for name, text in row.items() if name}
    if not cells["laboratory"] or not cells["equipment"]:
        raise ArgumentError(f"laboratory, row {line}: laboratory and equipment have no name.")
    first, end = _weeks(cells["weeks"], line, start)
    return Bench(
        cells["laboratory"], cells["equipment"], int(_number(cells["number"], "number", line)), first, end,
        int(_number(cells.get("holds") or "0", "holds", line)),
        _number(cells["cost_a_week"], "cost_a_week", line) if cells.get("cost_a_week") else None,
    )  # fmt: skip


def _number(text: str, name: str, line: int) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e9 or (name != "cost_a_week" and found != int(found)):
        raise ArgumentError(f'laboratory, row {line}: {name} "{text}": a number from 0 up was expected.')
    return found


def _weeks(text: str, line: int, start: date) -> tuple[int, int]:
    """First week and the one after the last, counted from the start."""
    if not text:
        return 0, ALWAYS
    one, dots, other = text.partition("..")
    try:
        first = (monday(one) - start).days // 7 if one.strip() else 0
        last = (monday(other if dots else one) - start).days // 7 if other.strip() or not dots else ALWAYS - 1
    except ArgumentError as error:
        raise ArgumentError(f"laboratory, row {line}: {error} Two of them are 2027-W05..2027-W30.") from None
    if last < first:
        raise ArgumentError(f'laboratory, row {line}: weeks "{text}" end before they begin.')
    return max(first, 0), last + 1
