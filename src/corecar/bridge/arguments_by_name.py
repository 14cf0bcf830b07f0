"""A call as people write it, by position and by name, as the registry wants it: a verb, and arguments by name."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from corecar.bridge.kinds_of_values import as_written
from corecar.bridge.registry import parameters_of
from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.errors import ArgumentError


def verb_called(name: str) -> Verb:
    """The verb of a name. Raises ArgumentError with those that are near."""
    verb = WORKSPACE_VERBS.get(name)
    if verb is None:
        near = get_close_matches(name, WORKSPACE_VERBS, n=3) or sorted(WORKSPACE_VERBS)
        raise ArgumentError(f'a workspace has no verb "{name}". There is: {", ".join(near)}.')
    return verb


def by_name(
    words: str, function: Callable[..., Any], positional: tuple[Any, ...], named: dict[str, Any]
) -> dict[str, Any]:
    """All arguments by name, as the verb's signature has them; a number that is a name as its text.

    Raises  ArgumentError for too many, or one twice
    """
    parameters = {one.name: one for one in parameters_of(function)}
    takes = [name for name, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    if len(positional) > len(takes):
        without = f"{len(takes)} values without a name ({', '.join(takes)})" if takes else "no value without a name"
        named_only = ", ".join(name for name in parameters if name not in takes) or "nothing"
        raise ArgumentError(f"{words} takes {without}, not {len(positional)}. By name it takes: {named_only}.")
    first = dict(zip(takes, positional, strict=False))
    twice = first.keys() & named.keys()
    if twice:
        raise ArgumentError(f'{words}: "{sorted(twice)[0]}" is given twice.')
    given = {**first, **named}
    return {name: as_written(parameters[name], value) if name in parameters else value for name, value in given.items()}
