"""The screens a recipe may add, one row per key: what it must be; what it is when left out stands in the standards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from corecar.screen.neighbours import EDGES, WEIGHTS
from corecar.screen.paired_units import IDENTITIES
from corecar.screen.residuals import ESTIMATORS, MOST_STEPS
from corecar.screen.running import UNITS
from corecar.screen.running import VARIANTS as RUNNING
from corecar.screen.stacking import METHODS
from corecar.screen.static import SCREEN
from corecar.screen.yield_limits import METHODS as RATE_METHODS
from corecar.standards import parameters
from corecar.strata import WIDER

LIMIT_KINDS = ("chi-square", "spread", "wider")
"""Where the limit of a distance comes from: a normal population, the distances themselves, or the wider of both."""
ORDERS = ("sequence", "sorted")
"""Of several currents, which are compared: each with the one measured before it, or with the next smaller one."""
SCALES = ("linear", "log")

STANDARD = "Neighbourhood"
RELATIONS = "Multivariate"
RETESTS = "Retests"
"""The tables of parameters that the keys' defaults stand in."""
PLACED = "dynamic-pat"
"""The limits of [dynamic-pat] in their place among the other screens, or with keys of their own, several of them."""

STATIC = SCREEN
"""The kind whose limits come from a baseline of lots, in a file of their own."""

DRIFT = "drift"
"""The kind that holds a lot after a stress against the same units before it."""

RECOVERY = "recovery-rate"
"""The kind that holds the recoveries of a lot against those of the lots before."""

Holds = Callable[[Any], bool]


@dataclass(frozen=True)
class ScreenRow:
    """One screen of a recipe in its place: `[[screen]]` in TOML.

    kind        a key of `KINDS`
    parameters  all keys of its kind; of `dynamic-pat` those that differ from the recipe's sections
    hard, soft  bins of a part that it rejects
    kill        its budget: the lot is held when it rejects a larger share of the good parts; None without one
    optional    whether a lot of which it can judge nothing may ship all the same
    """

    kind: str
    parameters: tuple[tuple[str, Any], ...]
    hard: int
    soft: int
    kill: float | None = None
    optional: bool = False

    def values(self) -> dict[str, Any]:
        """Kind, parameters and bins, its budget where it has one and `optional` where it is, ready for JSON."""
        return {"kind": self.kind, **{key: _plain(value) for key, value in (*self.parameters, *self.of_every())}}

    def of_every(self) -> list[tuple[str, Any]]:
        """What every screen has: its bins, its budget where it has one, and `optional` where it is."""
        budget = [] if self.kill is None else [("kill", self.kill)]
        return [("hard", self.hard), ("soft", self.soft), *budget, *([("optional", True)] if self.optional else [])]

    def __getitem__(self, key: str) -> Any:
        """One parameter."""
        return dict(self.parameters)[key]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [f"{key} = {item}" for key, item in value.items()]
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class ScreenKey:
    """One key of a kind of screen. `default` stands where the standard has no row for it."""

    key: str
    expected: str
    holds: Holds
    default: Any = None


def number(low: float, high: float, open_low: bool = False) -> Holds:
    """A number within bounds, `low` itself only when not open."""

    def holds(value: Any) -> bool:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and low <= value <= high and not (open_low and value == low)

    return holds


