"""What an answer says of pieces: the state they are in, and how finely they are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from corecar.trace.kinds import SCRAP
from corecar.trace.lines import Thing
from corecar.trace.places import Places

PACKED = frozenset({"tray", "reel", "box"})
FINENESS = {"lot": "lot", "sublot": "sub-lot", "reel": "pocket range", "tray": "pocket range"}
"""To what an answer is resolved where pieces mixed in a thing of a class."""


def state_of(kind: str, events: Iterable[tuple[str, int]]) -> tuple[str, bool, bool]:
    """Where pieces stand, whether they are held, and whether they were released there since.

    kind    class of the thing they are in
    events  that touched them there, in order of time: kind and number

    >>> state_of("reel", [("hold", 4), ("ship", 9)])
    ('shipped', True, False)
    """
    held, released, shipped = False, False, False
    for event, _ in events:
        released = (released or event == "release") and event != "hold"
        held = (held or event == "hold") and event != "release"
        shipped = shipped or event == "ship"
    if kind == SCRAP:
        return "scrapped", held, released
    if kind in ("vehicle", "ecu"):
        return f"in {kind}", held, released
    return ("shipped" if shipped else "in stock" if kind in PACKED else "in process"), held, released


def resolution(sure: bool, mixed: tuple[Thing, Places | None, str, datetime] | None) -> tuple[str, str]:
    """How finely pieces are told apart, and why no finer.

    mixed  where they last mixed: thing, places, event, time
    """
    if sure or mixed is None:
        return "unit", ""
    thing, places, event, at = mixed
    fine = FINENESS.get(thing.kind, "place range" if places is not None and not places.name else thing.kind)
    if thing.kind == "pool":
        return "lot", f"several things mixed in event {event} at {at:%Y-%m-%d %H:%M}"
    return fine, f"pieces mixed into {thing} in event {event} at {at:%Y-%m-%d %H:%M}"
