"""A message held against its aspect model: every place that does not fit, at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corecar.formats.catenax.aspects import Aspect, Field


@dataclass(frozen=True)
class Misfit:
    """One place of a message that its aspect model does not allow: where, what stands there, what is wrong."""

    path: str
    value: str
    problem: str


def misfits(aspect: Aspect, message: Any) -> list[Misfit]:
    """Every place of a message that does not fit its aspect model. Fields that the model does not have are allowed.

    Source  the JSON schema of the aspect model
    """
    return list(_below(aspect.root, message, ""))


def _below(field: Field, value: Any, path: str) -> Iterator[Misfit]:
    wrong = field.misfit(value)
    if wrong:
        yield Misfit(path, _shown(value), wrong)
    elif field.kind == "object":
        for name, inner in field.below.items():
            place = f"{path}.{name}" if path else name
            if name in value:
                yield from _below(inner, value[name], place)
            elif inner.required:
                yield Misfit(place, "", "is missing.")
    elif field.kind == "array":
        yield from _items(field, value, path)


def _items(field: Field, values: list[Any], path: str) -> Iterator[Misfit]:
    if (field.least is not None and len(values) < field.least) or (field.most is not None and len(values) > field.most):
        yield Misfit(path, "", f"holds {len(values)}, expected {field.least:g} to {field.most:g}.")
    seen: dict[str, int] = {}
    for place, value in enumerate(values):
        yield from _below(field.below["[]"], value, f"{path}[{place}]")
        same = json.dumps(value, sort_keys=True)
        if same in seen:
            yield Misfit(f"{path}[{place}]", "", f"repeats {path}[{seen[same]}].")
        seen.setdefault(same, place)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
