"""What the plan loses by held pieces: the lots of the chain that they are, or come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from corecar.bridge.calls import Call
from corecar.bridge.loop.impact import impact_of
from corecar.bridge.lot.stopped import lot_states
from corecar.bridge.plan.kept_weekly import kept_plan
from corecar.errors import CorecarError
from corecar.plurals import plural

LOTS = ("lot", "sublot", "wafer")
"""Classes of things that a chain may list as work in process by their own name."""


def lost_supply(call: Call, rows: Iterable[Mapping[str, Any]], behind: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """What the plan loses, in a sentence, and the whole answer of `impact`; why it is not known where it is not.

    rows    what was held; behind: names of lots that pieces in process come from
    """
    inside = [row for row in rows if row["state"] == "in process"]
    names = dict.fromkeys(str(row["id"]) for row in inside if row["class"] in LOTS)
    if inside:
        names |= dict.fromkeys(behind)
    if not names:
        return "No lot in process is held, so no plan loses any.", {}
    try:
        kept = kept_plan(call, None)
        there = set(kept.made.chain.wip["lot"].to_pylist())
        mine = sorted(name for name in names if name in there)
        if not mine:
            return f"What supply loses is not known: {_nowhere(list(names))}", {}
        with call.store.catalogue.reading() as session:
            states = lot_states(session, call.actor)
        answer = impact_of(kept.made, mine, states=states, stop=call.stopped, model=kept.model)
    except CorecarError as error:
        return f"What supply loses is not known: {error}", {}
    rest = [name for name in names if name not in there]
    more = f" {_nowhere(rest)}" if rest else ""
    return f"{answer['said']}{more}", answer


def _nowhere(names: list[str]) -> str:
    told = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    what = plural(len(names), "held thing")
    return f"{what} in process ({told}) {'is' if len(names) == 1 else 'are'} no lot in the chain's work in process."
