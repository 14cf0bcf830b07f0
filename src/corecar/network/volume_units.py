"""What one piece counts as in the unit of a signed volume: a piece, a part of a wafer, hours of its machines.

A wafer counts as it was started: its dies, less what earlier stages lose. Hours, and starts in a capacity group, count
in the week in which a piece is started; finished pieces and wafers in the week in which they can be used.
"""

from __future__ import annotations

import numpy as np

from corecar.chain.chain import Chain
from corecar.chain.words import HOUR, PIECE, WAFER
from corecar.errors import ArgumentError
from corecar.network.arrays import NONE, Floats, Integers, Network


def as_told(amount: float, unit: str) -> float:
    """An amount as people read it: whole pieces, wafers and hours to a hundredth; of less than that two digits.

    >>> as_told(499.6, "piece"), as_told(0.4, "hour"), as_told(0.0042, "wafer"), as_told(0.0, "hour")
    (500, 0.4, 0.0042, 0)
    """
    shown = round(amount) if unit == PIECE else round(amount, 2)
    return (shown or float(f"{amount:.2g}")) or 0


class Units:
    """Weights of the activities of a network by unit.

    dies  pieces on a wafer by product, where the tables tell it
    """

    def __init__(self, chain: Chain, network: Network) -> None:
        self.network = network
        names, told = (chain.products[column].to_pylist() for column in ("product", "gross_die_per_wafer"))
        self.dies = {name: float(dies) for name, dies in zip(names, told, strict=True) if dies}
        made = network.activities
        open_ = network.startable
        count = np.maximum(open_.sum(axis=1), 1)
        usual = np.where(open_, made.yields, 0.0).sum(axis=1) / count
        self.usual = np.where(open_.any(axis=1), usual, made.yields.mean(axis=1))

    def of_finished(self, rows: Integers, unit: str, where: str) -> Floats:
        """What one good piece of each activity counts as in pieces or wafers.

        where   the memorandum and its clause, as errors begin
        Raises  ArgumentError for a route whose pieces cannot be counted so
        """
        if unit == PIECE:
            return np.ones(len(rows))
        return np.array([1.0 / self._left_of_a_wafer(row, where, after=True) for row in rows.tolist()])

    def of_started(self, rows: Integers, unit: str, where: str, group: str = "") -> Floats:
        """What one start of each activity counts as: pieces, wafers, or what it uses of its group; errors likewise.

        group  the capacity group that a volume is of, where it is of one
        """
        if unit == PIECE and not self._counts(group, PIECE):
            return np.ones(len(rows))
        if unit == HOUR or self._counts(group, unit):
            return np.array([self._use(row, unit, where) for row in rows.tolist()])
        return np.array([1.0 / self._left_of_a_wafer(row, where, after=False) for row in rows.tolist()])

    def _counts(self, group: str, unit: str) -> bool:
        groups = self.network.groups
        return group in groups.names and groups.unit[groups.names.index(group)] == unit

    def _use(self, row: int, unit: str, where: str) -> float:
        made, groups = self.network.activities, self.network.groups
        group = int(made.group[row])
        if group == NONE:
            raise _uncounted(
                where, unit, f"route {made.names[row]} loads no capacity group", "Give it one in the table routes"
            )
        if groups.unit[group] != unit:
            said = f"route {made.names[row]} loads {groups.names[group]}, which counts in {groups.unit[group]}s"
            raise _uncounted(where, unit, said, f"Count that group in {unit}s")
        return float(made.use[row])

    def _left_of_a_wafer(self, row: int, where: str, *, after: bool) -> float:
        """Pieces that are left of a wafer's before or after an activity."""
        made, items = self.network.activities, self.network.items
        product = items.product[int(made.output[row])]
        if product not in self.dies:
            said = f"the table products has no gross_die_per_wafer of {product}"
            raise _uncounted(where, WAFER, said, "Fill it in")
        left, first = self.dies[product], row
        inputs = made.items[made.starts[first] : made.starts[first + 1]].tolist()
        while len(inputs) == 1 and items.product[inputs[0]] == product:
            makers = np.flatnonzero(made.output == inputs[0])
            if not len(makers):
                break
            left *= float(self.usual[makers].mean())
            first = int(makers[0])
            inputs = made.items[made.starts[first] : made.starts[first + 1]].tolist()
        return left * float(self.usual[row]) if after else left


def _uncounted(where: str, unit: str, said: str, advice: str) -> ArgumentError:
    return ArgumentError(f"{where}, unit: {unit}s cannot be counted: {said}. {advice}, or agree in another unit.")
