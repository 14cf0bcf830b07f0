"""From columns to statistics: measures of a lot, and what a quality engineer is asked for.

Each name is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corecar.late_names import late_names

if TYPE_CHECKING:
    from corecar.assess.acceleration import (
        arrhenius,
        cycling_acceleration,
        humidity_acceleration,
        solder_acceleration,
        voltage_acceleration,
    )
    from corecar.assess.agreement import bin_switching, kappa, mcnemar
    from corecar.assess.between_groups import equivalence, group_bias, yield_bias
    from corecar.assess.bias_tables import biases
    from corecar.assess.capability_indices import cpk_at_least, cpk_fallout
    from corecar.assess.changes import what_changed
    from corecar.assess.control_charts import chart
    from corecar.assess.correlation import correlate
    from corecar.assess.failure_rate import fit, mtbf
    from corecar.assess.false_discoveries import adjusted
    from corecar.assess.gauge import gauge_study
    from corecar.assess.guard_bands import guard_band
    from corecar.assess.life import weibull
    from corecar.assess.measuring import measures
    from corecar.assess.nested_levels import nested_study, pooled_sd
    from corecar.assess.outliers import generalised_esd, grubbs
    from corecar.assess.part_order import run_drifts
    from corecar.assess.pre_post import drift, tolerance_factor
    from corecar.assess.process_capability import capability, capability_of_summary
    from corecar.assess.recovered import recovery
    from corecar.assess.related_tests import related
    from corecar.assess.retested import recoveries
    from corecar.assess.runs_rules import Rule, rule_set
    from corecar.assess.sampling import defect_level, dppm, fraction_bound, lot_plan, sample_size
    from corecar.assess.t_squared import hotelling
    from corecar.assess.time_tables import times_of_testing
    from corecar.assess.two_samples import compare_samples

__getattr__, __dir__ = late_names(
    __name__,
    {
        "measuring": ("measures",),
        "process_capability": ("capability", "capability_of_summary"),
        "capability_indices": ("cpk_at_least", "cpk_fallout"),
        "control_charts": ("chart",),
        "runs_rules": ("Rule", "rule_set"),
        "t_squared": ("hotelling",),
        "gauge": ("gauge_study",),
        "nested_levels": ("nested_study", "pooled_sd"),
        "correlation": ("correlate",),
        "between_groups": ("group_bias", "yield_bias", "equivalence"),
        "bias_tables": ("biases",),
        "changes": ("what_changed",),
        "two_samples": ("compare_samples",),
        "false_discoveries": ("adjusted",),
        "related_tests": ("related",),
        "part_order": ("run_drifts",),
        "time_tables": ("times_of_testing",),
        "guard_bands": ("guard_band",),
        "pre_post": ("drift", "tolerance_factor"),
        "agreement": ("kappa", "mcnemar", "bin_switching"),
        "recovered": ("recovery",),
        "retested": ("recoveries",),
        "outliers": ("grubbs", "generalised_esd"),
        "sampling": ("sample_size", "fraction_bound", "dppm", "lot_plan", "defect_level"),
        "failure_rate": ("fit", "mtbf"),
        "acceleration": (
            "arrhenius",
            "voltage_acceleration",
            "humidity_acceleration",
            "cycling_acceleration",
            "solder_acceleration",
        ),
        "life": ("weibull",),
    },
)
"""Modules and the public names they hold; none is called like its module, which would hide it."""

__all__ = [
    "Rule",
    "adjusted",
    "arrhenius",
    "biases",
    "bin_switching",
    "capability",
    "capability_of_summary",
    "chart",
    "compare_samples",
    "correlate",
    "cpk_at_least",
    "cpk_fallout",
    "cycling_acceleration",
    "defect_level",
    "dppm",
    "drift",
    "equivalence",
    "fit",
    "fraction_bound",
    "gauge_study",
    "generalised_esd",
    "group_bias",
    "grubbs",
    "guard_band",
    "hotelling",
    "humidity_acceleration",
    "kappa",
    "lot_plan",
    "mcnemar",
    "measures",
    "mtbf",
    "nested_study",
    "pooled_sd",
    "recoveries",
    "recovery",
    "related",
    "rule_set",
    "run_drifts",
    "sample_size",
    "solder_acceleration",
    "times_of_testing",
    "tolerance_factor",
    "voltage_acceleration",
    "weibull",
    "what_changed",
    "yield_bias",
]
