"""Readings of a gauge worked out test by test, as they are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from corecar.assess import gauge_study
from corecar.bridge.study.gauge_readings import GaugeReadings, TestReadings
from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural

OF_ONE = ("low", "high", "tolerance", "unit", "process_sd")
"""What is in the unit of one test, so that it cannot be said of several at once."""
NAMED = 3
"""Tests that a note names; of more it says how many."""


@dataclass(frozen=True)
class How:
    """How a study is worked out, and what its one test is held against."""

    method: str
    design: str
    low: float | None = None
    high: float | None = None
    tolerance: float | None = None
    unit: str | None = None
    pool_above: float | None = None
    parts_over: str = "pooled"
    process_sd: float | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What else than method and design was asked for."""
        usual = {"pool_above": None, "parts_over": "pooled", "process_sd": None}
        return {name: getattr(self, name) for name, value in usual.items() if getattr(self, name) != value}


@dataclass(frozen=True)
class Studied:
    """One test: what it was held against, its readings, and all figures of its study, ready to be kept."""

    test: str
    unit: str | None
    low_limit: float | None
    high_limit: float | None
    tolerance: float | None
    readings: list[float]
    figures: dict[str, Any]


def studied_tests(found: GaugeReadings, how: How) -> tuple[list[Studied], list[str]]:
    """Every test that is complete, and notes on the others.

    Raises  ArgumentError, TooFewParts naming the test where none is, or where one is not that was named
    """
    _of_one_test(found, how)
    done: list[Studied] = []
    faults: dict[str, ArgumentError | TooFewParts] = {}
    for one in found.tests:
        try:
            done.append(_studied(found, one, how))
        except (ArgumentError, TooFewParts) as error:
            told = error if len(found.tests) == 1 else type(error)(f"{one.test}: {error}")
            if found.chosen:
                raise told from None
            faults[one.test] = told
    if not done:
        raise next(iter(faults.values()))
    return done, _left_out(faults)


def _of_one_test(found: GaugeReadings, how: How) -> None:
    """Raises ArgumentError for limits of several tests, and for a width beside limits."""
    given = [name for name in OF_ONE if getattr(how, name) is not None]
    if given and len(found.tests) > 1:
        option = given[0].replace("_", "-")
        raise ArgumentError(
            f"--{option} is of one test, and {len(found.tests)} are studied. Give limits of several in a table: "
            "--limits FILE."
        )
    if how.tolerance is not None and (how.low is not None or how.high is not None):
        raise ArgumentError("--tolerance is a width, and --low or --high was given too. Leave one of them out.")
    for name in ("low", "high"):
        value = getattr(how, name)
        if value is not None and not isfinite(value):
            raise ArgumentError(f"--{name}: a number was expected, found {value}.")


def _studied(found: GaugeReadings, one: TestReadings, how: How) -> Studied:
    low, high = one.low if how.low is None else how.low, one.high if how.high is None else how.high
    if how.tolerance is not None:
        low = high = None
    if low is not None and high is not None and low >= high:
        raise ArgumentError(f"the low limit {low:g} is not below the high limit {high:g}. Correct one of them.")
    table = {"part": found.parts, "operator": found.operators, "value": one.values}
    width = how.tolerance if how.tolerance is not None else (low, high)
    answer = gauge_study(
        table, method=how.method, design=how.design, tolerance=width, pool_above=how.pool_above,
        parts_over=how.parts_over, process_sd=how.process_sd,
    )  # fmt: skip
    unit = one.unit if how.unit is None else how.unit.strip()
    return Studied(one.test, unit or None, low, high, how.tolerance, one.values.tolist(), answer.to_dict())


def _left_out(faults: dict[str, Any]) -> list[str]:
    if not faults:
        return []
    first = next(iter(faults.values()))
    names = ", ".join(list(faults)[:NAMED]) + (" ..." if len(faults) > NAMED else "")
    return [f"{plural(len(faults), 'test')} not complete and left out ({names}): {first}"]


def fingerprint(gauge: str, product: str | None, found: GaugeReadings, tests: Sequence[Studied], how: How) -> str:
    """SHA-256 of what was read and of how it was studied: the same study has the same."""
    digest = hashlib.sha256()
    limits = [(one.test, one.unit, one.low_limit, one.high_limit) for one in tests]
    for piece in (gauge, product, asdict(how), found.parts, found.operators, limits):
        digest.update(json.dumps(piece).encode() + b"\n")
    for one in tests:
        digest.update(np.array(one.readings, np.float64).tobytes())
    return digest.hexdigest()
