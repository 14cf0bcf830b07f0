"""What to screen and how: a recipe in TOML, held against one row per key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from corecar.errors import RecipeError
from corecar.order_statistics import QUARTILE_RULES
from corecar.screen.limits import SIDES
from corecar.screen.skew import WAYS
from corecar.screen.yield_limits import METHODS

SCOPES = ("lot", "wafer", "site", "wafer-site")
KINDS = ("parametric", "multiple", "functional")
DEFAULT = "aec-q001"
SHIPPED = (DEFAULT, "aec-q001+q002")


@dataclass(frozen=True)
class Recipe:
    """The parameters of a grading. Each is explained beside its key in the shipped `aec-q001.toml`."""

    name: str
    version: str
    width: float
    quartile_rule: str
    scope: str
    least: int
    small: int
    coverage: float
    without_limits: str
    alarmed: bool
    kinds: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    discrete_values: int
    discrete_fraction: float
    discrete_floor: float
    skewed: str
    medcouple: float
    modes: bool
    heavy: float
    gap: float
    hard_bin: int
    soft_bin: int
    bin_name: str
    kill_budget: float
    yield_method: str
    yield_weighted: bool
    yield_bins: tuple[int, ...]
    yield_updated: str
    yield_changed: str
    yield_required: bool

    @property
    def title(self) -> str:
        """Name and version, as reports and marks show them."""
        return f"{self.name} {self.version}"

    def __str__(self) -> str:
        tests = ", ".join(self.include) + (f" without {', '.join(self.exclude)}" if self.exclude else "")
        return (
            f"recipe {self.title}: tests {tests}; dynamic limits by {self.scope} at {self.width:g} robust sigmas, "
            f"from {self.least} readings on; rejects go to hard bin {self.hard_bin}, soft bin {self.soft_bin}; "
            f"the lot is held above {self.kill_budget:.1%} rejected"
        )

    def parameters(self) -> dict[str, Any]:
        """All parameters as plain values ready for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


@dataclass(frozen=True)
class Key:
    """One key of a recipe: where it stands, the field it fills, what it must be."""

    section: str
    key: str
    field: str
    expected: str
    holds: Callable[[Any], bool]


