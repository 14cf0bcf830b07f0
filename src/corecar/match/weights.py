"""How pairs are scored: the weights of the parts, and the few numbers in their formulas, from a TOML file."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from corecar.errors import SourceMissing
from corecar.faults import Faults, meant

DEFAULT = "default"
PARTS = ("technical", "capacity", "lead_time", "price", "risk_spread", "history", "distance")
"""The parts of a score, in their order."""
OFFER_PARTS = ("use", "margin", "history", "distance")
"""The parts by which an offer ranks needs."""
RULES = {"least_share": (0.0, 1.0), "distance_km": (1e-3, 40_000.0), "better_grade": (0.0, 0.3),
         "overdue": (0.0, 1.0), "at_limit": (0.0, 1.0)}  # fmt: skip
"""Numbers of [matching], and the bounds of each."""


@dataclass(frozen=True)
class Weights:
    """Weights and rules.

    parts, offer  of `PARTS` and of `OFFER_PARTS`, each summing to 1
    rules         least_share, distance_km, better_grade, overdue, at_limit
    """

    name: str
    parts: dict[str, float]
    offer: dict[str, float]
    rules: dict[str, float]


def read_weights(source: str | Path | None = None) -> Weights:
    """The weights of a TOML file; without one those that Corecar ships.

    Raises  SourceMissing; MappingError with every key that is wrong

    >>> read_weights().parts["technical"]
    0.25
    """
    return parse_weights(weights_text(source), str(source or DEFAULT))


def weights_text(source: str | Path | None = None) -> str:
    """The TOML of weights, to read or to copy and change. Raises SourceMissing."""
    if source is None or str(source) == DEFAULT:
        return files("corecar.match").joinpath("default_weights.toml").read_text(encoding="utf-8")
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        advice = "Write one to change with: corecar match weights > weights.toml"
        raise SourceMissing(source, "no weights can be read there.", advice=advice) from error


def parse_weights(text: str, path: str) -> Weights:
    """Weights out of TOML. Every key that is missing keeps its default. Raises MappingError."""
    faults = Faults()
    shipped = tomllib.loads(weights_text())
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.add(path, f"is no TOML: {error}.", advice="Write one to change with: corecar match weights")
        faults.settle()
        raise AssertionError from error
    for section, keys in given.items():
        known = shipped.get(section)
        if known is None or not isinstance(keys, dict):
            faults.add(path, f"[{section}] is no section of weights.", advice=meant(section, shipped))
            continue
        for key in sorted(keys.keys() - known.keys()):
            faults.add(path, f"[{section}] {key}: there is no such key.", advice=meant(key, known))
    merged = {section: {**keys, **_keys_of(given, section)} for section, keys in shipped.items()}
    bounds = {"weights": dict.fromkeys(PARTS, (0.0, 1e9)), "offer": dict.fromkeys(OFFER_PARTS, (0.0, 1e9)),
              "matching": RULES}  # fmt: skip
    for section, keys in bounds.items():
        for key, (low, high) in keys.items():
            if not _is_within(merged[section][key], low, high):
                shown = merged[section][key]
                faults.add(path, f"[{section}] {key} is {shown!r}; expected a number from {low:g} to {high:g}.")
    faults.settle()
    for section in ("weights", "offer"):
        if not sum(merged[section][key] for key in bounds[section]):
            faults.add(path, f"[{section}] weighs nothing.", advice="Give at least one part a weight above 0.")
    faults.settle()
    return Weights(
        str(merged["matching"]["name"]), _shares(merged["weights"], PARTS), _shares(merged["offer"], OFFER_PARTS),
        {key: float(merged["matching"][key]) for key in RULES},
    )  # fmt: skip


def _keys_of(given: dict[str, Any], section: str) -> dict[str, Any]:
    found = given.get(section)
    return found if isinstance(found, dict) else {}


def _is_within(value: Any, low: float, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and low <= value <= high


def _shares(given: dict[str, float], names: tuple[str, ...]) -> dict[str, float]:
    total = math.fsum(float(given[name]) for name in names)
    return {name: float(given[name]) / total for name in names}
