"""Parameters of standards as rows that a quality engineer can review: rule, parameter, value, unit, source.

A value that does not stand in the standard says so in its source: `Corecar default`, or `template, to be confirmed`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from corecar.errors import ArgumentError

STANDARDS = {
    "AEC-Q001": "aec_q001.csv",
    "AEC-Q002": "aec_q002.csv",
    "AEC-Q100": "aec_q100.csv",
    "AIAG-MSA": "aiag_msa.csv",
    "Comparisons": "comparisons.csv",
    "Matching": "matching.csv",
    "Multivariate": "multivariate.csv",
    "Neighbourhood": "neighbourhood.csv",
    "Nelson": "nelson.csv",
    "Planning": "planning.csv",
    "Qualification": "qualification.csv",
    "Retests": "retests.csv",
    "Route risk": "route_risk.csv",
    "SEMI M1": "semi_m1.csv",
    "Stress": "stress.csv",
    "Western Electric": "western_electric.csv",
    "What-if": "what_if.csv",
}


@dataclass(frozen=True)
class Parameter:
    """One row of a standard: what is set, to what, and who says so."""

    rule: str
    parameter: str
    value: str
    unit: str
    source: str


@cache
def parameters(standard: str) -> tuple[Parameter, ...]:
    """The rows of a standard in the file's order.

    standard  a key of `STANDARDS`
    Raises    ArgumentError for a standard that is not there

    >>> parameters("AEC-Q001")[0].value
    '6'
    """
    if standard not in STANDARDS:
        raise ArgumentError(f'standard "{standard}": Corecar holds {", ".join(STANDARDS)}.')
    text = files(__name__).joinpath(STANDARDS[standard]).read_text(encoding="utf-8")
    return tuple(Parameter(**row) for row in csv.DictReader(text.splitlines()))


def value(standard: str, rule: str, parameter: str) -> str:
    """One value as written. Raises ArgumentError when the standard has no such row.

    >>> float(value("AEC-Q001", "dynamic-pat", "quartile_divisor"))
    1.35
    """
    for row in parameters(standard):
        if (row.rule, row.parameter) == (rule, parameter):
            return row.value
    raise ArgumentError(f'{standard} has no row "{rule}, {parameter}". Its rows stand in {STANDARDS[standard]}.')
