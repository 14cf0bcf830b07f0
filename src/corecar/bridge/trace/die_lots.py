"""Which die a walk met, and in which kept lots their test data may stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.bridge.sharing import visible_lot, visible_lots
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.plurals import plural
from corecar.store.catalogue.models import Lot, Run
from corecar.trace.ranges import clipped
from corecar.trace.walk import Part, Reached, backward

OF_LOTS = ("lot", "sublot")
"""Classes of things whose names are those of lots that were tested."""
MOST_RUNS = 2000
"""Runs that are looked into for a wafer whose lot nobody tells."""
BETWEEN = " -_.:/#"
"""What may stand between the name of a lot and that of its wafer."""


@dataclass(frozen=True)
class Die:
    """A die on a wafer, or a unit by its serial number.

    wafer  name of the wafer as events say it; None of a unit, which goes by `serial`
    """

    wafer: str | None
    x: int = 0
    y: int = 0
    serial: str = ""
    sure: bool = True

    @property
    def name(self) -> str:
        """How a person reads it."""
        return self.serial if self.wafer is None else f"{self.wafer} ({self.x}, {self.y})"


def die_met(found: Reached, blocks: dict[int, SeenBlock], limit: int) -> tuple[list[Die], int]:
    """The die and units that a walk met, at most so many, and how many there are."""
    made: list[Die] = []
    count = 0
    for block in blocks.values():
        if block.thing.kind == "unit":
            made += [Die(None, serial=block.thing.name)] if len(made) < limit else []
            count += 1
        if block.thing.kind != "wafer" or block.places is None or not block.places.grid:
            continue
        for sure, ranges in ((True, found.sure), (False, found.possible)):
            for first, last in clipped(ranges.get(block.first, []), block.first, block.last):
                count += last - first + 1
                end = min(last, first + limit - len(made) - 1)
                made += [_die(block, key, sure) for key in range(first, end + 1)]
    return made, count


def _die(block: SeenBlock, key: int, sure: bool) -> Die:
    assert block.places is not None
    x, y = block.places.at(key - block.first).split(",")
    return Die(block.thing.name, int(x), int(y), sure=sure)


class DieLots:
    """Finds the kept lots of die.

    named  lots that somebody names; without any they are told by the genealogy, by the wafer's name, or by its test
           data where these are of one lot alone
    notes  what there is to say of how a lot was found, or why none was
    """

    def __init__(self, call: Call, edges: SeenEdges, blocks: dict[int, SeenBlock], named: Sequence[str] = ()) -> None:
        self.call, self.edges, self.blocks = call, edges, blocks
        self.named = [visible_lot(call, name) for name in named]
        self.notes: dict[str, None] = {}
        self._of: dict[str | None, list[Lot]] = {}
        self._tested: dict[str, set[int]] | None = None

    def of(self, die: Die) -> list[Lot]:
        """The lots in which test data of a die may stand."""
        if die.wafer not in self._of:
            self._of[die.wafer] = self.named or self._found(die.wafer)
        return self._of[die.wafer]

    def _found(self, wafer: str | None) -> list[Lot]:
        behind = self._behind(wafer)
        if behind or wafer is None:
            return behind
        ahead = [wafer[:place] for place, letter in enumerate(wafer) if letter in BETWEEN and place]
        return (self._asked(Lot.name.in_(ahead)) if ahead else []) or self._only(wafer)

    def _behind(self, wafer: str | None) -> list[Lot]:
        """Lots that the genealogy tells: behind the wafer, or, for units, anywhere on the way."""
        blocks = self.blocks
        if wafer is not None:
            mine = [block for block in blocks.values() if block.thing.kind == "wafer" and block.thing.name == wafer]
            whole = [(Part(block.first, block.first, block.last), block.owner_id) for block in mine]
            start = [part for one, owner in whole for part in self.edges.start([one], owner)]
            blocks = self.edges.blocks(backward(start, self.edges.back).blocks)
        names = {block.thing.name for block in blocks.values() if block.thing.kind in OF_LOTS}
        return self._asked(Lot.name.in_(sorted(names))) if names else []

    def _asked(self, which: object) -> list[Lot]:
        asked = select(Lot).where(visible_lots(self.call.actor), which).order_by(Lot.name, Lot.id)  # type: ignore[arg-type]
        return list(self.call.session.scalars(asked))

    def _only(self, wafer: str) -> list[Lot]:
        """The one lot whose test data name this wafer; none where several do."""
        if self._tested is None:
            self._tested = self._wafers_of_lots()
        numbers = self._tested.get(wafer, set())
        found = self._asked(Lot.id.in_(numbers)) if numbers else []
        if len(found) == 1:
            note = f"No event names the lot of wafer {wafer}: {found[0].name} is the only one with test data of it."
        elif found:
            names = ", ".join(lot.name for lot in found[:6])
            note = (
                f"No event names the lot of wafer {wafer}, and {plural(len(found), 'lot')} have test data of a wafer "
                f"of this name: {names}. Name the lot (--lot)."
            )
        else:
            note = f"No lot has test data of a wafer {wafer}."
        self.notes[note] = None
        return found if len(found) == 1 else []

    def _wafers_of_lots(self) -> dict[str, set[int]]:
        """Wafers by name, with the numbers of the lots that have test data of one of this name."""
        lots = select(Lot.id).where(visible_lots(self.call.actor))
        asked = select(Run.id, Run.lot_id).where(Run.lot_id.in_(lots), Run.wafers > 0).limit(MOST_RUNS + 1)
        of_run = {row[0]: row[1] for row in self.call.session.execute(asked)}
        if len(of_run) > MOST_RUNS:
            self.notes[f"More than {MOST_RUNS:,} runs are here, so they were not searched for wafers. "
                       "Name the lot (--lot)."] = None  # fmt: skip
            return {}
        rows = rows_of_runs(self.call.session, self.call.store, "wafers", list(of_run), ("run", "wafer"))
        found: dict[str, set[int]] = {}
        for run, wafer in zip(rows["run"].to_pylist(), rows["wafer"].to_pylist(), strict=True):
            number = of_run[run]
            if wafer and number is not None:
                found.setdefault(wafer, set()).add(number)
        return found


def names_of_wafer(lot: str, wafer: str) -> list[str]:
    """What a wafer may be called in the test data of a lot: as events say it, or the rest behind the lot's name.

    >>> names_of_wafer("SIM00001", "SIM00001-W03")
    ['SIM00001-W03', 'W03']
    """
    rest = wafer.removeprefix(lot)
    return [wafer, rest.lstrip(BETWEEN)] if rest != wafer and rest[:1] in tuple(BETWEEN) else [wafer]
