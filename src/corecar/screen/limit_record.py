"""One part-average limit as a record that never changes and can be derived again, to the same bits, years later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Plain = float | int | str | bool | None


@dataclass(frozen=True)
class LimitRecord:
    """A limit with all that led to it.

    screen, version  the rule that made it, and the version of its formula
    scope            what its population was, for example `lot`, `site 2`, `lower mode`
    population       hash of the readings
    n                readings in the population
    estimator        how centre and spread were found
    q1, median, q3   raw statistics; None where there were too few readings for any [the test's unit]
    sigma            robust sigma of the whole population [the test's unit]
    sigma_low, sigma_high  the sigmas that the two limits are made from; unlike only for a skewed population
    low, high        the limits to hold readings against, None on a side that is not screened [the test's unit]
    clamp            `low`, `high`, `both` where the test's own limit is the tighter one, else empty
    fallback         each fallback taken and why, joined by `; `, else empty
    parameters       everything else that it was made with, by name
    """

    screen: str
    version: str
    scope: str
    population: str
    n: int
    estimator: str
    quartile_rule: str
    width: float
    q1: float | None
    median: float | None
    q3: float | None
    sigma: float | None
    sigma_low: float | None
    sigma_high: float | None
    low: float | None
    high: float | None
    clamp: str
    fallback: str
    parameters: tuple[tuple[str, Plain], ...]

    @property
    def applied(self) -> bool:
        """There is a side to hold readings against."""
        return self.low is not None or self.high is not None

    def beyond(self, readings: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which readings are beyond the limits, bool; one equal to a limit is not, and NaN is no reading."""
        values = np.asarray(readings)
        out = np.zeros(values.shape, dtype=bool)
        if self.low is not None:
            out |= values < self.low
        if self.high is not None:
            out |= values > self.high
        return out

    def with_parameters(self, **more: Plain) -> LimitRecord:
        """The same record with what else it was made with."""
        return replace(self, parameters=frozen({**dict(self.parameters), **more}))

    def without_sides(self) -> LimitRecord:
        """The same record with no side to hold readings against, kept for information."""
        return replace(self, low=None, high=None, clamp="").with_parameters(for_information=True)

    def standing(self, low: float | None, high: float | None, clamp: str, *, step: float) -> LimitRecord:
        """The record of a population without limits of its own, which stands from its lowest to its highest reading.

        step  the step of the whole test, which a population of one value reaches by [the test's unit]
        """
        words = self.fallback.removesuffix(": not screened").replace("not screenable: ", "")
        stood = replace(self, low=low, high=high, clamp=clamp, fallback=f"{words}: stands as it is")
        return stood.with_parameters(stands_step=step)

    def digest(self) -> str:
        """Hash of the record: equal when each figure has the same bits and each word the same letters."""
        return hashlib.sha256(
            "\n".join(f"{f.name}={_exact(getattr(self, f.name))}" for f in fields(self)).encode()
        ).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values ready for JSON."""
        return {**asdict(self), "parameters": dict(self.parameters)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LimitRecord:
        """The inverse of `to_dict`, to the same bits. Raises KeyError, TypeError for values that are no record."""
        return cls(**{**values, "parameters": frozen(values["parameters"])})


def _exact(value: Any) -> str:
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, tuple):
        return ",".join(f"{name}:{_exact(item)}" for name, item in value)
    return repr(value)


def population_hash(readings: npt.ArrayLike) -> str:
    """Hash of a population, whatever the order of its parts: equal readings of one precision, equal hash.

    readings  float32 or float64; NaN and infinity are no part of it
    """
    values = np.asarray(readings)
    kind = np.dtype("<f4") if values.dtype == np.float32 else np.dtype("<f8")
    ordered = np.sort(values[np.isfinite(values)].astype(kind)) + kind.type(0)
    return hashlib.sha256(kind.str.encode() + ordered.tobytes()).hexdigest()[:32]


def frozen(parameters: Mapping[str, Plain]) -> tuple[tuple[str, Plain], ...]:
    """Parameters as a record keeps them: by name, in alphabetical order, numbers as Python's own."""
    return tuple((name, _plain(parameters[name])) for name in sorted(parameters))


def _plain(value: Any) -> Plain:
    own: Plain = value.item() if isinstance(value, np.generic) else value
    return own
