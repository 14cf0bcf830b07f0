"""Failure rates that a qualification shows: FIT of the operating life, early failures, what so many parts prove."""

from __future__ import annotations

from typing import Annotated, Any

from corecar.assess import fit, fraction_bound, sample_size
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.qualify.kept_qualifications import Kept, Number, evidence_of, one
from corecar.errors import ArgumentError
from corecar.qualify.evidence import units_of_lots
from corecar.standards import value

_BOUNDS = ((0.95, 0.9), (0.99, 0.9), (0.999, 0.9))
"""Reliability and confidence of the samples that are told: 45, 230 and 2302 parts without a failure."""


def rates(
    call: Call,
    number: Number,
    *,
    confidence: Annotated[float | None, "One-sided, 0 to 1; 0.6 without it.", AtLeast(0)] = None,
    activation_energy: Annotated[float | None, "Activation energy [eV]; 0.7 without it.", AtLeast(0)] = None,
    use: Annotated[float | None, "Temperature of use [Celsius]; 55 without it."] = None,
    hours: Annotated[float | None, "Hours of the operating life; 1000 without it.", AtLeast(0)] = None,
    stress: Annotated[float | None, "Its temperature [Celsius]; the grade's without it."] = None,
) -> dict[str, Any]:
    """State FIT from the operating life (B1) and the early failure rate (B2), each with its bound and its constants.

    And which part of the population fails at most after so many good parts, with the samples that need no failure.
    Raises  NotFound; ArgumentError where neither test has a result
    """
    found = one(call, number)
    chance = _given(confidence, "confidence")
    rows = []
    life = _tested(found, "B1")
    if life[0]:
        grade = found.plan.asked["product"]["grade"]
        at = float(value("Qualification", "life", f"grade {grade}")) if stress is None else stress
        run = float(value("Qualification", "life", "hours")) if hours is None else hours
        rate = fit(life[0], run, life[1], chance, activation_energy=_given(activation_energy, "activation_energy"),
                   stress_c=at, use_c=_given(use, "use"))  # fmt: skip
        constants = (
            f"Ea {rate.activation_energy_ev:g} eV, {at:g} to {rate.use_c:g} C, "
            f"acceleration {rate.acceleration[0]:.3f}, {rate.device_hours:,.0f} device hours, "
            f"k {rate.boltzmann_ev_per_k:.6e} eV/K, 0 C {rate.zero_celsius_k:g} K"
        )
        rows.append(_row("failure rate", "B1", life, rate.fit, "FIT", chance, constants))
    early = _tested(found, "B2")
    if early[0]:
        bound = fraction_bound(early[1], early[0], chance)
        rows.append(_row("early failures", "B2", early, bound.at_most_ppm, "ppm", chance, "Clopper and Pearson"))
    if not rows:
        raise ArgumentError(f"{found.named} has no result of B1 or B2 yet: corecar qualify result {number} B1 ...")
    samples = [{"reliability": r, "confidence": c, "parts": sample_size(r, c).n} for r, c in _BOUNDS]
    notes = ["Constants that nobody gave are template, to be confirmed: `standards/qualification.csv`."]
    said = f"Bounds at {chance:.0%} confidence, one-sided."
    return {"said": said, "rows": rows, "samples": samples, "notes": notes}


def _tested(found: Kept, test: str) -> tuple[int, int]:
    """Units and fails of a test, over its lots; none where the plan does not have it."""
    rows = [row for row in found.rows if row.test == test]
    results = evidence_of(found, rows[0]).results if rows else ()
    return sum(units_of_lots(results).values()), sum(each.fails for each in results)


def _row(
    figure: str, test: str, tested: tuple[int, int], bound: float, unit: str, chance: float, constants: str
) -> dict[str, Any]:
    return {"figure": figure, "test": test, "units": tested[0], "fails": tested[1], "at_most": bound, "unit": unit,
            "confidence": chance, "constants": constants}  # fmt: skip


def _given(told: float | None, parameter: str) -> float:
    return float(value("Qualification", "failure-rate", parameter)) if told is None else told
