"""The keys of a recipe's own sections, one row each: where it stands, the field it fills, what it must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from corecar.order_statistics import QUARTILE_RULES
from corecar.screen.limits import SIDES
from corecar.screen.rows import PLACED, ScreenKey, number, one_of, whole
from corecar.screen.skew import WAYS
from corecar.screen.yield_limits import METHODS

SCOPES = ("lot", "wafer", "site", "wafer-site")
KINDS = ("parametric", "multiple", "functional")


@dataclass(frozen=True)
class Key:
    """One key of a recipe: where it stands, the field it fills, what it must be."""

    section: str
    key: str
    field: str
    expected: str
    holds: Callable[[Any], bool]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _kinds(value: Any) -> bool:
    return _texts(value) and bool(value) and all(item in KINDS[:2] for item in value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _bins(value: Any) -> bool:
    return isinstance(value, list) and all(whole(0, 32767)(item) for item in value)


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and (not value or bool(date.fromisoformat(value)))
    except ValueError:
        return False


KEYS = (
    Key("recipe", "name", "name", "a text of one line", _text),
    Key("recipe", "version", "version", "a text of one line", _text),
    Key("dynamic-pat", "width", "width", "a number above 0 and at most 100", number(0, 100, open_low=True)),
    Key("dynamic-pat", "quartile_rule", "quartile_rule", " | ".join(QUARTILE_RULES), one_of(QUARTILE_RULES)),
    Key("dynamic-pat", "scope", "scope", " | ".join(SCOPES), one_of(SCOPES)),
    Key("dynamic-pat", "least", "least", "a whole number from 2", whole(2, 10**9)),
    Key("dynamic-pat", "small", "small", "a whole number from 0", whole(0, 10**9)),
    Key("dynamic-pat", "coverage", "coverage", "a number from 0 to 1", number(0, 1)),
    Key("dynamic-pat", "without_limits", "without_limits", " | ".join(SIDES), one_of(SIDES)),
    Key("dynamic-pat", "alarmed", "alarmed", "true or false", lambda value: isinstance(value, bool)),
    Key("dynamic-pat", "kinds", "kinds", 'a list of "parametric" and "multiple"', _kinds),
    Key("dynamic-pat", "include", "include", "a list of patterns", _texts),
    Key("dynamic-pat", "exclude", "exclude", "a list of patterns", _texts),
    Key("dynamic-pat", "discrete_values", "discrete_values", "a whole number from 0", whole(0, 10**9)),
    Key("dynamic-pat", "discrete_fraction", "discrete_fraction", "a number from 0 to 1", number(0, 1)),
    Key("dynamic-pat", "discrete_floor", "discrete_floor", "a number from 0 to 10", number(0, 10)),
    Key("shape", "skewed", "skewed", " | ".join(WAYS), one_of(WAYS)),
    Key("shape", "medcouple", "medcouple", "a number from 0 to 1", number(0, 1)),
    Key("shape", "modes", "modes", "true or false", lambda value: isinstance(value, bool)),
    Key("shape", "heavy", "heavy", "a number from 0 to 1", number(0, 1)),
    Key("shape", "gap", "gap", "a number from 0 to 100", number(0, 100)),
    Key("bins", "hard", "hard_bin", "a whole number from 0 to 32767", whole(0, 32767)),
    Key("bins", "soft", "soft_bin", "a whole number from 0 to 32767", whole(0, 32767)),
    Key("bins", "name", "bin_name", "a text of one line", _text),
    Key("budget", "kill", "kill_budget", "a number from 0 to 1", number(0, 1)),
    Key("yield-limits", "method", "yield_method", " | ".join(METHODS), one_of(METHODS)),
    Key("yield-limits", "bins_method", "yield_bins_method", " | ".join(METHODS), one_of(METHODS)),
    Key("yield-limits", "weighted", "yield_weighted", "true or false", lambda value: isinstance(value, bool)),
    Key("yield-limits", "bins", "yield_bins", "a list of hard bins", _bins),
    Key("yield-limits", "updated", "yield_updated", "a day such as 2026-01-31, or nothing", _day),
    Key("yield-limits", "changed", "yield_changed", "a day such as 2026-01-31, or nothing", _day),
    Key("yield-limits", "required", "yield_required", "true or false", lambda value: isinstance(value, bool)),
)

OF_DYNAMIC = tuple(ScreenKey(row.key, row.expected, row.holds) for row in KEYS if row.section in (PLACED, "shape"))
"""Keys that a [[screen]] of the dynamic limits may have of its own; the others are those of the sections."""
