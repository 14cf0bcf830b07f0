"""A value held against what a verb's signature says of a parameter: its type, its words, its least number."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache, wraps
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from corecar.bridge.calls import AtLeast
from corecar.bridge.travel import OnServer, Returned, Sent
from corecar.chain.chain import Chain
from corecar.errors import ArgumentError
from corecar.faults import alike

P = ParamSpec("P")
R = TypeVar("R")

TOLD: Mapping[Any, str] = {
    str: "text", Path: "a path", int: "a whole number", float: "a number", bool: "True or False",
    datetime: "a moment as datetime has it", date: "a date", Chain: "a chain that was read by read_chain",
}  # fmt: skip
"""What a type is called to whoever gave another one."""


def hold_against(words: str, parameter: inspect.Parameter, value: Any) -> None:
    """Hold one argument against its parameter.

    words   the verb as people call it
    Raises  ArgumentError that names verb, parameter and value, and says what was expected
    """
    kind, about = _kind(parameter), getattr(parameter.annotation, "__metadata__", ())
    named = f"{words}: {parameter.name}"
    choices = [one for one in _choices(kind) if one is not type(None)]
    if any(isinstance(one, (Sent, Returned, OnServer)) for one in about):
        choices = [_or_path(one) for one in choices]
    _hold_storable(named, choices, value)
    if value is None and type(None) in _choices(kind):
        return
    _hold_word(named, choices, value)
    if not any(_fits(one, value) for one in choices):
        raise ArgumentError(
            f"{named}={value!r}: expected {' or '.join(dict.fromkeys(map(_told, choices)))}.{_advice(choices, value)}"
        )
    for least in about:
        if isinstance(least, AtLeast) and not value >= least.value:
            raise ArgumentError(f"{named}={value}: expected at least {least.value:g}.")


def held_to_its_signature(function: Callable[P, R]) -> Callable[P, R]:
    """A function that is called without a workspace, its values held against its annotations as a verb's are."""

    @cache
    def parameters() -> Mapping[str, inspect.Parameter]:
        return inspect.signature(function, eval_str=True).parameters

    @wraps(function)
    def held(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = inspect.signature(function).bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            parameter = parameters()[name]
            several = parameter.kind is parameter.VAR_POSITIONAL
            if name != "self":
                for one in value if several else (value,):
                    hold_against(function.__name__, parameter, one)
        return function(*args, **kwargs)

    return held


def as_written(parameter: inspect.Parameter, value: Any) -> Any:
    """What a person gave: whole numbers as text where a name is asked (`trend(1020)`), one name as a list of one."""
    kinds = _choices(_kind(parameter))
    lists = [_choices(get_args(one)[0]) for one in kinds if _is_list(one)]
    if isinstance(value, (list, tuple)):
        return [str(int(one)) if _fits(int, one) else one for one in value] if any(map(_is_text, lists)) else value
    if any(_fits(one, value) for one in kinds):
        return value
    if _fits(int, value) and any(map(_is_text, [kinds, *lists])):
        value = str(int(value))
    alone = isinstance(value, (str, PathLike)) and str not in kinds
    return [value] if alone and any(str in members for members in lists) else value


def _is_text(kinds: Sequence[Any]) -> bool:
    return str in kinds and Path not in kinds


def _kind(parameter: inspect.Parameter) -> Any:
    return get_args(parameter.annotation)[0] if _is(parameter.annotation, Annotated) else parameter.annotation


def _is_list(kind: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, Mapping)


def _is(annotation: Any, what: Any) -> bool:
    return get_origin(annotation) is what


def _choices(kind: Any) -> Sequence[Any]:
    """What a union is of; a type that is none stands alone."""
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _or_path(kind: Any) -> Any:
    """A parameter that names files, or lists of them, takes paths too."""
    members = get_args(kind)
    return Path if kind is str else Sequence[Path] if members and get_origin(kind) is not Literal else kind


def _fits(kind: Any, value: Any) -> bool:
    """Whether a value is of a type as a caller means it: a whole number is an int, any number a float, True neither."""
    origin = get_origin(kind)
    if origin is Literal:
        return value in get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if _is_list(kind):
        whole = isinstance(value, Collection) and not isinstance(value, (str, bytes, Mapping))
        of = _choices(get_args(kind)[0])
        return whole and all(any(_fits(one, inner) for one in of) for inner in value)
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    if kind is Path:
        return isinstance(value, (str, PathLike))
    return isinstance(value, kind) if isinstance(kind, type) else True


def _told(kind: Any) -> str:
    origin = get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "names with values"
    if _is_list(kind):
        return f"a list, each entry {' or '.join(dict.fromkeys(map(_told, _choices(get_args(kind)[0]))))}"
    return TOLD.get(kind, getattr(kind, "__name__", str(kind)))


def _advice(kinds: Sequence[Any], value: Any) -> str:
    """What to write instead, where that is plain: the value in a list of its own."""
    return f" Write [{value!r}]." if any(_fits(one, [value]) for one in kinds if _is_list(one)) else ""


def _hold_storable(named: str, kinds: Sequence[Any], value: Any) -> None:
    """Raises ArgumentError for what no database takes: text that is no Unicode, save a path, and overlong numbers."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise ArgumentError(f"{named}={value}: there is no such number here.")
    if isinstance(value, str) and Path not in kinds:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArgumentError(f"{named} is no text in UTF-8. Give it in UTF-8.") from error


def _hold_word(named: str, kinds: Sequence[Any], value: Any) -> None:
    """Where a parameter is one of some words, no other is let through. Raises ArgumentError."""
    words = next((get_args(one) for one in kinds if get_origin(one) is Literal), None)
    if words is not None and value not in words:
        raise ArgumentError(f'{named}="{value}": expected one of {", ".join(words)}.{alike(str(value), words, most=1)}')
