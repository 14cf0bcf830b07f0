"""From columns to verdicts: limits, what stands beyond them, and what becomes of each part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corecar.late_names import late_names

if TYPE_CHECKING:
    from corecar.screen.baselines import baseline_rules, choose_lots, next_review
    from corecar.screen.limit_record import LimitRecord
    from corecar.screen.limits import Limits, dynamic_limits
    from corecar.screen.population_limit import Own
    from corecar.screen.rate_history import bin_history, yield_history
    from corecar.screen.recipe import Recipe, read_recipe, recipe_text
    from corecar.screen.rederiving import rederive
    from corecar.screen.running import first_unit_limits, rolling_limits
    from corecar.screen.screening import Screening, screen
    from corecar.screen.shape_rules import ShapeRules
    from corecar.screen.shapes import ShapedLimits, shaped_limits
    from corecar.screen.static import StaticLimits, static_limits
    from corecar.screen.yield_findings import judge_rates
    from corecar.screen.yield_limits import rate_limit

__getattr__, __dir__ = late_names(
    __name__,
    {
        "baselines": ("baseline_rules", "choose_lots", "next_review"),
        "limit_record": ("LimitRecord",),
        "limits": ("Limits", "dynamic_limits"),
        "population_limit": ("Own",),
        "rate_history": ("bin_history", "yield_history"),
        "recipe": ("Recipe", "read_recipe", "recipe_text"),
        "rederiving": ("rederive",),
        "running": ("first_unit_limits", "rolling_limits"),
        "screening": ("Screening", "screen"),
        "shape_rules": ("ShapeRules",),
        "shapes": ("ShapedLimits", "shaped_limits"),
        "static": ("StaticLimits", "static_limits"),
        "yield_findings": ("judge_rates",),
        "yield_limits": ("rate_limit",),
    },
)

__all__ = [
    "LimitRecord",
    "Limits",
    "Own",
    "Recipe",
    "Screening",
    "ShapeRules",
    "ShapedLimits",
    "StaticLimits",
    "baseline_rules",
    "bin_history",
    "choose_lots",
    "dynamic_limits",
    "first_unit_limits",
    "judge_rates",
    "next_review",
    "rate_limit",
    "read_recipe",
    "recipe_text",
    "rederive",
    "rolling_limits",
    "screen",
    "shaped_limits",
    "static_limits",
    "yield_history",
]