def whole(low: int, high: int) -> Holds:
    """A whole number within bounds."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def one_of(choices: Iterable[str]) -> Holds:
    """One of some words."""
    allowed = tuple(choices)
    return lambda value: isinstance(value, str) and value in allowed


def _bins(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(whole(0, 65535)(item) for item in value)


def _reticle(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) in (0, 2) and all(whole(1, 1000)(item) for item in value)


def _effects(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(item in ("site", "reticle") for item in value)


def _patterns(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def _pattern_lists(least: int, most: int) -> Holds:
    """A list of lists of patterns, each of a length within bounds."""

    def holds(value: Any) -> bool:
        is_list = isinstance(value, (list, tuple))
        return is_list and all(_patterns(item) and least <= len(item) <= most for item in value)

    return holds


def _ratio(value: Any) -> bool:
    return number(0, 10**9)(value) and not 0 < value < 1


def _choice(key: str, choices: Iterable[str]) -> ScreenKey:
    return ScreenKey(key, " | ".join(choices), one_of(choices))


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


_WIDTH = ScreenKey("width", "a number above 0 and at most 100", number(0, 100, open_low=True))
_LEAST = ScreenKey("least", "a whole number from 2", whole(2, 10**9))
_YIELD = ScreenKey("least_yield", "a number from 0 to 1", number(0, 1))
_BINS = ScreenKey("bins", "a list of hard bins", _bins, ())
_RETICLE = ScreenKey("reticle", "no or two whole numbers from 1: rows and columns of an exposure", _reticle, ())
_RETICLE_FIRST = ScreenKey("reticle_first", "two whole numbers: row and column of a corner", lambda v: _pair(v), (0, 0))
_TESTS = (
    ScreenKey("include", "a list of patterns", _patterns, ("*",)),
    ScreenKey("exclude", "a list of patterns", _patterns, ()),
)


_CURRENTS = (
    ScreenKey("include", "a list of patterns", _patterns, ("*iddq*",)),
    ScreenKey("exclude", "a list of patterns", _patterns, ()),
)
_SCOPE = _choice("scope", tuple(WIDER))
_ALPHA = ScreenKey("alpha", "a number above 0 and at most 0.1", number(0, 0.1, open_low=True))
_LIMIT = _choice("limit", LIMIT_KINDS)
_CORRELATION = ScreenKey("correlation", "a number above 0 and at most 1", number(0, 1, open_low=True))
_GROUPED = (
    _SCOPE,
    _CORRELATION,
    ScreenKey("most", "a whole number from 2 to 200", whole(2, 200)),
    ScreenKey("per_test", "a whole number from 2", whole(2, 10**6)),
    ScreenKey("groups", "a list of lists of patterns", _pattern_lists(1, 200), ()),
    *_TESTS,
)
"""Keys of the screens that look at groups of tests."""


def _limits(value: Any) -> bool:
    return isinstance(value, dict) and all(key.isdecimal() and number(0, 1)(share) for key, share in value.items())


def _pair(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(whole(-40000, 40000)(item) for item in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _places(value: Any) -> bool:
    """Places on every wafer, or of one."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, (list, tuple)) for item in value):
        return False
    return all(
        len(item) in (2, 3) and _pair(item[-2:]) and (len(item) == 2 or isinstance(item[0], str)) for item in value
    )


def _share(key: str, open_low: bool = False) -> ScreenKey:
    expected = "a number above 0 and at most 1" if open_low else "a number from 0 to 1"
    return ScreenKey(key, expected, number(0, 1, open_low))


def _steps(key: str, low: int, high: int) -> ScreenKey:
    return ScreenKey(key, f"a whole number from {low} to {high}", whole(low, high))


