"""Kinds of events and of things, a row each: what an event consumes and makes, which things may be filled again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Many = Literal["none", "one", "some"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event.

    name     as files say it
    takes    how many things it takes pieces from
    makes    how many things it puts them into; `none` for what happens in place
    adds     whether what it fills may hold something already
    keeps    whether pieces that are taken as a whole keep their order, so that each is still known
    returns  whether pieces may come back to where they were before
    into     classes of what it fills; empty for any
    needs    class of a side input that it cannot do without
    """

    name: str
    takes: Many
    makes: Many
    adds: bool = False
    keeps: bool = False
    returns: bool = False
    into: tuple[str, ...] = ()
    needs: str = ""

    @property
    def in_place(self) -> bool:
        """Whether pieces stay where they are."""
        return self.makes == "none" and self.name != "scrap"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("create", "none", "some"),
        Kind("transform", "some", "some", adds=True),
        Kind("split", "one", "some"),
        Kind("merge", "some", "one", adds=True),
        Kind("relabel", "one", "one", keeps=True),
        Kind("rework", "some", "some", adds=True, returns=True),
        Kind("pack", "some", "some", adds=True, into=("tray", "reel", "box")),
        Kind("mount", "some", "some", adds=True, into=("ecu",)),
        Kind("install", "one", "one", adds=True, keeps=True, into=("vehicle",)),
        Kind("scrap", "some", "none"),
        Kind("move", "some", "none"),
        Kind("test", "some", "none"),
        Kind("hold", "some", "none"),
        Kind("release", "some", "none"),
        Kind("ship", "some", "none", needs="party"),
    )
}
"""Every kind of event by its name."""

HOLDERS = (
    "lot", "sublot", "wafer", "frame", "strip", "panel", "unit", "tray", "reel", "box", "ecu", "vehicle", "scrap",
)  # fmt: skip
"""Classes of things that hold pieces. A piece is one die, later one unit; a `unit` is a thing that holds one."""
SIDES = (
    "batch", "equipment", "recipe", "test_program", "probe_card", "load_board", "operator", "place", "party",
    "shipment", "carton", "reason", "ecid",
)  # fmt: skip
"""Classes of side inputs: what an event used, where it happened, to whom something went, what a chip says it is."""
CARRIERS = frozenset({"tray", "frame", "box"})
"""Holders that are used again once they are empty."""
SCRAP = "scrap"
POOL = "pool"
"""The class of the place in between where pieces of several holders mix before they part again."""
