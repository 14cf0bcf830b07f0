"""Two recipes, or two sets of static limits, side by side: what differs, and for how many parts of a lot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from corecar.lot import Lot
from corecar.screen.findings import Findings
from corecar.screen.ink_lists import ListReader, csv_list
from corecar.screen.recipe import Recipe
from corecar.screen.screening import Screening, screen
from corecar.screen.static_lots import StaticTest, static_screen

Row = dict[str, Any]
SIDES = ("low", "high")


def recipe_keys(a: Recipe, b: Recipe) -> list[Row]:
    """Parameters that two recipes do not share: `key` as a recipe has it, `a`, `b`; None where one has no such key."""
    left, right = ({f"{row} {key}": _listed(value) for row, key, value in one.rows()} for one in (a, b))
    return [
        {"key": key, "a": left.get(key), "b": right.get(key)}
        for key in dict.fromkeys((*left, *right))
        if left.get(key) != right.get(key)
    ]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def recipe_limits(lot: Lot, a: Recipe, b: Recipe, *, read_list: ListReader = csv_list) -> tuple[list[Row], list[Row]]:
    """What two recipes make of one lot: limits that differ, and parts that only one of them rejects.

    read_list  as in `screen`
    Returns  rows of screen (the second of a kind over a test and scope as `nnr (2)`), test, scope, low and high of
             both, and readings that only one of them rejects by it; rows of part counts: rejected by a alone, by b
             alone, by both
    """
    left, right = (screen(lot, recipe, read_list=read_list) for recipe in (a, b))
    one, other = _by_place(left), _by_place(right)
    rejects = _rejects(left, one), _rejects(right, other)
    rows = []
    for place in dict.fromkeys((*one, *other)):
        sides = {f"{side}_{name}": kept.get(place, {}).get(side) for side in SIDES
                 for name, kept in (("a", one), ("b", other))}  # fmt: skip
        only = [len(rejects[at].get(place, set()) - rejects[1 - at].get(place, set())) for at in (0, 1)]
        if any(sides[f"{side}_a"] != sides[f"{side}_b"] for side in SIDES) or any(only):
            rows.append({**_named(lot, place), **sides, "only_a_rejects": only[0], "only_b_rejects": only[1]})
    return rows, _parts(*(set(found.verdicts["part"].to_pylist()) for found in (left, right)))


def set_limits(a: Sequence[StaticTest], b: Sequence[StaticTest], lot: Lot | None = None) -> list[Row]:
    """Tests whose static limits differ between two sets, by number, name and pin.

    lot  to count in it the good parts that only one of the sets rejects by each test
    """
    left, right = ({test.key: test for test in tests} for tests in (a, b))
    beyond = [Counter() if lot is None else _beyond(lot, tests) for tests in (a, b)]
    rows = []
    for key in dict.fromkeys((*left, *right)):
        low_a, high_a, unit_a = _sides(left.get(key))
        low_b, high_b, unit_b = _sides(right.get(key))
        if (low_a, high_a, unit_a) == (low_b, high_b, unit_b):
            continue
        row = {
            "number": key[0], "name": key[1], "pin": key[2], "change": _change(left.get(key), right.get(key)),
            "unit_a": unit_a, "unit_b": unit_b, "low_a": low_a, "low_b": low_b, "high_a": high_a, "high_b": high_b,
        }  # fmt: skip
        counts = {} if lot is None else {"a_rejects": beyond[0][key], "b_rejects": beyond[1][key]}
        rows.append(row | counts)
    return rows


def set_parts(lot: Lot, a: Sequence[StaticTest], b: Sequence[StaticTest]) -> tuple[list[Row], list[str]]:
    """Good parts of a lot that two sets of static limits reject, and what stands in the way of holding it."""
    left, right = static_screen(lot, a), static_screen(lot, b)
    idle = dict.fromkeys(words for one in (left, right) if one.is_idle for words in one.unjudged)
    return _parts(*(set(one.part.tolist()) for one in (left, right))), list(idle)


def _parts(a: set[int], b: set[int]) -> list[Row]:
    return [{"rejected_by": name, "parts": len(found)} for name, found in
            (("a alone", a - b), ("b alone", b - a), ("both", a & b))]  # fmt: skip


def _by_place(found: Screening) -> dict[tuple[Any, ...], Row]:
    """Limits of a screening by screen, test and scope, and by their order where a recipe has several of one kind."""
    rows: dict[tuple[Any, ...], Row] = {}
    count: Counter[tuple[Any, ...]] = Counter()
    for row in found.limits.to_pylist():
        place = row["screen"], row["test"], row["scope"]
        count[place] += 1
        rows[*place, count[place]] = row
    return rows


def _rejects(found: Screening, limits: dict[tuple[Any, ...], Row]) -> dict[tuple[Any, ...], set[int]]:
    """Parts rejected by the limits of each place."""
    place = {row["limit"]: key for key, row in limits.items()}
    out: dict[tuple[Any, ...], set[int]] = {}
    for part, limit in zip(found.verdicts["part"].to_pylist(), found.verdicts["limit"].to_pylist(), strict=True):
        if limit in place:
            out.setdefault(place[limit], set()).add(part)
    return out


def _named(lot: Lot, place: tuple[Any, ...]) -> Row:
    rule, test, scope, order = place
    known = {
        name: None if test is None else lot.tests[name][test].as_py() for name in ("number", "name", "pin", "unit")
    }
    return {"screen": rule if order == 1 else f"{rule} ({order})", **known, "scope": scope}


def _sides(test: StaticTest | None) -> tuple[float | None, float | None, str]:
    if test is None or test.limits is None:
        return None, None, "" if test is None else test.unit
    return test.limits.record.low, test.limits.record.high, test.unit


def _change(a: StaticTest | None, b: StaticTest | None) -> str:
    if a is None or a.limits is None:
        return "added"
    if b is None or b.limits is None:
        return "removed"
    return "unit changed" if a.unit != b.unit else "limits moved"


def _beyond(lot: Lot, tests: Sequence[StaticTest]) -> Counter[tuple[int, str, str]]:
    """Good parts beyond the limits of each test."""
    found: Findings = static_screen(lot, tests)
    out: Counter[tuple[int, str, str]] = Counter()
    for row, count in zip(*np.unique(found.test, return_counts=True), strict=True):
        number, name, pin = (lot.tests[column][int(row)].as_py() for column in ("number", "name", "pin"))
        out[int(number), name or "", pin or ""] = int(count)
    return out
