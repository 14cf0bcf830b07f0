"""From columns to verdicts: limits, what stands beyond them, and what becomes of each part."""

from __future__ import annotations

from corecar.screen.baselines import baseline_rules, choose_lots, next_review
from corecar.screen.die_areas import die_areas
from corecar.screen.limit_record import LimitRecord
from corecar.screen.limits import Limits, dynamic_limits
from corecar.screen.population_limit import Own
from corecar.screen.rate_history import bin_history, yield_history
from corecar.screen.recipe import Recipe, read_recipe, recipe_text
from corecar.screen.rederive import rederive
from corecar.screen.running import first_unit_limits, rolling_limits
from corecar.screen.screening import Screening, screen
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.shapes import ShapedLimits, shaped_limits
from corecar.screen.static import StaticLimits, static_limits
from corecar.screen.yield_counts import yield_counts
from corecar.screen.yield_findings import judge_rates
from corecar.screen.yield_limits import rate_limit

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
    "die_areas",
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
    "yield_counts",
    "yield_history",
]
