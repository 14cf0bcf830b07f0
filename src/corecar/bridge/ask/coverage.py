"""What the figures of a question cover: which attempts, and where a part that was tested again counts twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import and_, or_, select, true

from corecar.bridge.calls import Call
from corecar.bridge.lot.resolved_lots import resolved
from corecar.bridge.sharing import visible_lots
from corecar.plurals import plural
from corecar.store.catalogue.models import Lot, ResolvedInsertion
from corecar.store.lake.listing import Listing
from corecar.store.questions.counted_bins import RESOLVED, RESOLVED_BINS

NAMED = 3
"""Lots that a note names; of the others it says how many they are."""

COUNTED = "n and failed are of the final attempts of each run by itself"
DESCRIBED = f"{COUNTED}; mean, sd, quartiles, minimum, maximum and Cpk of the good parts among them."
RATED = f"{COUNTED}; mean, sd, Cpk and what follows from them of the good parts among them."
RANKED = "failed and of are readings of the final attempts of each run by itself."


def coverage(call: Call, covers: str, runs: Collection[str], *, retests: bool) -> list[str]:
    """Notes to an answer that is made of the measures of some runs: what it covers, and what counts twice.

    covers   the first note
    runs     those that the question is about; retests: whether retest passes are among them
    """
    chosen, again, left = set(runs), Counter[int](), Counter[int]()
    unknown, passes = Counter[int](), Counter[int]()
    telling = or_(ResolvedInsertion.again.is_not(None), ResolvedInsertion.identity == "none")
    found = resolved(call.session, call.store, visible_lots(call.actor), telling)
    for lot, insertions in found.by_lot.items():
        for one in insertions:
            for earlier, later, count in (one.again or {}).get("pairs", ()):
                if earlier in chosen:
                    (again if later in chosen else left)[lot] += count
            if one.identity == "none" and (here := chosen.intersection(one.runs)):
                unknown[lot] += len(here) - 1
                passes[lot] += len(one.runs) - len(here)
    unknown, passes = +unknown, +passes
    names = _names(call, {*again, *left, *unknown, *passes})
    notes = [covers]
    if again:
        notes.append(f"{_parts(again, names)} tested again in another run that counts here too: each attempt counts.")
    if left:
        more = "" if retests else " --retests adds retest passes, where the command has it."
        notes.append(f"{_parts(left, names)} tested again in a run left out here: the earlier attempt counts.{more}")
    if passes:
        notes.append(f"{plural(passes.total(), 'run')} of {_some(passes, names)} {_are(passes.total())} left out here.")
    return [*notes, *_unknown(unknown, names)]


def with_resolved_bins(
    call: Call, listing: Listing, lot: int | None, runs: Collection[str]
) -> tuple[Listing, list[str]]:
    """A listing with the bins of the lots, retests resolved over all their runs, for `pareto`; and notes to its answer.

    lot   the only one that is asked about, by number; None for all
    runs  those in scope, retest passes among them
    """
    which = visible_lots(call.actor) if lot is None else and_(visible_lots(call.actor), Lot.id == lot)
    found = resolved(call.session, call.store, which, true())
    rows = list(enumerate(row for rows in found.by_lot.values() for row in rows))
    members = [(number, run) for number, row in rows for run in row.runs]
    bins = [(number, kind, *one) for number, row in rows for kind, counts in row.bins.items() for one in counts]
    listing = listing.with_catalogue("resolved", _table(members, RESOLVED))
    notes = [f"The parts of {_some(Counter(found.unread), _names(call, found.unread))} cannot be read: its runs are "
             "counted each by itself. `corecar verify` says what is damaged."] if found.unread else []  # fmt: skip
    chosen = set(runs)
    unknown = Counter(
        row.lot_id for _, row in rows if row.identity == "none" and len(row.runs) > 1 and row.runs[0] in chosen
    )
    if unknown:
        notes.append(f"Nothing tells which parts of the runs of {_some(unknown, _names(call, unknown))} are one unit: "
                     "what passed counts in every pass, what failed in the last, as `corecar lot` counts.")  # fmt: skip
    unbinned = Counter[int]()
    for _, row in rows:
        if row.runs[0] in chosen:
            unbinned[row.lot_id] += _unbinned(row)
    if unbinned := +unbinned:
        count, some = unbinned.total(), _some(unbinned, _names(call, unbinned))
        notes.append(f"{plural(count, 'failed part')} of {some} {_are(count)} in no bin here: the last pass did not "
                     "test them again, and nothing tells which of the earlier fails they are.")  # fmt: skip
    return listing.with_catalogue("resolved_bins", _table(bins, RESOLVED_BINS)), notes


def _unbinned(row: ResolvedInsertion) -> int:
    """Failed parts of an insertion without unit identity that its last pass did not test again: they have no bin."""
    binned = sum(count for _, count in row.bins["hard"])
    known = row.identity == "none" and row.final_good <= row.final_tested and binned > 0
    return max(0, row.final_tested - binned) if known else 0


def _table(rows: Sequence[tuple[Any, ...]], schema: Any) -> Any:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.Table.from_arrays([pa.array(*pair) for pair in zip(columns, schema.types, strict=True)], schema=schema)


def _names(call: Call, lots: Collection[int]) -> dict[int, str]:
    rows = call.session.execute(select(Lot.id, Lot.name).where(Lot.id.in_(lots)))
    return {row.id: row.name for row in rows}


def _unknown(lots: Counter[int], names: Mapping[int, str]) -> list[str]:
    several = "Nothing tells which parts of the runs of {} are one unit: each attempt counts."
    return [several.format(_some(lots, names))] if lots else []


def _parts(counts: Counter[int], names: Mapping[int, str]) -> str:
    total = sum(counts.values())
    return f"{plural(total, 'part')} of {_some(counts, names)} {'was' if total == 1 else 'were'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _some(counts: Counter[int], names: Mapping[int, str]) -> str:
    """The lots with the most, and how many more there are."""
    listed = [names[lot] for lot, _ in counts.most_common(NAMED)]
    more = f" and {plural(len(counts) - NAMED, 'more lot')}" if len(counts) > NAMED else ""
    return f"{'lot' if len(listed) == 1 else 'lots'} {', '.join(listed)}{more}"
