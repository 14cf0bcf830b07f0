"""What to screen and how: a recipe in TOML, held against one row per key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from corecar.errors import RecipeError
from corecar.order_statistics import QUARTILE_RULES
from corecar.screen.limits import SIDES
from corecar.screen.rows import KINDS as SCREENS
from corecar.screen.rows import PLACED, ScreenKey, ScreenRow, default, number, one_of, whole
from corecar.screen.skew import WAYS
from corecar.screen.yield_limits import METHODS

SCOPES = ("lot", "wafer", "site", "wafer-site")
KINDS = ("parametric", "multiple", "functional")
DEFAULT = "aec-q001"
SHIPPED = (DEFAULT, "aec-q001+q002", "zero-defect")


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
    yield_bins_method: str
    yield_weighted: bool
    yield_bins: tuple[int, ...]
    yield_updated: str
    yield_changed: str
    yield_required: bool
    screens: tuple[ScreenRow, ...] = ()

    @property
    def title(self) -> str:
        """Name and version, as reports and marks show them."""
        return f"{self.name} {self.version}"

    def __str__(self) -> str:
        tests = ", ".join(self.include) + (f" without {', '.join(self.exclude)}" if self.exclude else "")
        others = [row.kind for row in self.screens if row.kind != PLACED]
        return (
            f"recipe {self.title}: tests {tests}; dynamic limits by {self.scope} at {self.width:g} robust sigmas, "
            f"from {self.least} readings on; "
            + (f"besides {', '.join(others)}; " if others else "")
            + f"rejects go to hard bin {', '.join(map(str, self.hard_bins))}, "
            f"soft bin {', '.join(map(str, self.soft_bins))}; the lot is held above {self.kill_budget:.1%} rejected"
        )

    @property
    def ordered(self) -> tuple[ScreenRow, ...]:
        """All screens in their order; the limits of [dynamic-pat] come last where no row places them."""
        placed = any(row.kind == PLACED for row in self.screens)
        return self.screens if placed else (*self.screens, ScreenRow(PLACED, (), self.hard_bin, self.soft_bin))

    @property
    def hard_bins(self) -> tuple[int, ...]:
        """Hard bins that the screens give, each once, in the order of the screens."""
        return tuple(dict.fromkeys(row.hard for row in self.ordered))

    @property
    def soft_bins(self) -> tuple[int, ...]:
        """Soft bins, likewise."""
        return tuple(dict.fromkeys(row.soft for row in self.ordered))

    def parameters(self) -> dict[str, Any]:
        """All parameters as plain values ready for JSON; those of an added screen under its place and kind."""
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "screens"}
        for place, row in enumerate(self.screens, 1):
            own |= {f"screen {place} {row.kind} {key}": value for key, value in row.values().items() if key != "kind"}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in own.items()}


@dataclass(frozen=True)
class Key:
    """One key of a recipe: where it stands, the field it fills, what it must be."""

    section: str
    key: str
    field: str
    expected: str
    holds: Callable[[Any], bool]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _kinds(value: Any) -> bool:
    return _texts(value) and bool(value) and all(item in KINDS[:2] for item in value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _bins(value: Any) -> bool:
    return isinstance(value, list) and all(whole(0, 32767)(item) for item in value)


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and (not value or bool(date.fromisoformat(value)))
    except ValueError:
        return False


KEYS = (
    Key("recipe", "name", "name", "a text", _text),
    Key("recipe", "version", "version", "a text", _text),
    Key("dynamic-pat", "width", "width", "a number above 0 and at most 100", number(0, 100, open_low=True)),
    Key("dynamic-pat", "quartile_rule", "quartile_rule", " | ".join(QUARTILE_RULES), one_of(QUARTILE_RULES)),
    Key("dynamic-pat", "scope", "scope", " | ".join(SCOPES), one_of(SCOPES)),
    Key("dynamic-pat", "least", "least", "a whole number from 2", whole(2, 10**9)),
    Key("dynamic-pat", "small", "small", "a whole number from 0", whole(0, 10**9)),
    Key("dynamic-pat", "coverage", "coverage", "a number from 0 to 1", number(0, 1)),
    Key("dynamic-pat", "without_limits", "without_limits", " | ".join(SIDES), one_of(SIDES)),
    Key("dynamic-pat", "alarmed", "alarmed", "true or false", lambda value: isinstance(value, bool)),
    Key("dynamic-pat", "kinds", "kinds", 'a list of "parametric" and "multiple"', _kinds),
    Key("dynamic-pat", "include", "include", "a list of patterns", _texts),
    Key("dynamic-pat", "exclude", "exclude", "a list of patterns", _texts),
    Key("dynamic-pat", "discrete_values", "discrete_values", "a whole number from 0", whole(0, 10**9)),
    Key("dynamic-pat", "discrete_fraction", "discrete_fraction", "a number from 0 to 1", number(0, 1)),
    Key("dynamic-pat", "discrete_floor", "discrete_floor", "a number from 0 to 10", number(0, 10)),
    Key("shape", "skewed", "skewed", " | ".join(WAYS), one_of(WAYS)),
    Key("shape", "medcouple", "medcouple", "a number from 0 to 1", number(0, 1)),
    Key("shape", "modes", "modes", "true or false", lambda value: isinstance(value, bool)),
    Key("shape", "heavy", "heavy", "a number from 0 to 1", number(0, 1)),
    Key("shape", "gap", "gap", "a number from 0 to 100", number(0, 100)),
    Key("bins", "hard", "hard_bin", "a whole number from 0 to 32767", whole(0, 32767)),
    Key("bins", "soft", "soft_bin", "a whole number from 0 to 32767", whole(0, 32767)),
    Key("bins", "name", "bin_name", "a text", _text),
    Key("budget", "kill", "kill_budget", "a number from 0 to 1", number(0, 1)),
    Key("yield-limits", "method", "yield_method", " | ".join(METHODS), one_of(METHODS)),
    Key("yield-limits", "bins_method", "yield_bins_method", " | ".join(METHODS), one_of(METHODS)),
    Key("yield-limits", "weighted", "yield_weighted", "true or false", lambda value: isinstance(value, bool)),
    Key("yield-limits", "bins", "yield_bins", "a list of hard bins", _bins),
    Key("yield-limits", "updated", "yield_updated", "a day such as 2026-01-31, or nothing", _day),
    Key("yield-limits", "changed", "yield_changed", "a day such as 2026-01-31, or nothing", _day),
    Key("yield-limits", "required", "yield_required", "true or false", lambda value: isinstance(value, bool)),
)


ADDED = "screen"
"""The array of tables in which a recipe adds screens to the dynamic limits."""

OF_EVERY = {
    "hard": ScreenKey("hard", "a whole number from 0 to 32767", whole(0, 32767)),
    "soft": ScreenKey("soft", "a whole number from 0 to 32767", whole(0, 32767)),
    "kill": ScreenKey("kill", "a number from 0 to 1", number(0, 1)),
}
"""Keys that every screen has: its bins, and its share of good parts that it may reject."""


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
    """A recipe from TOML text; keys left out keep the shipped defaults. `name` stands in error messages.

    A recipe without a name is called like its file, version 0: never like the shipped one whose defaults it takes.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name}: not TOML: {error}. Compare it with the shipped aec-q001.toml.") from error
    rows = given.pop(ADDED, [])
    _known(given, name)
    values = _defaults()
    for row in KEYS:
        if row.key in given.get(row.section, {}):
            values[row.field] = _checked(given[row.section][row.key], row, name)
    if "name" not in given.get("recipe", {}):
        values["name"], values["version"] = Path(name).stem, given.get("recipe", {}).get("version", "0")
    return Recipe(**values, screens=_screens(rows, values["hard_bin"], values["soft_bin"], name))


