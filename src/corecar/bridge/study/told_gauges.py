"""Kept figures of gauge studies as rows for people: results, components, readings by trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf, nan
from types import SimpleNamespace
from typing import Any, Protocol


class Kept(Protocol):
    """A test of a study, as it was worked out or as the catalogue has it."""

    @property
    def test(self) -> Any: ...
    @property
    def unit(self) -> Any: ...
    @property
    def low_limit(self) -> Any: ...
    @property
    def high_limit(self) -> Any: ...
    @property
    def tolerance(self) -> Any: ...
    @property
    def figures(self) -> Any: ...


def result(one: Kept) -> dict[str, Any]:
    """One test in a row. Repeatability, reproducibility and GRR are parts of the total standard deviation."""
    figures = one.figures
    return {
        "test": one.test, "unit": one.unit, "verdict": figures["verdict"], "grr": _share(figures["percent_grr"]),
        "ndc": _categories(figures), "grr_of_tolerance": _share(figures["percent_tolerance"]),
        "verdict_by_tolerance": figures["verdict_by_tolerance"], "repeatability": _share(figures["percent_ev"]),
        "reproducibility": _share(figures["percent_av"]), "mean": figures["mean"], "low_limit": one.low_limit,
        "high_limit": one.high_limit, "tolerance": one.tolerance,
    }  # fmt: skip


def components_of(one: Kept) -> list[dict[str, Any]]:
    """Each source of variation: its standard deviation, and what part of variance, spread and tolerance it is."""
    return [
        {"component": name, "sd": each["sd"], "unit": one.unit, "of_variance": _share(each["percent_contribution"]),
         "of_variation": _share(each["percent_study"]), "of_tolerance": _share(each["percent_tolerance"])}
        for name, each in one.figures["components"].items()
    ]  # fmt: skip


def by_trial(parts: Sequence[str], operators: Sequence[str], one: Any) -> list[dict[str, Any]]:
    """The readings of one test, each with its part, operator and trial."""
    trials: dict[tuple[str, str], int] = {}
    rows = []
    for part, operator, reading in zip(parts, operators, one.readings, strict=True):
        trials[part, operator] = trials.get((part, operator), 0) + 1
        rows.append({"part": part, "operator": operator, "trial": trials[part, operator], "value": reading,
                     "unit": one.unit})  # fmt: skip
    return rows


def worst(one: Kept) -> float:
    """What tests are ordered by, the worst gauge first; one of which nothing can be said comes last."""
    share = one.figures["percent_grr"]
    return inf if share is None else -float(share)


def least(tests: Iterable[Kept]) -> int | None:
    """The fewest distinct categories of several tests; None where no gauge varies."""
    return min((found for one in tests if (found := _categories(one.figures)) is not None), default=None)


def shown_figures(one: Kept) -> Any:
    """The kept figures with the names that a drawing asks for; NaN where nothing could be said."""
    numbers: Mapping[str, Any] = {**one.figures, "percent_grr": _or_nan(one.figures["percent_grr"])}
    components = {
        name: SimpleNamespace(**{key: _or_nan(value) for key, value in each.items()})
        for name, each in one.figures["components"].items()
    }
    return SimpleNamespace(**{**numbers, "components": components})


def _share(percentage: float | None) -> float | None:
    return None if percentage is None else percentage / 100


def _categories(figures: Mapping[str, Any]) -> int | None:
    """Distinct categories; None where the gauge does not vary, so that there are as many as one likes."""
    return None if figures["ndc_exact"] is None else int(figures["ndc"])


def _or_nan(value: Any) -> Any:
    return nan if value is None else value
