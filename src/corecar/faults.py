"""All faults of a declared mapping and its data, collected and told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from corecar.errors import Fault, MappingError

SHOWN = 20
"""Faults written out in the message; the exception carries all of them."""


class Faults:
    """What does not fit, in the order found; `settle` raises when there is anything."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(
        self, path: str, problem: str, *, row: int | None = None, column: str | None = None, advice: str = ""
    ) -> None:
        """Note one fault and go on."""
        self._found.append(Fault(path, problem, row, column, advice))

    def settle(self) -> None:
        """Raises MappingError with every fault noted so far; does nothing when there is none."""
        if not self._found:
            return
        count = len(self._found)
        lines = [str(fault) for fault in self._found[:SHOWN]]
        if count > SHOWN:
            lines.append(f"and {count - SHOWN} more")
        head = "" if count == 1 else f"{count} places do not fit:\n"
        raise MappingError(head + "\n".join(lines), tuple(self._found))


def alike(word: str, known: Iterable[str], most: int = 3) -> str:
    """` Did you mean "SIM00001" or "SIM00002"?`, with a blank before it; empty where no name is spelled alike.

    >>> alike("SIM0001", ["SIM00001", "LOT7"])
    ' Did you mean "SIM00001"?'
    """
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=most, cutoff=0.75)
    names = " or ".join(f'"{folded[name]}"' for name in near)
    return f" Did you mean {names}?" if near else ""


def meant(word: str, known: Iterable[str]) -> str:
    """Advice that names the nearest known word, or the first few when none is near."""
    choices = list(known)
    folded = {choice.casefold(): choice for choice in reversed(choices)}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    if near:
        return f'Did you mean "{folded[near[0]]}"?'
    shown = ", ".join(f'"{choice}"' for choice in choices[:8])
    return f"There is {shown}{' ...' if len(choices) > 8 else ''}." if choices else ""