def _screens(rows: Any, hard: int, soft: int, name: str) -> tuple[ScreenRow, ...]:
    """The added screens, each checked key by key; where several things are wrong the first is told."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RecipeError(f"{name}: {ADDED} must be a list of screens: write [[{ADDED}]] above each.")
    found = tuple(_screen(row, place, hard, soft, name) for place, row in enumerate(rows, 1))
    if sum(row.kind == PLACED for row in found) > 1:
        raise RecipeError(f"{name}: [[{ADDED}]] {PLACED} stands twice. Its keys stand in [{PLACED}]; place it once.")
    return found


def _screen(given: dict[str, Any], place: int, hard: int, soft: int, name: str) -> ScreenRow:
    where = f"[[{ADDED}]] {place}"
    if "kind" not in given:
        raise RecipeError(f"{name}: {where}: kind is missing. Known are: {', '.join(SCREENS)}.")
    kind = given["kind"]
    if not isinstance(kind, str) or kind not in SCREENS:
        raise RecipeError(f"{name}: {where}: kind {kind!r} is not a screen. {_nearest(str(kind), SCREENS)}")
    keys = SCREENS[kind]
    for key in given:
        if key not in {row.key for row in keys} | {"kind", *OF_EVERY}:
            known = [*(row.key for row in keys), *OF_EVERY]
            raise RecipeError(f"{name}: {where} {kind} has no key {key}. {_nearest(key, known)}")
    values = {row.key: _held(given.get(row.key, default(kind, row)), row, f"{name}: {where} {kind}") for row in keys}
    hard_bin, soft_bin = (
        _held(given.get(key, usual), OF_EVERY[key], f"{name}: {where} {kind}")
        for key, usual in (("hard", hard), ("soft", soft))
    )
    _together(kind, values, f"{name}: {where} {kind}")
    kill = _held(given["kill"], OF_EVERY["kill"], f"{name}: {where} {kind}") if "kill" in given else None
    return ScreenRow(kind, tuple(values.items()), hard_bin, soft_bin, kill)


def _held(value: Any, row: ScreenKey, where: str) -> Any:
    if not row.holds(value):
        choices = row.expected.split(" | ")
        hint = f" {_nearest(value, choices)}" if len(choices) > 1 and isinstance(value, str) else ""
        raise RecipeError(f"{where} {row.key}: expected {row.expected}, got {value!r}.{hint}")
    return tuple(value) if isinstance(value, list) else value


def _together(kind: str, values: dict[str, Any], where: str) -> None:
    """Raise RecipeError for keys that do not fit each other."""
    if kind == "nnr" and values["farthest"] < values["reach"]:
        raise RecipeError(f"{where}: farthest {values['farthest']} is less than reach {values['reach']}. Raise it.")
    most = (2 * values["farthest"] + 1) ** 2 - 1 if kind == "nnr" else 0
    if kind == "nnr" and values["neighbours"] > most:
        raise RecipeError(
            f"{where}: neighbours {values['neighbours']}: within {values['farthest']} steps there are {most}."
        )
    if kind == "nnr" and "reticle" in values["effects"] and not values["reticle"]:
        raise RecipeError(f'{where}: effects name "reticle", but reticle is empty. Give its rows and columns: [4, 5].')
    if kind == "edge-ring" and not values["exclusion_mm"] and not values["rows"]:
        raise RecipeError(f"{where}: exclusion_mm and rows are both 0, so it rejects nothing. Give one of them.")
    for name in ("exempt", "retestable") if kind == "retest" else ():
        if both := sorted({*values[name]} & {*values["never"]}):
            raise RecipeError(
                f"{where}: bin {both[0]} is both {name} and never to be retested. Name it in one of them."
            )


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
            near = _nearest(section, sections | {ADDED})
            raise RecipeError(f"{name}: [{section}] is not a section of a recipe. {near}")
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
