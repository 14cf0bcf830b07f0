"""What is wrong with a recipe, collected and told at once: row, key, value, rule, and the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from corecar.errors import RecipeError, RecipeFault

NO_KEY = "no such key."

SHOWN = 20
"""Faults written out in the message; the exception carries all of them."""


class RecipeFaults:
    """What is wrong with one recipe, in the order found; `settle` raises when there is anything."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._found: list[RecipeFault] = []

    def add(
        self, row: str, problem: str, *, key: str = "", value: Any = None, rule: str = "", advice: str = ""
    ) -> None:
        """Note one fault and go on. `row` is the section or the screen, such as `[[screen]] 2 nnr`."""
        self._found.append(RecipeFault(self.name, row, key, value, rule, problem, advice))

    def refuse(self, row: str, key: str, value: Any, rule: str) -> None:
        """Note a value that breaks the rule of its key."""
        choices = rule.split(" | ")
        advice = nearest(value, choices) if len(choices) > 1 and isinstance(value, str) else ""
        self.add(row, f"expected {rule}, got {value!r}.", key=key, value=value, rule=rule, advice=advice)

    def settle(self) -> None:
        """Raises RecipeError with every fault noted so far; does nothing when there is none."""
        if not self._found:
            return
        count = len(self._found)
        lines = [str(fault) for fault in self._found[:SHOWN]]
        if count > SHOWN:
            lines.append(f"and {count - SHOWN} more")
        head = "" if count == 1 else f"{count} places of the recipe do not fit:\n"
        raise RecipeError(head + "\n".join(lines), tuple(self._found))


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice that names the nearest known word, or all of them when none is near."""
    choices = sorted(known)
    near = get_close_matches(word.casefold(), choices, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(choices)}."
