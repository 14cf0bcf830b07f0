"""The readings of a gauge study as one block: operators by parts by trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.assess.samples import FloatArray, IntArray, column, column_of_floats, labels, same_length
from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural


@dataclass(frozen=True)
class GaugeDesign:
    """A complete, balanced study.

    readings  float64, shape (operators, parts, trials); nested, the parts are each operator's own
    """

    design: str
    readings: FloatArray
    parts: tuple[Any, ...]
    operators: tuple[Any, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Operators, parts (nested: of each operator), trials."""
        operators, parts, trials = self.readings.shape
        return operators, parts, trials


def gauge_design(
    table: Any, part: str, operator: str | None, value: str, design: str, least_trials: int = 2
) -> GaugeDesign:
    """The block of a table with one row per reading.

    operator  None when one person or machine measured all
    design    "crossed": every operator measured every part; "nested": each had parts of its own
    least_trials  readings of each part by each operator that the method needs
    Raises    ArgumentError for an incomplete or unbalanced study, naming a cell; TooFewParts below 2 parts or 2 trials
    """
    readings = column_of_floats(column(table, value), f'column "{value}"')
    part_of, parts = labels(column(table, part), f'column "{part}"')
    people: IntArray = np.zeros(len(readings), np.intp)
    operators: list[Any] = ["all"]
    if operator is not None:
        people, operators = labels(column(table, operator), f'column "{operator}"')
    same_length("gauge study", value=readings, part=part_of, operator=people)
    if not len(readings):
        raise TooFewParts("gauge study: the table has no rows. Give one row per reading.")
    _all_there(readings, part_of, people, parts, operators)
    if design == "nested":
        part_of, parts = _own_parts(part_of, people, parts, operators)
        if parts and len({len(own) for own in parts}) == 1:
            names = tuple(map(tuple, parts))
            return _block(design, readings, part_of, people, names, operators, parts, least_trials)
        told = ", ".join(f"{name} {len(own)}" for name, own in zip(operators, parts, strict=True))
        raise ArgumentError(f"gauge study: nested, so as many parts for each operator were expected, found {told}.")
    return _block(design, readings, part_of, people, tuple(parts), operators, [parts] * len(operators), least_trials)


def _all_there(readings: FloatArray, part_of: Any, people: Any, parts: list[Any], operators: list[Any]) -> None:
    gone = np.flatnonzero(~np.isfinite(readings))
    if len(gone):
        row = gone[0]
        raise ArgumentError(
            f"gauge study: {plural(len(gone), 'missing reading')}, the first of part {parts[part_of[row]]}, operator "
            f"{operators[people[row]]}. Measure them, or leave that part out of the study."
        )


def _own_parts(part_of: Any, people: Any, parts: list[Any], operators: list[Any]) -> tuple[Any, list[list[Any]]]:
    """Parts numbered within each operator."""
    numbers, own = np.zeros(len(part_of), np.intp), []
    for person in range(len(operators)):
        rows = np.flatnonzero(people == person)
        kinds, numbers[rows] = np.unique(part_of[rows], return_inverse=True)
        own.append([parts[kind] for kind in kinds])
    return numbers, own


def _block(
    design: str,
    readings: FloatArray,
    part_of: Any,
    people: Any,
    part_names: tuple[Any, ...],
    operators: list[Any],
    own: list[Any],
    least_trials: int,
) -> GaugeDesign:
    part_count = len(own[0])
    cell = people * part_count + part_of
    filled = np.bincount(cell, minlength=len(operators) * part_count)
    _balanced(filled.reshape(len(operators), part_count), operators, own, design)
    trials = int(filled[0])
    if part_count < 2:
        raise TooFewParts(f"gauge study: needs at least 2 parts, found {part_count}.")
    if trials < least_trials:
        raise TooFewParts(f"gauge study: needs at least {least_trials} trials of each part by each operator, found 1.")
    block = readings[np.argsort(cell, kind="stable")].reshape(len(operators), part_count, trials)
    return GaugeDesign(design, block, part_names, tuple(operators))


def _balanced(filled: Any, operators: list[Any], own: list[Any], design: str) -> None:
    usual = int(np.bincount(filled.ravel()).argmax()) or int(filled.max())
    odd = np.argwhere(filled != usual)
    if not len(odd):
        return
    person, part = odd[0]
    hint = 'Complete it, or leave that part out; where each operator has parts of their own, say design="nested".'
    if design == "nested":
        hint = "Complete it, or leave that part out."
    raise ArgumentError(
        f"gauge study: part {own[person][part]} was measured {plural(filled[person, part], 'time')} by operator "
        f"{operators[person]}, others {plural(usual, 'time')}. {hint}"
    )
