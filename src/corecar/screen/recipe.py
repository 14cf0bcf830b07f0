"""What to screen and how: a recipe in TOML, held against one row per key."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from corecar.errors import RecipeError, SourceError
from corecar.file_kinds import text_of, toml_content
from corecar.screen.added_screens import ADDED, added_screens
from corecar.screen.recipe_faults import NO_KEY, RecipeFaults, nearest
from corecar.screen.recipe_keys import KEYS, Key
from corecar.screen.rows import PLACED, ScreenRow

DEFAULT = "aec-q001"
SHIPPED = (DEFAULT, "aec-q001+q002", "zero-defect")
WANTED = "a recipe (TOML)"
ADVICE = "Compare it with the shipped one: corecar recipe show."
NO_SECTION = "a recipe has no such section."


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
        each = [f"by {one.scope} at {one.width:g} robust sigmas" for one in self.dynamic]
        return (
            f"recipe {self.title}: tests {tests}; dynamic limits {' and '.join(dict.fromkeys(each))}, "
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

    def of(self, row: ScreenRow) -> Recipe:
        """The recipe as a screen of dynamic limits sees it: keys of its own in place of those of the sections."""
        own: dict[str, Any] = {key: float(value) if _is_float(key) else value for key, value in row.parameters}
        return replace(self, **own)

    @property
    def dynamic(self) -> tuple[Recipe, ...]:
        """The recipe as each of its screens of dynamic limits sees it, in their order."""
        return tuple(self.of(row) for row in self.ordered if row.kind == PLACED)

    @property
    def swept(self) -> tuple[Recipe, ...]:
        """Those of `dynamic` whose width is that of [dynamic-pat]: the ones that another width changes."""
        rows = (row for row in self.ordered if row.kind == PLACED)
        return tuple(self.of(row) for row in rows if "width" not in dict(row.parameters))

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

    def rows(self) -> list[tuple[str, str, Any]]:
        """Every parameter as the recipe has it: section or screen, key, value.

        >>> read_recipe().rows()[2]
        ('[dynamic-pat]', 'width', 6.0)
        """
        own = [(f"[{key.section}]", key.key, getattr(self, key.field)) for key in KEYS]
        return own + [
            (f"[[{ADDED}]] {place} {row.kind}", key, value)
            for place, row in enumerate(self.screens, 1)
            for key, value in (*row.parameters, *row.of_every())
        ]


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
    stem = name.removesuffix(".toml")
    if stem in SHIPPED and not Path(name).is_file():
        return _shipped(stem)
    if not Path(name).exists():
        hint = nearest(stem, SHIPPED)
        raise RecipeError(f"{name}: there is no such file, nor a recipe of that name that comes with Corecar. {hint}")
    try:
        return text_of(name, WANTED, ADVICE)
    except SourceError as error:
        raise RecipeError(str(error)) from error


def parse_recipe(text: str, name: str) -> Recipe:
    """A recipe from TOML text; keys left out keep the shipped defaults. `name` stands in error messages.

    A recipe without a name is called like its file, version 0: never like the shipped one whose defaults it takes.
    Raises  RecipeError with everything that is wrong in it
    """
    try:
        given = toml_content(text, name, WANTED, ADVICE)
    except SourceError as error:
        raise RecipeError(str(error)) from error
    faults = RecipeFaults(name)
    rows = given.pop(ADDED, [])
    own = _known(given, faults)
    values = _defaults() | {
        row.field: _checked(own[row.section][row.key], row, faults)
        for row in KEYS
        if row.key in own.get(row.section, {})
    }
    if "name" not in own.get("recipe", {}):
        values["name"], values["version"] = Path(name).stem, own.get("recipe", {}).get("version", "0")
    screens = added_screens(rows, values["hard_bin"], values["soft_bin"], faults)
    faults.settle()
    return Recipe(**values, screens=tuple(_beside(row, name) for row in screens))


def _beside(row: ScreenRow, name: str) -> ScreenRow:
    """The screen with the path of its file counted from the folder of the recipe's own file."""
    file, folder = dict(row.parameters).get("file"), Path(name).parent
    if not file or Path(file).is_absolute() or folder == Path():
        return row
    return replace(row, parameters=tuple({**dict(row.parameters), "file": str(folder / file)}.items()))


def _shipped(stem: str) -> str:
    return files("corecar.screen").joinpath("recipes", f"{stem}.toml").read_text(encoding="utf-8")


def _defaults() -> dict[str, Any]:
    tables = tomllib.loads(_shipped(DEFAULT))
    return {row.field: _typed(tables[row.section][row.key], row) for row in KEYS}


def _known(given: dict[str, Any], faults: RecipeFaults) -> dict[str, dict[str, Any]]:
    """The sections that are some; everything else is a fault."""
    sections = {row.section for row in KEYS}
    found = {}
    for section, table in given.items():
        if section not in sections:
            faults.add(f"[{section}]", NO_SECTION, value=table, advice=nearest(section, sections | {ADDED}))
        elif not isinstance(table, dict):
            said = f"{section} must be a section with keys below it: write [{section}]."
            faults.add("", said, key=section, value=table)
        else:
            found[section] = table
            keys = {row.key for row in KEYS if row.section == section}
            for key in (key for key in table if key not in keys):
                faults.add(f"[{section}]", NO_KEY, key=key, value=table[key], advice=nearest(key, keys))
    return found


def _checked(value: Any, row: Key, faults: RecipeFaults) -> Any:
    if not row.holds(value):
        faults.refuse(f"[{row.section}]", row.key, value, row.expected)
    return _typed(value, row)


def _typed(value: Any, row: Key) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return float(value) if _is_float(row.field) and isinstance(value, int) else value


def _is_float(field: str) -> bool:
    return any(f.name == field and f.type == "float" for f in fields(Recipe))
