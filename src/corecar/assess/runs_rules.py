"""Runs rules of control charts: patterns that chance seldom makes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, choice, spelled
from corecar.errors import ArgumentError
from corecar.standards import parameters

BoolArray = npt.NDArray[np.bool_]
PATTERNS = ("zone", "trend", "alternating", "within", "outside")
COUNTING = ("points", "differences")
RULE_SETS = {"nelson": "Nelson", "western electric": "Western Electric"}
"""Names of sets of rules, and the standard whose rows they are."""


@dataclass(frozen=True)
class Rule(Figures):
    """One rule; a point is signalled when the points up to and with it make the pattern.

    name     what the signals are filed under
    pattern  "zone" (`points` of `of` points beyond `sigma` on one side, the last among them), "trend",
             "alternating", "within" or "outside" (`points` in a row within, or beyond on either side, `sigma`)
    points   how many points it takes; of "trend" and "alternating" points or differences, as the chart counts
    of       window of a zone; by default `points`
    sigma    distance from the centre in sigmas; 0 is the centre itself
    """

    name: str
    pattern: str
    points: int
    of: int | None = None
    sigma: float = 0.0

    def __post_init__(self) -> None:
        choice(self.pattern, PATTERNS, "pattern")
        if self.points < 1 or (self.of is not None and self.of < self.points):
            raise ArgumentError(f"rule {self.name}: {self.points} of {self.of} points cannot be.")


def rule_set(name: str) -> tuple[Rule, ...]:
    """The rules of "nelson", "western electric" or "limits" (the control limits alone).

    >>> [rule.points for rule in rule_set("western electric")]
    [1, 2, 4, 8]
    """
    return _rule_set(spelled(_whole_name(name), (*RULE_SETS, "limits"), "rules"))


@cache
def _rule_set(name: str) -> tuple[Rule, ...]:
    if name == "limits":
        return (Rule("beyond limits", "zone", 1, 1, 3.0),)
    rows: dict[str, dict[str, str]] = {}
    for row in parameters(RULE_SETS[name]):
        rows.setdefault(row.rule, {})[row.parameter] = row.value
    return tuple(_rule(rule, told) for rule, told in rows.items())


def _rule(name: str, told: dict[str, str]) -> Rule:
    of = int(told["of"]) if "of" in told else None
    return Rule(name, told["pattern"], int(told["points"]), of, float(told.get("sigma", 0)))


def chosen_rules(rules: str | Rule | Iterable[str | Rule] | None) -> tuple[Rule, ...]:
    """Rules from a set's name, a rule's name such as "nelson-5", a `Rule`, or a mixture of them."""
    if rules is None:
        return ()
    if isinstance(rules, (str, Rule)):
        rules = [rules]
    if not isinstance(rules, Iterable):
        raise ArgumentError(f"rules: names or rules were expected, found {rules!r}.")
    given: Sequence[str | Rule] = list(rules)
    chosen: list[Rule] = []
    for rule in given:
        chosen += [rule] if isinstance(rule, Rule) else _by_name(rule)
    names = [rule.name for rule in chosen]
    if len(set(names)) < len(names):
        raise ArgumentError(f"rules: each name once was expected, found {', '.join(names)}.")
    return tuple(chosen)


def _by_name(name: Any) -> Sequence[Rule]:
    sets = {set_name: rule_set(set_name) for set_name in (*RULE_SETS, "limits")}
    single = {rule.name: (rule,) for rules in sets.values() for rule in rules}
    return (sets | single)[spelled(_whole_name(name), (*sets, *single), "rule")]


def _whole_name(name: Any) -> Any:
    """The name of a set or rule for what people write for it: "WE 2", "WECO", "Nelson rules", "Nelson rule 5"."""
    plain = re.sub(r"(?<=\w)[\s_-]*rules?", "", name, flags=re.IGNORECASE) if isinstance(name, str) else name
    return re.sub(r"(?i)^we(co)?(?=$|[\s_-]*\d)", "western electric", plain) if isinstance(name, str) else name


def signalled(
    rule: Rule, z: FloatArray, values: FloatArray | None = None, *, counting: str = "points", width: float = 3.0
) -> BoolArray:
    """Which points a rule signals.

    z         distance of each point from the centre in its own sigmas
    values    the points as plotted, for trends and alternations; z where every point has the same sigma
    counting  "points": a trend of 6 is 6 points; "differences": 6 rises in a row, so 7 points (alternation alike)
    width     half-width of the control limits in sigmas, used by a rule of a single point
    Returns   bool, one per point
    """
    if rule.pattern == "zone":
        sigma = width if rule.points == 1 and rule.sigma == 3 else rule.sigma
        window = rule.of or rule.points
        return _zone(z > sigma, rule.points, window) | _zone(z < -sigma, rule.points, window)
    if rule.pattern == "within":
        return _in_a_row(np.abs(z) < rule.sigma, rule.points)
    if rule.pattern == "outside":
        return _in_a_row(np.abs(z) > rule.sigma, rule.points)
    steps = rule.points if choice(counting, COUNTING, "counting") == "differences" else rule.points - 1
    direction = np.sign(np.diff(z if values is None else values, prepend=np.nan))
    if rule.pattern == "trend":
        return _in_a_row(direction > 0, steps) | _in_a_row(direction < 0, steps)
    return _alternating(direction, steps)


def _zone(beyond: BoolArray, points: int, window: int) -> BoolArray:
    totals = np.concatenate([[0], np.cumsum(beyond)])
    ends = np.arange(1, len(beyond) + 1)
    enough: BoolArray = totals[ends] - totals[np.maximum(ends - window, 0)] >= points
    return beyond & enough


def _in_a_row(true: BoolArray, length: int) -> BoolArray:
    return _run_lengths(true) >= max(length, 1)


def _run_lengths(true: BoolArray) -> npt.NDArray[np.intp]:
    """How many True in a row end at each place."""
    places = np.arange(1, len(true) + 1)
    last_break = np.maximum.accumulate(np.where(true, 0, places)) if len(true) else places
    lengths: npt.NDArray[np.intp] = places - last_break
    return lengths


def _alternating(direction: FloatArray, steps: int) -> BoolArray:
    """`steps` differences in a row, each of another sign than the one before."""
    turned = np.zeros(len(direction), bool)
    turned[1:] = direction[1:] * direction[:-1] < 0
    moving = np.abs(direction) == 1
    return np.asarray(moving & (_run_lengths(turned) + 1 >= steps), np.bool_)