KINDS: dict[str, tuple[ScreenKey, ...]] = {
    "gdbn": (
        _choice("method", ("count", "share", "yield")),
        ScreenKey("count_limit", "a number above 0", number(0, 10**4, open_low=True)),
        _share("share_limit", open_low=True),
        _share("yield_limit"),
        _choice("edge", EDGES),
        _steps("reach", 1, 20),
        _choice("weight", WEIGHTS),
        _steps("least", 1, 1680),
        ScreenKey("strength", "a number above 0", number(0, 10**6, open_low=True)),
        _YIELD,
        _BINS,
    ),
    "cluster": (
        _steps("size", 2, 10**6),
        _share("chance"),
        ScreenKey("joins", "a number above 0", number(0, 10**6, open_low=True)),
        _steps("dilation", 0, 10),
        ScreenKey("holes", "true or false", _flag),
        _choice("seeds", ("any", "statistical")),
        _WIDTH,
        _steps("least_wafers", 2, 10**4),
        ScreenKey("bin_limits", "a table of hard bins and their largest shares: { 7 = 0.012 }", _limits, {}),
        _YIELD,
        _BINS,
    ),
    "scratch": (
        _steps("size", 3, 10**6),
        _steps("reach", 1, 10),
        ScreenKey("spread", "a number from 0 to 10", number(0, 10)),
        ScreenKey("elongation", "a number from 1 to 1000", number(1, 1000)),
        ScreenKey("extension", "a number from 0 to 1000", number(0, 1000)),
        ScreenKey("half_width", "a number from 0 to 10", number(0, 10)),
        _YIELD,
        _BINS,
    ),
    "edge-ring": (
        ScreenKey("exclusion_mm", "a number from 0 to 100", number(0, 100)),
        _steps("rows", 0, 1000),
    ),
    "ink": (
        ScreenKey("places", "a list of [x, y] or [wafer, x, y]", _places, ()),
        ScreenKey(
            "file", "the path of a CSV with columns x and y or of wafer maps", lambda value: isinstance(value, str), ""
        ),
    ),
    "z-pat": (
        _choice("method", METHODS),
        ScreenKey("alpha", "a number above 0 and at most 0.5", number(0, 0.5, open_low=True)),
        _share("share_limit", open_low=True),
        _steps("least_wafers", 2, 10**4),
        _share("card_share"),
        ScreenKey("repeat_alpha", "a number above 0 and at most 0.5", number(0, 0.5, open_low=True)),
        _RETICLE,
        _RETICLE_FIRST,
        _BINS,
    ),
    "parametric-z-pat": (_WIDTH, _steps("least_wafers", 1, 10**4), _LEAST, *_TESTS),
    "nnr": (
        _WIDTH,
        _choice("estimator", ESTIMATORS),
        _steps("reach", 1, MOST_STEPS),
        _steps("farthest", 1, MOST_STEPS),
        _steps("neighbours", 1, 168),
        _LEAST,
        ScreenKey("effects", 'a list of "site" and "reticle"', _effects, ()),
        _steps("sweeps", 1, 20),
        _RETICLE,
        _RETICLE_FIRST,
        *_TESTS,
    ),
    "ncr": (
        ScreenKey("limit", "a number above 1", number(1, 10**9, open_low=True)),
        _steps("reach", 1, MOST_STEPS),
        *_TESTS,
    ),
    "retest": (
        _steps("tries", 2, 1000),
        ScreenKey("exempt", "a list of hard bins", _bins, ()),
        ScreenKey("never", "a list of hard bins", _bins, ()),
        ScreenKey("retestable", "a list of hard bins", _bins, ()),
    ),
    RECOVERY: (
        _choice("method", RATE_METHODS),
        ScreenKey("by_site", "true or false", _flag),
        _steps("least", 1, 10**6),
        _BINS,
    ),
    "running-pat": (
        ScreenKey("variant", " | ".join(RUNNING), one_of(RUNNING), RUNNING[0]),
        ScreenKey("units", "a whole number from 30", whole(30, 10**6), UNITS),
        *_TESTS,
    ),
    "mahalanobis": (
        _ALPHA,
        _LIMIT,
        ScreenKey("support", "a number from 0.5 to 0.95", number(0.5, 0.95)),
        *_GROUPED,
    ),
    "pca-residual": (
        _ALPHA,
        _LIMIT,
        ScreenKey("share", "a number from 0.1 to 0.999", number(0.1, 0.999)),
        ScreenKey("t_squared", "true or false", _flag),
        *_GROUPED,
    ),
    "pair-residual": (
        _WIDTH,
        _SCOPE,
        _CORRELATION,
        ScreenKey("pairs", "a list of pairs of patterns", _pattern_lists(2, 2), ()),
        _LEAST,
        *_TESTS,
    ),
    "iddq-delta": (
        _WIDTH,
        _choice("order", ORDERS),
        _choice("scale", SCALES),
        ScreenKey("floor", "a number from 0", number(0, 10**9)),
        _SCOPE,
        _LEAST,
        *_CURRENTS,
    ),
    "iddq-ratio": (
        _WIDTH,
        ScreenKey("limit", "0 or a number from 1", _ratio),
        _LEAST,
        *_CURRENTS,
    ),
    DRIFT: (
        _WIDTH,
        ScreenKey("of_width", "a number from 0 to 1", number(0, 1)),
        ScreenKey("control", "a list of patterns", _patterns, ()),
        _choice("identity", IDENTITIES),
        _LEAST,
        *_TESTS,
    ),
    STATIC: (),
    PLACED: (),
}
"""The keys of every kind of screen, in the order in which they are shown."""


def default(kind: str, row: ScreenKey) -> Any:
    """What a key is when it is left out."""
    for found in (*parameters(STANDARD), *parameters(RELATIONS), *parameters(RETESTS)):
        if (found.rule, found.parameter) == (kind, row.key):
            return _typed(found.value)
    return row.default


def _typed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def drift_row(hard: int, soft: int) -> ScreenRow:
    """The screen `drift` as it is where a recipe does not name it."""
    return ScreenRow(DRIFT, tuple((key.key, default(DRIFT, key)) for key in KINDS[DRIFT]), hard, soft)
