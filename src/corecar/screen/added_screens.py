"""The `[[screen]]` rows of a recipe: each held against one row per key, every fault noted."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from corecar.screen.recipe_faults import NO_KEY, RecipeFaults, nearest
from corecar.screen.recipe_keys import OF_DYNAMIC
from corecar.screen.rows import KINDS, PLACED, ScreenKey, ScreenRow, default, number, whole

ADDED = "screen"
"""The array of tables in which a recipe adds screens to the dynamic limits."""

OF_EVERY = {
    "hard": ScreenKey("hard", "a whole number from 0 to 32767", whole(0, 32767)),
    "soft": ScreenKey("soft", "a whole number from 0 to 32767", whole(0, 32767)),
    "kill": ScreenKey("kill", "a number from 0 to 1", number(0, 1)),
    "optional": ScreenKey("optional", "true or false", lambda value: isinstance(value, bool), False),
}
"""Keys that every screen has: its bins, its share of good parts that it may reject, whether a lot may do without it."""


def added_screens(rows: Any, hard: int, soft: int, faults: RecipeFaults) -> tuple[ScreenRow, ...]:
    """The added screens, in their order; what is wrong is noted in `faults`.

    hard, soft  bins of a screen that names none
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        faults.add("", f"{ADDED} must be a list of screens: write [[{ADDED}]] above each.", key=ADDED, value=rows)
        return ()
    usual = {"hard": hard, "soft": soft}
    found = [_screen(row, f"[[{ADDED}]] {place}", usual, faults) for place, row in enumerate(rows, 1)]
    dynamic = [row.parameters for row in found if row is not None and row.kind == PLACED]
    if any(one in dynamic[:place] for place, one in enumerate(dynamic)):
        advice = f"Keys that a second one does not give are those of [{PLACED}]: give it a scope or width of its own."
        faults.add(f"[[{ADDED}]] {PLACED}", "it stands twice with the same keys.", advice=advice)
    return tuple(row for row in found if row is not None)


def _screen(given: dict[str, Any], where: str, usual: dict[str, int], faults: RecipeFaults) -> ScreenRow | None:
    """One screen; None where it is not known which."""
    kind = given.get("kind")
    if kind is None:
        faults.add(
            where, "it is missing.", key="kind", rule="a kind of screen", advice=f"Known are: {', '.join(KINDS)}."
        )
        return None
    if not isinstance(kind, str) or kind not in KINDS:
        advice = nearest(str(kind), KINDS)
        faults.add(where, f"{kind!r} is not a screen.", key="kind", value=kind, rule="a kind of screen", advice=advice)
        return None
    place = f"{where} {kind}"
    keys = keys_of(kind, given)
    known = [*(row.key for row in (OF_DYNAMIC if kind == PLACED else keys)), *OF_EVERY]
    for key in given:
        if key not in {*known, "kind"}:
            faults.add(place, NO_KEY, key=key, value=given[key], advice=nearest(key, known))
    own = [_checked(given.get(row.key, default(kind, row)), row, place, faults) for row in keys]
    values = {row.key: value for row, (value, _) in zip(keys, own, strict=True)}
    every = {key: _checked(given[key], row, place, faults)[0] for key, row in OF_EVERY.items() if key in given}
    if all(fits for _, fits in own):
        for problem in _together(kind, values):
            faults.add(place, problem)
    hard, soft = (every.get(key, usual[key]) for key in ("hard", "soft"))
    return ScreenRow(kind, tuple(values.items()), hard, soft, every.get("kill"), every.get("optional", False))


def keys_of(kind: str, given: Container[str]) -> tuple[ScreenKey, ...]:
    """The keys of a screen: all of its kind; of the dynamic limits those that are given, the sections have the others.

    >>> [row.key for row in keys_of("dynamic-pat", {"scope", "width"})]
    ['width', 'scope']
    """
    return tuple(row for row in OF_DYNAMIC if row.key in given) if kind == PLACED else KINDS[kind]


def _checked(value: Any, row: ScreenKey, place: str, faults: RecipeFaults) -> tuple[Any, bool]:
    """A value as it is kept, and whether it holds."""
    fits = row.holds(value)
    if not fits:
        faults.refuse(place, row.key, value, row.expected)
    return tuple(value) if isinstance(value, list) else value, fits


def _together(kind: str, values: dict[str, Any]) -> Iterator[str]:
    """How keys do not fit each other."""
    if kind == "nnr":
        most = (2 * values["farthest"] + 1) ** 2 - 1
        if values["farthest"] < values["reach"]:
            yield f"farthest {values['farthest']} is less than reach {values['reach']}. Raise it."
        if values["neighbours"] > most:
            yield f"neighbours {values['neighbours']}: within {values['farthest']} steps there are {most}."
        if "reticle" in values["effects"] and not values["reticle"]:
            yield 'effects name "reticle", but reticle is empty. Give its rows and columns: [4, 5].'
    if kind == "edge-ring" and not values["exclusion_mm"] and not values["rows"]:
        yield "exclusion_mm and rows are both 0, so it rejects nothing. Give one of them."
    for name in ("exempt", "retestable") if kind == "retest" else ():
        if both := sorted({*values[name]} & {*values["never"]}):
            yield f"bin {both[0]} is both {name} and never to be retested. Name it in one of them."
