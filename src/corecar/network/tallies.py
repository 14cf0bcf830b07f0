"""Running sums that several floors share, so that a floor takes a few entries and not one for every row and week.

Promises add up: what was agreed until week 12 counts everything from its first week on, and the floor of week 13 counts
it again. Written out, their entries grow with the square of the weeks. A running sum of what they count over, week by
week, is a variable of its own; each floor is then the difference of two of them. The optimum is the same, and so is the
price of every floor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import NONE, Floor, Integers


@dataclass(frozen=True)
class Tallies:
    """Running sums over the rows of a kind, from a first to a last week.

    kind, rows, weights  what each counts over, as of a `Floor`
    first        int64, shape (sums,): its first week
    begin        int64, shape (sums + 1,): where its weeks begin among the weeks of all sums
    of           int64, shape (floors,): the sum of a floor; NONE where the floor is written out
    """

    kind: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[float, ...], ...]
    first: Integers
    begin: Integers
    of: Integers

    def __len__(self) -> int:
        """Weeks of all sums: variables, and rows."""
        return int(self.begin[-1])


def tallies(floors: Sequence[Floor]) -> Tallies:
    """The running sums that take fewer entries than the floors written out; floors with gaps in their weeks stay so."""
    alike: dict[tuple[str, tuple[int, ...], tuple[float, ...]], list[int]] = defaultdict(list)
    for number, floor in enumerate(floors):
        if floor.weeks and floor.weeks == tuple(range(floor.weeks[0], floor.weeks[-1] + 1)):
            alike[floor.kind, floor.rows, floor.weights].append(number)
    of = np.full(len(floors), NONE, np.int64)
    kinds, rows, weights = list[str](), list[tuple[int, ...]](), list[tuple[float, ...]]()
    first, lengths = list[int](), list[int]()
    for (kind, over, weight), numbers in alike.items():
        begin = min(floors[number].weeks[0] for number in numbers)
        length = max(floors[number].weeks[-1] for number in numbers) + 1 - begin
        written_out = len(over) * sum(len(floors[number].weeks) for number in numbers)
        if (len(over) + 2) * length + 2 * len(numbers) < written_out:
            of[numbers] = len(kinds)
            kinds.append(kind)
            rows.append(over)
            weights.append(weight)
            first.append(begin)
            lengths.append(length)
    return Tallies(
        tuple(kinds),
        tuple(rows),
        tuple(weights),
        np.array(first, np.int64),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        of,
    )
