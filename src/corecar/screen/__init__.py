"""From columns to verdicts: limits, what stands beyond them, and what becomes of each part."""

from __future__ import annotations

from corecar.screen.limits import Limits, dynamic_limits
from corecar.screen.recipe import Recipe, read_recipe, recipe_text
from corecar.screen.screening import Screening, screen

__all__ = ["Limits", "Recipe", "Screening", "dynamic_limits", "read_recipe", "recipe_text", "screen"]
