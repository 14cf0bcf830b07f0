"""The verb `limits diff`: two test programs, two recipes or two sets of limits side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corecar.bridge.files.ink_maps import ink_list
from corecar.bridge.limits.static_limits import KIND, read_static_limits, read_whole_lot
from corecar.errors import ArgumentError, SourceMissing
from corecar.faults import alike
from corecar.lot import Choice, Identity, Lot, OnError
from corecar.plurals import plural
from corecar.screen import read_recipe
from corecar.screen.limit_differences import recipe_keys, recipe_limits, set_limits, set_parts
from corecar.screen.program_differences import ProgramDifferences, Turned, program_differences
from corecar.screen.recipe import SHIPPED, Recipe
from corecar.screen.static_lots import StaticTest

WORDS = {"program": "a run of a test program", "recipe": "a recipe", "set": "a set of limits"}
"""The kinds of things that can be compared, each with its like."""


@dataclass(frozen=True)
class Compared:
    """One of two things to compare; exactly one of `lot`, `recipe` and `tests` is given."""

    name: str
    lot: Lot | None = None
    recipe: Recipe | None = None
    tests: tuple[StaticTest, ...] | None = None

    @property
    def kind(self) -> str:
        """A key of `WORDS`."""
        return "program" if self.lot is not None else "recipe" if self.recipe is not None else "set"


Looked = Callable[[str], Compared | None]
"""What a word means that is neither a path nor a shipped recipe."""


def differences(
    a: str | Path,
    b: str | Path,
    *,
    lot: Sequence[str | Path] = (),
    identity: Identity = "auto",
    retest: Choice = "last",
    on_error: OnError = "raise",
) -> dict[str, Any]:
    """Say what differs between two test programs, two recipes, or two files of static limits.

    a, b    two tester files (or folders with all files of a run), two recipes, or two files of static limits
    lot     files of one lot, to say what two recipes or sets of limits make of it
    others  as in `corecar.read`
    Raises  ArgumentError for two things of different kinds; SourceError, RecipeError
    """
    how: dict[str, Any] = {"identity": identity, "retest": retest, "on_error": on_error}
    held = read_lot(lot, how) if lot else None
    return compare(compared(str(a), how), compared(str(b), how), held)


def compared(
    word: str, how: dict[str, Any], looked: Looked | None = None, known: Callable[[], Iterable[str]] = tuple
) -> Compared:
    """What a word means: a path, a shipped recipe, or what `looked` finds. Raises SourceMissing where it is nothing.

    known  names that `looked` knows, for what may have been meant
    """
    path = Path(word)
    if path.is_dir() or (path.is_file() and not _is_text(path)):
        return Compared(word, lot=read_whole_lot(path, how))
    if path.is_file() and _is_limits(path):
        return Compared(word, tests=read_static_limits(path))
    if (path.is_file() and path.suffix == ".toml") or word.removesuffix(".toml") in SHIPPED:
        return Compared(word, recipe=read_recipe(word))
    if path.is_file():
        return Compared(word, lot=read_whole_lot(path, how))
    found = looked(word) if looked is not None else None
    if found is None:
        raise nothing_called(word, "nothing of the workspace", known())
    return found


def nothing_called(word: str, nor: str, known: Iterable[str] = ()) -> SourceMissing:
    """The error for a word that names nothing.

    nor    what it is not either: nothing of the workspace, or there is none
    known  names of what the workspace holds
    """
    near = alike(word, [*SHIPPED, *known]).strip()
    advice = near or "Name files, shipped recipes, or what a workspace holds (--workspace DIR)."
    return SourceMissing(word, f"is no file, no recipe that comes with Corecar, and {nor}.", advice=advice)


def read_lot(files: Sequence[str | Path], how: dict[str, Any]) -> Lot:
    """The files of one lot."""
    from corecar.formats import read

    return read(list(files), **how)


def compare(a: Compared, b: Compared, lot: Lot | None = None) -> dict[str, Any]:
    """The answer of `limits diff`. Raises ArgumentError for two things of different kinds."""
    if a.kind != b.kind:
        raise ArgumentError(
            f"{a.name} is {WORDS[a.kind]}, {b.name} is {WORDS[b.kind]}: only like and like can be compared."
        )
    if a.lot is not None and b.lot is not None:
        if lot is not None:
            raise ArgumentError(
                "--lot is for recipes and sets of limits; two programs are held against their own parts."
            )
        return _of_programs(a, b, program_differences(a.lot, b.lot))
    if a.recipe is not None and b.recipe is not None:
        return _of_recipes(a, b, lot)
    return _of_sets(a, b, lot)


def _of_programs(a: Compared, b: Compared, found: ProgramDifferences) -> dict[str, Any]:
    changes = [one.change for one in found.tests]
    counts = ", ".join(f"{word}: {changes.count(word):,}" for word in dict.fromkeys(changes)) or "no test differs"
    notes = [_turned(a, b, found.of_a), _turned(b, a, found.of_b)] if found.tests else []
    if any(one.of_a.fail is None and one.of_b.fail is None for one in found.tests):
        notes.append("Where the unit changed, no part is counted.")
    return {"said": f"{a.name} and {b.name}: {counts}; {found.same:,} alike.", "kind": "program",
            "rows": [one.to_dict() for one in found.tests], "notes": notes,
            "details": {"a": asdict(found.of_a), "b": asdict(found.of_b), "alike": found.same}}  # fmt: skip


def _turned(one: Compared, other: Compared, found: Turned) -> str:
    return (
        f"{plural(found.fail or 0, 'good part')} of {one.name} would fail and {found.passes or 0:,} failed ones pass "
        f"by {other.name}, where their readings tell."
    )


def _of_recipes(a: Compared, b: Compared, lot: Lot | None) -> dict[str, Any]:
    assert a.recipe is not None
    assert b.recipe is not None
    keys = recipe_keys(a.recipe, b.recipe)
    limits, parts = recipe_limits(lot, a.recipe, b.recipe, read_list=ink_list) if lot is not None else ([], [])
    notes = [] if lot is not None else ["Give files of a lot (--lot) to see the limits and parts that differ."]
    return {"said": f"{a.name} and {b.name}: {_differ(len(keys), 'key')}.", "kind": "recipe", "keys": keys,
            "limits": limits, "parts": parts, "notes": notes}  # fmt: skip


def _of_sets(a: Compared, b: Compared, lot: Lot | None) -> dict[str, Any]:
    left, right = a.tests or (), b.tests or ()
    rows = set_limits(left, right, lot)
    parts, notes = set_parts(lot, left, right) if lot is not None else ([], [])
    return {"said": f"{a.name} and {b.name}: {_differ(len(rows), 'test')}.", "kind": "set", "rows": rows,
            "parts": parts, "notes": notes}  # fmt: skip


def _differ(count: int, noun: str) -> str:
    """`1 key differs`, `2 keys differ`."""
    return f"{plural(count, noun)} {'differs' if count == 1 else 'differ'}"


def _is_text(path: Path) -> bool:
    return path.suffix in (".toml", ".json")


def _is_limits(path: Path) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("kind") == KIND
