"""Whether a network can be planned on: arrays that fit each other, amounts that can be, no circle without time.

A network that passes has a plan: demand can always stay behind and a promise be broken, every cost is at least 0, so
its program is neither infeasible nor unbounded.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.network.arrays import NONE, Floor, Network

SHOWN = 10
"""Faults that are written out."""
KINDS = ("supplied", "started", "stock", "given")
"""What a floor may promise."""


def check_network(network: Network) -> None:
    """Nothing where a plan can be made on a network.

    Raises  ArgumentError with everything that is wrong, each with the name of its item, activity, group or demand
    """
    found = [*_shapes(network)] or [*_amounts(network), *_places(network), *_floors(network)]
    found = found or [*_circles(network)]
    if found:
        more = f"\nand {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
        raise ArgumentError("the network cannot be planned on:\n" + "\n".join(found[:SHOWN]) + more)


def _shapes(network: Network) -> Iterator[str]:
    if network.weeks < 1:
        yield f"it has {network.weeks} weeks; at least one was expected."
    items, made, groups, demands = network.items, network.activities, network.groups, network.demands
    weeks = network.weeks
    sizes = {
        "items": len(items.names),
        "activities": len(made.names),
        "groups": len(groups),
        "demands": len(demands.names),
    }
    weekly = {
        "items": ("arrivals",), "activities": ("yields", "cost", "most"), "groups": ("actual", "maximum"),
        "demands": ("wanted", "late"),
    }  # fmt: skip
    single = {
        "items": ("opening", "holding", "kept"), "activities": ("output", "group", "use", "lead", "share"),
        "groups": ("part_of",), "demands": ("item", "value", "priority"),
    }  # fmt: skip
    for what, size in sizes.items():
        part = getattr(network, what)
        for names, shape in ((weekly[what], (size, weeks)), (single[what], (size,))):
            for name in names:
                if getattr(part, name).shape != shape:
                    yield f"{what}: {name} has the shape {getattr(part, name).shape}, {shape} was expected."
    if made.starts.shape != (sizes["activities"] + 1,) or (np.diff(made.starts) < 0).any():
        yield "activities: starts does not rise from 0 with one place for each activity and one for the end."
    elif len({len(made.items), len(made.quantities), int(made.starts[-1])}) > 1:
        yield "activities: items, quantities and the last of starts are not of one length."


def _amounts(network: Network) -> Iterator[str]:
    """What cannot be: no number, below 0, above 1."""
    items, made, groups, demands = network.items, network.activities, network.groups, network.demands
    owner = np.repeat(np.arange(len(made.names)), np.diff(made.starts))
    rows: tuple[tuple[str, tuple[str, ...], npt.NDArray[np.float64], str], ...] = (
        ("opening stock", items.names, items.opening, "finite"),
        ("arrivals", items.names, items.arrivals, "finite"),
        ("holding cost", items.names, items.holding, "finite"),
        ("use", made.names, made.use, "finite"),
        ("lead time", made.names, made.lead.astype(np.float64), "finite"),
        ("yield", made.names, made.yields, "finite"),
        ("cost", made.names, made.cost, "finite"),
        ("most per week", made.names, made.most, "infinite"),
        ("quantity taken", tuple(made.names[row] for row in owner.tolist()), made.quantities, "finite"),
        ("share", made.names, made.share, "finite"),
        ("actual capacity", groups.names, groups.actual, "finite"),
        ("maximum capacity", groups.names, groups.maximum, "finite"),
        ("demand", demands.names, demands.wanted, "finite"),
        ("value", demands.names, demands.value, "finite"),
        ("cost of being late", demands.names, demands.late, "finite"),
    )
    if made.lots is not None:
        rows += tuple((f"{name} of lots", made.names, values, "finite") for name, values in made.lots._asdict().items())
    for what, names, values, kind in rows:
        wrong = np.isnan(values) | (values < 0) | ((kind == "finite") & np.isinf(values))
        for place in np.argwhere(wrong).tolist():
            week = f" in week {place[1] + 1}" if len(place) > 1 else ""
            yield f"{what} of {names[place[0]]}{week} is {values[tuple(place)]:g}; a number of at least 0 was expected."
    for row in np.flatnonzero(made.share > 1).tolist():
        yield f"share of {made.names[row]} is {made.share[row]:g}; at most 1 was expected."
    loose = ~items.kept & ((items.opening > 0) | (items.arrivals > 0).any(axis=1))
    for row in np.flatnonzero(loose).tolist():
        yield f"{items.names[row]} has stock or arrivals, and nothing can lie there. Give them to what fills it."


def _places(network: Network) -> Iterator[str]:
    """What points to an item or a group that is not there."""
    items, made, groups, demands = network.items, network.activities, network.groups, network.demands
    count = len(items.names)
    owner = np.repeat(np.arange(len(made.names)), np.diff(made.starts))
    pointers = (
        ("output", made.names, made.output, 0, count),
        ("group", made.names, made.group, NONE, len(groups)),
        ("what it takes", tuple(made.names[row] for row in owner.tolist()), made.items, 0, count),
        ("nesting", groups.names, groups.part_of, NONE, len(groups)),
        ("item", demands.names, demands.item, 0, count),
    )
    for what, names, values, least, end in pointers:
        for row in np.flatnonzero((values < least) | (values >= end)).tolist():
            yield f"{what} of {names[row]} is number {values[row]}; there are {end}."
    for what, several in (("group", groups.names), ("demand", demands.names), ("item", items.names)):
        for name in sorted(
            {name for name in several if several.count(name) > 1} if len(set(several)) < len(several) else ()
        ):
            yield f"{what} {name} is there more than once."


def _floors(network: Network) -> Iterator[str]:
    made = len(network.activities)
    sizes = dict(zip(KINDS, (len(network.demands), made, len(network.items.names), made), strict=True))
    for floor in network.floors:
        if floor.kind not in sizes:
            yield f'promise "{floor.clause}" is on "{floor.kind}"; expected {", ".join(KINDS)}.'
            continue
        if any(not 0 <= row < sizes[floor.kind] for row in floor.rows):
            yield f'promise "{floor.clause}" counts over a row that is not there.'
        if any(not 0 <= week < network.weeks for week in floor.weeks):
            yield f'promise "{floor.clause}" counts over a week outside the horizon.'
        if (floor.weights and not _weighs(floor)) or (floor.kind == "given" and not floor.weights):
            yield f'promise "{floor.clause}" weighs its rows by {floor.weights}; one number each, of one sign.'
        least = -floor.least if floor.is_cap else floor.least
        if not (0 <= least < np.inf and 0 <= floor.price < np.inf):
            amounts = f"{floor.least:g} pieces at {floor.price:g}"
            yield f'promise "{floor.clause}": {amounts}; numbers of at least 0 were expected.'


def _weighs(floor: Floor) -> bool:
    """Whether it has a weight for each row, all of one sign."""
    weights = np.array(floor.weights)
    return len(weights) == len(floor.rows) and bool(((weights >= 0) if not floor.is_cap else (weights <= 0)).all())


def _circles(network: Network) -> Iterator[str]:
    """What is made of itself within one week, and groups nested in themselves."""
    items, made, groups = network.items, network.activities, network.groups
    now = np.flatnonzero(made.lead == 0)
    parts: dict[int, set[int]] = {}
    for row in now.tolist():
        parts.setdefault(int(made.output[row]), set()).update(
            made.items[made.starts[row] : made.starts[row + 1]].tolist()
        )
    for item in _knotted(parts):
        advice = "Give one of its routes a lead time, or mend the bill."
        yield f"{items.names[item]} is made of itself within a week. {advice}"
    for group in _knotted({row: {int(part)} for row, part in enumerate(groups.part_of.tolist()) if part != NONE}):
        yield f"group {groups.names[group]} is nested in itself."


def _knotted(parts: dict[int, set[int]]) -> list[int]:
    """Wholes that cannot be put into an order with their parts: what is left when every one without is taken away."""
    left = {whole: set(some) & parts.keys() for whole, some in parts.items()}
    users: dict[int, list[int]] = {}
    for whole, some in left.items():
        for part in some:
            users.setdefault(part, []).append(whole)
    ready = [whole for whole, some in left.items() if not some]
    while ready:
        part = ready.pop()
        del left[part]
        for whole in users.get(part, ()):
            left[whole].discard(part)
            if not left[whole]:
                ready.append(whole)
    return sorted(left)
