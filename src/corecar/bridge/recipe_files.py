"""A new recipe file, made from one that is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from corecar.errors import OutputError, RecipeError
from corecar.screen import Recipe
from corecar.screen.recipe import parse_recipe, recipe_text

_SECTION = re.compile(r"^\[recipe\]\s*$", re.MULTILINE)


def new_recipe(
    out: str | Path, begin: str | Path | None = None, *, name: str | None = None, version: str = "1"
) -> Recipe:
    """Write a recipe file that can be changed: the text of another with its explanations, under a name of its own.

    begin    a recipe file, or the name of a shipped one; `aec-q001` by default
    name     its name; that of the file by default, `version` its version
    Returns  the recipe as it was written
    Raises   RecipeError; OutputError where a file of that name is there already
    """
    target = Path(out)
    called = name if name is not None else target.stem
    if target.exists():
        raise OutputError(f"{target}: there is a file of that name, and it stays as it is. Choose another name.")
    if not called.strip() or not version.strip():
        raise RecipeError(f"{target}: name and version: expected a text, got {called!r} and {version!r}.")
    text = _renamed(recipe_text(begin), called, version)
    made = parse_recipe(text, str(target))
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}. Choose another folder.") from error
    return made


def _renamed(text: str, name: str, version: str) -> str:
    """The text with name and version replaced, or put in where it says none."""
    found = _SECTION.search(text)
    head, rest = (text[: found.end()], text[found.end() :]) if found else (text.rstrip("\n") + "\n\n[recipe]", "\n")
    own, bar, others = rest.partition("\n[")
    kept = [line for line in own.split("\n") if not re.match(r"\s*(name|version)\s*=", line)]
    lines = [f"name = {json.dumps(name, ensure_ascii=False)}", f"version = {json.dumps(version, ensure_ascii=False)}"]
    return "\n".join((head, *lines, *kept[1:])) + bar + others
