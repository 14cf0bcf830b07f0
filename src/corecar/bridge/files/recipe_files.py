"""A new recipe file, made from one that is there."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

from corecar.errors import OutputError, RecipeError
from corecar.screen import Recipe
from corecar.screen.recipe import parse_recipe, recipe_text

_SECTION = re.compile(r"^\[recipe\]\s*$", re.MULTILINE)
_FILE = re.compile(r"""^(?P<key>[^#\n]*?(?<![\w-])file\s*=\s*)(?P<text>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')""", re.MULTILINE)
"""The key `file` of a screen with its text, not in a comment."""


def new_recipe(
    out: str | Path, begin: str | Path | None = None, *, name: str | None = None, version: str = "1"
) -> Recipe:
    """Write a recipe file that can be changed: the text of another with its explanations, under a name of its own.

    A relative `file` of a screen is counted from the folder of its recipe; it is written so that it means the same
    file from the new folder.

    begin    a recipe file, or the name of a shipped one; `aec-q001` by default
    name     its name; that of the file by default, `version` its version
    Returns  the recipe as it was written
    Raises   RecipeError, also for a `file` that cannot be told from another folder; OutputError where a file of that
             name is there already
    """
    target = Path(out)
    called = name if name is not None else target.stem
    if target.exists():
        raise OutputError(f"{target}: there is a file of that name, and it stays as it is. Choose another name.")
    if not called.strip() or not version.strip():
        raise RecipeError(f"{target}: name and version: expected a text, got {called!r} and {version!r}.")
    source = recipe_text(begin)
    text = _renamed(_told_from(source, Path(begin or "").parent, target.parent), called, version)
    made = parse_recipe(text, str(target))
    _check_files(made, parse_recipe(source, str(begin or target)), target)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}. Choose another folder.") from error
    return made


def _told_from(text: str, old: Path, new: Path) -> str:
    """The text with every relative `file`, which counts from the folder `old`, counted from the folder `new`."""
    before, now = os.path.realpath(old), os.path.realpath(new)
    if before == now:
        return text

    def moved(found: re.Match[str]) -> str:
        file = tomllib.loads(f"file = {found['text']}")["file"]
        if not file or Path(file).is_absolute():
            return found[0]
        return found["key"] + json.dumps(_counted_from(os.path.join(before, file), now), ensure_ascii=False)

    return _FILE.sub(moved, text)


def _counted_from(path: str, folder: str) -> str:
    """The path as it is told from a folder, with slashes; absolute where they lie on different drives."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return Path(path).as_posix()


def _check_files(made: Recipe, begin: Recipe, target: Path) -> None:
    """Raises RecipeError where a screen would look for another file than the recipe that it comes from."""
    for place, (new, old) in enumerate(zip(made.screens, begin.screens, strict=True), 1):
        now, before = (dict(row.parameters).get("file") for row in (new, old))
        if before and os.path.realpath(str(now)) != os.path.realpath(str(before)):
            raise RecipeError(
                f"{target}: screen {place} {old.kind}: file {before} could not be told from another folder. Write it "
                f'in the recipe to begin with on a line of its own as an absolute path: file = "/..."'
            )


def _renamed(text: str, name: str, version: str) -> str:
    """The text with name and version replaced, or put in where it says none."""
    found = _SECTION.search(text)
    head, rest = (text[: found.end()], text[found.end() :]) if found else (text.rstrip("\n") + "\n\n[recipe]", "\n")
    own, bar, others = rest.partition("\n[")
    kept = [line for line in own.split("\n") if not re.match(r"\s*(name|version)\s*=", line)]
    lines = [f"name = {json.dumps(name, ensure_ascii=False)}", f"version = {json.dumps(version, ensure_ascii=False)}"]
    return "\n".join((head, *lines, *kept[1:])) + bar + others
