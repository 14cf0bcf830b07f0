"""Where the parts of a tested lot stand in the genealogy: die of wafers, units, or the lot as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import or_, select

from corecar.bridge.calls import Call
from corecar.bridge.trace.die_lots import BETWEEN, Die, DieLots
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.suspects import within
from corecar.store.catalogue.models import Lot
from corecar.store.catalogue.tracing import TraceBlock, TraceThing
from corecar.trace.places import Places
from corecar.trace.walk import Part, backward


class KeptParts:
    """Finds the pieces of the genealogy that tested parts are.

    whole  names of lots of which some part is known by the lot alone, so that all of the lot is meant
    """

    def __init__(self, call: Call, edges: SeenEdges) -> None:
        self.call, self.edges = call, edges
        self.whole: dict[str, None] = {}
        self._blocks: dict[tuple[int, str, str], dict[int, SeenBlock]] = {}

    def of(self, lot: Lot, part: Mapping[str, Any]) -> tuple[str, list[Part]]:
        """The name by which `trace` takes a part, and its pieces; empty where the genealogy does not know it.

        part  wafer, x, y, part_id, part_text of it
        """
        if part["wafer"] is not None and part["x"] is not None and part["y"] is not None:
            x, y = part["x"], part["y"]
            for block in self._of(lot, "wafer", part["wafer"]).values():
                found = within(block, Places(x, x, y, y, grid=True))
                if found:
                    return f"wafer:{block.thing.name}@{x},{y}", self.edges.start(found, block.owner_id)
            return "", []
        for serial in filter(None, (part["part_id"], part["part_text"])):
            blocks = self._of(lot, "unit", serial)
            if blocks:
                return f"unit:{serial}", self._whole(blocks)
        blocks = self._of(lot, "lot", lot.name)
        if not blocks:
            return "", []
        self.whole[lot.name] = None
        return f"lot:{lot.name}", self._whole(blocks)

    def _whole(self, blocks: dict[int, SeenBlock]) -> list[Part]:
        return [part for block in blocks.values()
                for part in self.edges.start([Part(block.first, block.first, block.last)], block.owner_id)]  # fmt: skip

    def _of(self, lot: Lot, kind: str, name: str) -> dict[int, SeenBlock]:
        """The blocks of a thing that is of this lot."""
        key = (lot.id, kind, name)
        if key not in self._blocks:
            self._blocks[key] = self._found(lot, kind, name)
        return self._blocks[key]

    def _found(self, lot: Lot, kind: str, name: str) -> dict[int, SeenBlock]:
        called = or_(TraceThing.name == name, TraceThing.name.in_([f"{lot.name}{sign}{name}" for sign in BETWEEN]))
        asked = (
            select(TraceBlock.first).join(TraceThing, TraceThing.id == TraceBlock.thing_id)
            .where(TraceThing.owner_id.in_(self.edges.owners), TraceThing.kind == kind, called)
        )  # fmt: skip
        blocks = self.edges.blocks(self.call.session.scalars(asked))
        return {number: block for number, block in blocks.items() if kind == "lot" or self._is_of(lot, block)}

    def _is_of(self, lot: Lot, block: SeenBlock) -> bool:
        """Whether a wafer or unit is one of this lot, and not one of the same name of another."""
        here = {block.first: block}
        if block.thing.kind == "wafer":
            finder, die = DieLots(self.call, self.edges, here), Die(block.thing.name)
        else:
            finder, die = DieLots(self.call, self.edges, self._behind(block)), Die(None, serial=block.thing.name)
        return lot.id in {one.id for one in finder.of(die)}

    def _behind(self, block: SeenBlock) -> dict[int, SeenBlock]:
        start = self.edges.start([Part(block.first, block.first, block.last)], block.owner_id)
        return self.edges.blocks(backward(start, self.edges.back).blocks)


def joined_parts(found: Iterable[list[Part]]) -> list[Part]:
    """The pieces of several parts, each once."""
    return sorted({part for parts in found for part in parts})
