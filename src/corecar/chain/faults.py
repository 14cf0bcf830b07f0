"""What is wrong with the rows of a chain's tables, each cell by itself, all told at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from corecar.errors import CellFault, ChainError
from corecar.plurals import plural

SHOWN = 20
"""Faults written out in a message; the error carries all of them."""

RULES = {
    "sheet": "a sheet is one of the tables",
    "column": "a column is one of its table, each once; a required one is there",
    "row": "a row has as many cells as the header",
    "required": "a required cell is not empty",
    "type": "a cell holds what its column is for",
    "choice": "a word is one of those that the column takes",
    "bound": "a number is within its bounds",
    "identity": "rows agree in their key only once",
    "reference": "a name stands in the table that the column refers to",
    "order": "what is first, lowest or least is not above what is last, highest or most",
    "unit": "quantities that meet are in units that fit",
    "stage": "a stage is one that the kind of product passes",
    "place": "a route is at the site of its capacity group",
    "lever": "a policy says what its lever needs, and nothing that it does not know",
    "cell": "a cell has what its kind needs, and runs routes of its own group",
    "cycle": "no product is made of itself, no group nested in itself",
    "number": "a business partner number has its shape; its check characters are worth a warning",
    "schema": "a message is as its aspect model says",
}
"""Every rule by its name."""


@dataclass
class Findings:
    """What was found so far: faults, for which nothing is taken in, and warnings, for which it is."""

    faults: list[CellFault] = field(default_factory=list)
    warnings: list[CellFault] = field(default_factory=list)

    def add(self, fault: CellFault) -> None:
        """Note one fault and go on."""
        self.faults.append(fault)

    def warn(self, fault: CellFault) -> None:
        """Note what is taken in all the same."""
        self.warnings.append(fault)

    def settle(self) -> None:
        """Raises ChainError with every fault noted so far; does nothing when there is none."""
        if self.faults:
            raise ChainError(told(self.faults), tuple(self.faults))


def told(faults: Sequence[CellFault]) -> str:
    """The message of an error: the first faults in order of place, and how many there are."""
    lines = [str(fault) for fault in faults[:SHOWN]]
    if len(faults) > SHOWN:
        lines.append(
            f"and {len(faults) - SHOWN:,} more: chain check and chain import write all of them with --faults FILE"
        )
    head = "" if len(faults) == 1 else f"{plural(len(faults), 'place')} do not fit, so nothing was taken in:\n"
    return head + "\n".join(lines)


def in_order(faults: Iterable[CellFault], tables: Sequence[str]) -> list[CellFault]:
    """Faults by table, row and column, each once."""
    rank = {name: place for place, name in enumerate(tables)}
    once = dict.fromkeys(faults)
    return sorted(once, key=lambda one: (rank.get(one.sheet, len(rank)), one.sheet, one.row or 0, one.column, one.rule))


def of_file(fault: CellFault, path: str) -> CellFault:
    """The same fault with the file in which it stands."""
    return replace(fault, path=path)
