"""A limit made again from its record and the readings that it rests on: the same bits, or the record is not theirs."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.screen.limit_record import LimitRecord, population_hash
from corecar.screen.population_limit import VERSION, Own, population_limit
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.shapes import stood


def rederive(record: LimitRecord, readings: npt.ArrayLike) -> LimitRecord:
    """Make a limit again from all that its record says and the readings of its population.

    readings  float32 or float64 as they were then, in any order; NaN and infinity are left out [the test's unit]
    Returns   a record of the same digest; one of another digest was changed, or its formula was
    Raises    ArgumentError for readings of another population, and for a record of another version of the formula

    >>> from corecar.screen import shaped_limits
    >>> readings = np.arange(55, dtype=np.float32)
    >>> record = shaped_limits(readings).records[0]
    >>> rederive(record, readings[::-1]).digest() == record.digest()
    True
    """
    _check(record, readings)
    known: dict[str, Any] = dict(record.parameters)
    rules, own = _rules(record, known), _own(known)
    why = str(known.get("why", ""))
    made = population_limit(readings, rules, own, scope=record.scope, screen=record.screen, why=why)
    if known.get("for_information"):
        made = made.without_sides()
    if "stands_step" in known:
        values = np.asarray(readings)
        made = stood(made, values[np.isfinite(values)], float(known["stands_step"]), rules, own)
    return made.with_parameters(**{name: value for name, value in known.items() if name not in dict(made.parameters)})


def _check(record: LimitRecord, readings: npt.ArrayLike) -> None:
    if record.version != VERSION:
        raise ArgumentError(
            f"the record is of version {record.version} of its formula, this Corecar makes version {VERSION}. "
            "Derive it with the Corecar of its day."
        )
    if population_hash(readings) != record.population:
        n = int(np.isfinite(np.asarray(readings)).sum())
        raise ArgumentError(
            f"the readings ({n:,}) are not those of the record ({record.n:,}): their hash differs. "
            "Give the same files, read in the same way."
        )


def _rules(record: LimitRecord, known: dict[str, Any]) -> ShapeRules:
    named = {field.name: known[field.name] for field in fields(ShapeRules) if field.name in known}
    return ShapeRules(**{**named, "width": record.width, "quartile_rule": record.quartile_rule})


def _own(known: dict[str, Any]) -> Own:
    names = ("low_limit", "high_limit", "static_low", "static_high")
    return Own(*(known.get(name) for name in names))
