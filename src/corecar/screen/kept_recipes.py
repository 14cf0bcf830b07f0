"""A recipe out of the parameters that a grading kept: the inverse of `Recipe.parameters`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from corecar.errors import RecipeError
from corecar.screen.added_screens import keys_of
from corecar.screen.recipe import Recipe
from corecar.screen.rows import KINDS, ScreenRow

_ADDED = re.compile(r"screen (?P<place>\d+) (?P<kind>\S+) (?P<key>\S+)")
_OWN = ("hard", "soft")


def recipe_of(parameters: Mapping[str, Any]) -> Recipe:
    """The recipe whose parameters a grading kept, in its summary or in a workspace.

    Raises  RecipeError for parameters of another Corecar, which had other keys
    """
    names = [field.name for field in fields(Recipe) if field.name != "screens"]
    missing = [name for name in names if name not in parameters]
    if missing:
        raise RecipeError(f"the parameters that were kept have no {missing[0]}: another Corecar wrote them.")
    own = {name: _tuple(parameters[name]) for name in names}
    return Recipe(**own, screens=_screens(parameters))


def _screens(parameters: Mapping[str, Any]) -> tuple[ScreenRow, ...]:
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for name, value in parameters.items():
        if (at := _ADDED.fullmatch(name)) is not None:
            found.setdefault((int(at["place"]), at["kind"]), {})[at["key"]] = value
    return tuple(_row(kind, values) for (_, kind), values in sorted(found.items()))


def _row(kind: str, values: Mapping[str, Any]) -> ScreenRow:
    if kind not in KINDS:
        raise RecipeError(f"the parameters that were kept name a screen {kind}, which this Corecar does not know.")
    keys = [row.key for row in keys_of(kind, values)]
    missing = [key for key in (*keys, *_OWN) if key not in values]
    if missing:
        raise RecipeError(f"the parameters that were kept have no {missing[0]} of {kind}: another Corecar wrote them.")
    own = tuple((key, _value(key, values[key])) for key in keys)
    return ScreenRow(kind, own, values["hard"], values["soft"], values.get("kill"), values.get("optional", False))


def _value(key: str, kept: Any) -> Any:
    """A table is kept as a list of `key = value`; every other list was one."""
    if key == "bin_limits":
        return {name: float(value) for name, value in (item.split(" = ") for item in kept)} if kept else {}
    return _tuple(kept)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
