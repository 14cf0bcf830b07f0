"""Circles in what is made of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def circles(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Paths that lead back to where they began, one for each knot of products that need each other.

    pairs    of a whole and a part of it

    >>> circles([("car", "ecu"), ("ecu", "chip"), ("chip", "ecu"), ("x", "x")])
    [['ecu', 'chip'], ['x']]
    """
    parts: dict[str, list[str]] = defaultdict(list)
    for whole, part in pairs:
        parts[whole].append(part)
    done: set[str] = set()
    found = []
    for start in list(parts):
        circle = _from(start, parts, done)
        while circle:
            found.append(circle)
            done.update(circle)
            circle = _from(start, parts, done)
    return found


def _from(start: str, parts: dict[str, list[str]], done: set[str]) -> list[str]:
    """The first circle on a walk from here over what is not done; empty where there is none, and all of it done."""
    if start in done:
        return []
    path, places, stack = [start], {start: 0}, [iter(parts[start])]
    while stack:
        part = next(stack[-1], None)
        if part is None:
            stack.pop()
            last = path.pop()
            del places[last]
            done.add(last)
        elif part in places:
            return path[places[part] :]
        elif part not in done:
            places[part] = len(path)
            path.append(part)
            stack.append(iter(parts.get(part, ())))
    return []
