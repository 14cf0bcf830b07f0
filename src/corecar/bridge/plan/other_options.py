"""Which options two plans were made with differ, where the one is taken for the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corecar.bridge.plan.options import Options

HOW = frozenset({"freeze", "as_plan", "gap", "time_limit", "method"})
"""Options that say how a plan is looked for and where it begins, not what it has to be."""


def other_options(one: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> dict[str, tuple[Any, Any]]:
    """Options in which a plan differs from another: name -> (of the one, of the other).

    one, other  as they are kept with a plan; without the other: what a plan is made with unless somebody asks
                otherwise, which is with the volumes that are signed then

    >>> other_options({"rule": "cost"}, {"rule": "max_min_fill"})
    {'rule': ('cost', 'max_min_fill')}
    >>> other_options({"agreed": ["M-2027-001 volume 1"]})
    {}
    """
    usual = Options().kept()
    against = usual if other is None else other
    apart = HOW | {"agreed"} if other is None else HOW
    names = [name for name in dict.fromkeys((*one, *against)) if name not in apart]
    pairs = {name: (one.get(name, usual.get(name)), against.get(name, usual.get(name))) for name in names}
    return {name: pair for name, pair in pairs.items() if (pair[0] or None) != (pair[1] or None)}


def freeze_note(number: int | str, before: Mapping[str, Any], now: Options) -> list[str]:
    """What to know of weeks that are kept as an earlier plan has them: that it was made with other options."""
    differ = other_options(before, now.kept())
    if not differ:
        return []
    told = ", ".join(f"{name.replace('_', ' ')} {_short(was)} instead of {_short(now)}"
                     for name, (was, now) in differ.items())  # fmt: skip
    return [f"Plan {number}, whose first weeks are kept, was made with other options: {told}."]


def _short(value: Any) -> str:
    """An option in a word; of a list how long it is."""
    if isinstance(value, (list, tuple)):
        return f"{len(value):,}"
    return "none" if value in (None, "") else str(value)
