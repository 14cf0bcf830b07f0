"""A large plain file of events taken in by columns; what is not plain, or breaks a rule, goes the way of all files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.bridge.trace.kept_events import Counters, KeptEvents
from corecar.store.catalogue.bulk import add_columns, many_rows
from corecar.store.catalogue.tracing import TraceBlock, TraceEdge, TraceEvent, TraceMark, TraceThing, TraceTouch
from corecar.trace import ledger_columns as c
from corecar.trace.event_columns import EPOCH, EventColumns, IntArray, read_columns
from corecar.trace.holders import Holder
from corecar.trace.kinds import POOL
from corecar.trace.quick_ledger import Added, block_places, take_in

LARGE = 16 * 1024 * 1024
"""Bytes of a file from which on the compiled ledger is worth its start."""


@dataclass
class QuickImport:
    """A file that keeps all rules, and what it adds."""

    kept: KeptEvents
    columns: EventColumns
    added: Added

    @property
    def events(self) -> int:
        """How many events it has."""
        return len(self.columns.at)

    def rows(self) -> list[dict[str, Any]]:
        """How many things of each class were made, with their pieces, in the order in which each was first made."""
        blocks = self.added.blocks[self.added.blocks[:, c.B_THING] != c.NONE]
        sorts = self.columns.sorts[blocks[:, c.B_THING]]
        different, first = np.unique(sorts, return_index=True)
        return [
            {"class": c.CLASSES[sort], "made": int(np.sum(sorts == sort)),
             "pieces": int(np.sum(blocks[sorts == sort, c.B_QUANTITY]))}
            for sort in different[np.argsort(first)].tolist()
        ]  # fmt: skip

    def keep(self, imported: int, next_: Counters) -> None:
        """Add all of it to the catalogue, as import `imported`."""
        session, owner, columns, added = self.kept.session, self.kept.actor.party_id, self.columns, self.added
        blocks, edges, touches = added.blocks, _sorted_edges(added.edges), _each_touch(added.touches)
        every = (TraceThing, TraceEvent, TraceBlock, TraceEdge, TraceTouch, TraceMark)
        tables = [table.__table__ for table in every]
        with many_rows(session, tables, most=next_.event <= self.events):  # type: ignore[arg-type]
            ids, pools = self._keep_things(next_)
            number = np.arange(self.events) + next_.event
            kind = [c.KIND_NAMES[one] for one in columns.kind.tolist()]
            things = np.where(blocks[:, c.B_THING] == c.NONE, 0, ids[blocks[:, c.B_THING]])
            things[blocks[:, c.B_THING] == c.NONE] = pools
            marks = np.unique(
                np.stack(
                    [ids[columns.marks[:, 1]], columns.at[columns.marks[:, 0]], number[columns.marks[:, 0]]], axis=1
                ),
                axis=0,
            )
            for table, cells in (
                (TraceEvent, {"id": number, "import_id": imported, "reference": columns.references, "kind": kind,
                              "at": columns.at, "owner_id": owner}),
                (TraceBlock, {"first": blocks[:, c.B_FIRST], "last": blocks[:, c.B_LAST], "thing_id": things,
                              "places": block_places(columns, blocks), "quantity": blocks[:, c.B_QUANTITY],
                              "event_id": blocks[:, c.B_EVENT] + next_.event, "owner_id": owner}),
                (TraceEdge, {"from_block": edges[:, c.D_FROM], "from_first": edges[:, c.D_FROM_FIRST],
                             "to_first": edges[:, c.D_TO_FIRST], "from_last": edges[:, c.D_FROM_LAST],
                             "to_last": edges[:, c.D_TO_LAST], "to_block": edges[:, c.D_TO],
                             "flags": edges[:, c.D_FLAGS]}),
                (TraceTouch, {"event_id": touches[:, c.U_EVENT] + next_.event, "first": touches[:, c.U_FIRST],
                              "last": touches[:, c.U_LAST], "block": touches[:, c.U_BLOCK]}),
                (TraceMark, {"thing_id": marks[:, 0], "at": marks[:, 1], "event_id": marks[:, 2]}),
            ):  # fmt: skip
                add_columns(session, table.__table__, cells)  # type: ignore[arg-type]
        next_.key, next_.event = added.key, next_.event + self.events
        self.kept.count_on(next_)

    def _keep_things(self, next_: Counters) -> tuple[IntArray, IntArray]:
        """Add new things, and note what those that were there hold now: the ids of all, and of pools in their order."""
        columns, added = self.columns, self.added
        sides = np.unique(columns.marks[:, 1]).tolist()
        if next_.thing > 1:
            self.kept.know({columns.thing(number) for number in sides})
        count = len(columns.sorts)
        known = self.kept.ids
        ids = np.zeros(count, np.int64)
        if known:
            ids[:] = [known.get(columns.thing(number), 0) for number in range(count)]
        changed = np.flatnonzero((ids > 0) & (added.things[:count, c.T_CHANGED] == 1)).tolist()
        self.kept.change([(int(ids[n]), *self._holds(n)) for n in changed])
        new = np.flatnonzero(ids == 0)
        ids[new] = np.arange(len(new)) + next_.thing
        pools = added.blocks[added.blocks[:, c.B_THING] == c.NONE]
        pool_ids = np.arange(len(pools)) + next_.thing + len(new)
        next_.thing += len(new) + len(pools)
        things = added.things[new]
        kinds = [c.CLASSES[sort] for sort in columns.sorts[new].tolist()] + [POOL] * len(pools)
        names = [columns.names[number] for number in new.tolist()] + [
            f"{columns.references[event]} {key}" for event, key in pools[:, [c.B_EVENT, c.B_FIRST]].tolist()
        ]  # fmt: skip
        zeros = np.zeros(len(pools), np.int64)
        taken_at = np.concatenate([things[:, c.T_TAKEN_AT], zeros + c.NEVER])
        cells = {
            "id": np.concatenate([ids[new], pool_ids]), "kind": kinds, "name": names,
            "left": np.concatenate([things[:, c.T_LEFT], zeros]), "taken_at": _moments(taken_at),
            "since": np.concatenate([things[:, c.T_SINCE], zeros]), "owner_id": self.kept.actor.party_id,
        }  # fmt: skip
        add_columns(self.kept.session, TraceThing.__table__, cells)  # type: ignore[arg-type]
        return ids, pool_ids

    def _holds(self, number: int) -> tuple[int, datetime | None, int]:
        """How many pieces a thing holds, when any were taken, since which key."""
        thing = self.added.things[number]
        taken_at = int(thing[c.T_TAKEN_AT])
        moment = None if taken_at == c.NEVER else EPOCH + timedelta(microseconds=taken_at)
        return int(thing[c.T_LEFT]), moment, int(thing[c.T_SINCE])


def quick_import(
    kept: KeptEvents, content: bytes, hashed: Callable[[str], str] | None, next_: Counters
) -> QuickImport | None:
    """A large CSV by columns; None where it is not plain, or breaks a rule: then the plain ledger says which."""
    columns = read_columns(content, hashed)
    if columns is None:
        return None
    known: dict[int, Holder] = {}
    if next_.thing > 1:
        if kept.references(set(columns.references)):
            return None
        asked = np.union1d(columns.lines[:, 0], columns.scrap[columns.scrap != c.NONE]).tolist()
        things = {columns.thing(number): number for number in asked}
        known = {things[thing]: holder for thing, holder in kept.holders(set(things)).items()}
    added = take_in(columns, known, next_.key)
    return None if added is None else QuickImport(kept, columns, added)


def _moments(values: IntArray) -> pa.Array:
    """Moments, null where there is none."""
    return pa.array(values, mask=values == c.NEVER)


def _sorted_edges(edges: IntArray) -> IntArray:
    """Edges in the order in which their table lies."""
    return edges[np.lexsort((edges[:, c.D_TO_FIRST], edges[:, c.D_FROM_FIRST], edges[:, c.D_FROM]))]


def _each_touch(touches: IntArray) -> IntArray:
    """Touches in the order in which their table lies, of those with one beginning in an event the last."""
    ordered = touches[np.lexsort((touches[:, c.U_FIRST], touches[:, c.U_EVENT]))]
    last = np.ones(len(ordered), bool)
    last[:-1] = np.any(ordered[1:, [c.U_EVENT, c.U_FIRST]] != ordered[:-1, [c.U_EVENT, c.U_FIRST]], axis=1)
    return ordered[last]