def _number(low: float, high: float, open_low: bool = False) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and low <= value <= high and not (open_low and value == low)

    return holds


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _one_of(choices: Iterable[str]) -> Callable[[Any], bool]:
    allowed = tuple(choices)
    return lambda value: value in allowed


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _kinds(value: Any) -> bool:
    return _texts(value) and bool(value) and all(item in KINDS[:2] for item in value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _bins(value: Any) -> bool:
    return isinstance(value, list) and all(_whole(0, 32767)(item) for item in value)


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and (not value or bool(date.fromisoformat(value)))
    except ValueError:
        return False


KEYS = (
    Key("recipe", "name", "name", "a text", _text),
    Key("recipe", "version", "version", "a text", _text),
    Key("dynamic-pat", "width", "width", "a number above 0 and at most 100", _number(0, 100, open_low=True)),
    Key("dynamic-pat", "quartile_rule", "quartile_rule", " | ".join(QUARTILE_RULES), _one_of(QUARTILE_RULES)),
    Key("dynamic-pat", "scope", "scope", " | ".join(SCOPES), _one_of(SCOPES)),
    Key("dynamic-pat", "least", "least", "a whole number from 2", _whole(2, 10**9)),
    Key("dynamic-pat", "small", "small", "a whole number from 0", _whole(0, 10**9)),
    Key("dynamic-pat", "coverage", "coverage", "a number from 0 to 1", _number(0, 1)),
    Key("dynamic-pat", "without_limits", "without_limits", " | ".join(SIDES), _one_of(SIDES)),
    Key("dynamic-pat", "alarmed", "alarmed", "true or false", lambda value: isinstance(value, bool)),
    Key("dynamic-pat", "kinds", "kinds", 'a list of "parametric" and "multiple"', _kinds),
    Key("dynamic-pat", "include", "include", "a list of patterns", _texts),
    Key("dynamic-pat", "exclude", "exclude", "a list of patterns", _texts),
    Key("dynamic-pat", "discrete_values", "discrete_values", "a whole number from 0", _whole(0, 10**9)),
    Key("dynamic-pat", "discrete_fraction", "discrete_fraction", "a number from 0 to 1", _number(0, 1)),
    Key("dynamic-pat", "discrete_floor", "discrete_floor", "a number from 0 to 10", _number(0, 10)),
    Key("shape", "skewed", "skewed", " | ".join(WAYS), _one_of(WAYS)),
    Key("shape", "medcouple", "medcouple", "a number from 0 to 1", _number(0, 1)),
    Key("shape", "modes", "modes", "true or false", lambda value: isinstance(value, bool)),
    Key("shape", "heavy", "heavy", "a number from 0 to 1", _number(0, 1)),
    Key("shape", "gap", "gap", "a number from 0 to 100", _number(0, 100)),
    Key("bins", "hard", "hard_bin", "a whole number from 0 to 32767", _whole(0, 32767)),
    Key("bins", "soft", "soft_bin", "a whole number from 0 to 32767", _whole(0, 32767)),
    Key("bins", "name", "bin_name", "a text", _text),
    Key("budget", "kill", "kill_budget", "a number from 0 to 1", _number(0, 1)),
    Key("yield-limits", "method", "yield_method", " | ".join(METHODS), _one_of(METHODS)),
    Key("yield-limits", "weighted", "yield_weighted", "true or false", lambda value: isinstance(value, bool)),
    Key("yield-limits", "bins", "yield_bins", "a list of hard bins", _bins),
    Key("yield-limits", "updated", "yield_updated", "a day such as 2026-01-31, or nothing", _day),
    Key("yield-limits", "changed", "yield_changed", "a day such as 2026-01-31, or nothing", _day),
    Key("yield-limits", "required", "yield_required", "true or false", lambda value: isinstance(value, bool)),
)


def read_recipe(source: str | Path | None = None) -> Recipe:
    """A recipe from a TOML file, or one that Corecar ships.

    source   path of a TOML file, or the name of a shipped recipe such as `aec-q001` (the one that None stands for)
    Raises   RecipeError naming the file, the key, what was expected and got, and the nearest known name

    >>> read_recipe().title
    'aec-q001 1'
    """
    return parse_recipe(recipe_text(source), str(source or DEFAULT))


def recipe_text(source: str | Path | None = None) -> str:
    """The TOML of a recipe, to read or to copy and change; `source` as in `read_recipe`. Raises RecipeError."""
    name = str(source or DEFAULT)
    if Path(name).is_file():
        return _content(Path(name))
    stem = name.removesuffix(".toml")
    if stem in SHIPPED:
        return _shipped(stem)
    hint = _nearest(stem, SHIPPED)
    raise RecipeError(f"{name}: there is no such file, nor a recipe of that name that comes with Corecar. {hint}")


def parse_recipe(text: str, name: str) -> Recipe:
    """A recipe from TOML text; keys left out keep the shipped defaults. `name` stands in error messages."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name}: not TOML: {error}. Compare it with the shipped aec-q001.toml.") from error
    _known(given, name)
    values = _defaults()
    for row in KEYS:
        if row.key in given.get(row.section, {}):
            values[row.field] = _checked(given[row.section][row.key], row, name)
    return Recipe(**values)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path}: cannot be read as text: {error}. Save it as UTF-8 and check who may read it."
        ) from error


def _shipped(stem: str) -> str:
    return files("corecar.screen").joinpath("recipes", f"{stem}.toml").read_text(encoding="utf-8")


def _defaults() -> dict[str, Any]:
    tables = tomllib.loads(_shipped("aec-q001"))
    return {row.field: _checked(tables[row.section][row.key], row, "aec-q001.toml") for row in KEYS}


def _known(given: dict[str, Any], name: str) -> None:
    sections = {row.section for row in KEYS}
    for section, table in given.items():
        if section not in sections:
            raise RecipeError(f"{name}: [{section}] is not a section of a recipe. {_nearest(section, sections)}")
        if not isinstance(table, dict):
            raise RecipeError(f"{name}: {section} must be a section with keys below it: write [{section}].")
        keys = {row.key for row in KEYS if row.section == section}
        for key in table:
            if key not in keys:
                raise RecipeError(f"{name}: [{section}] has no key {key}. {_nearest(key, keys)}")


def _nearest(word: str, known: Iterable[str]) -> str:
    choices = sorted(known)
    near = get_close_matches(word, choices, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(choices)}."


def _checked(value: Any, row: Key, name: str) -> Any:
    if not row.holds(value):
        choices = row.expected.split(" | ")
        hint = f" {_nearest(value, choices)}" if len(choices) > 1 and isinstance(value, str) else ""
        raise RecipeError(f"{name}: [{row.section}] {row.key}: expected {row.expected}, got {value!r}.{hint}")
    if isinstance(value, list):
        return tuple(value)
    return float(value) if _is_float(row.field) else value


def _is_float(field: str) -> bool:
    return any(f.name == field and f.type == "float" for f in fields(Recipe))
