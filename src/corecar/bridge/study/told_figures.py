"""Answers of `corecar.assess` as the command line and reports show them: a sentence, figures, tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corecar.assess.figures import Figures

LONG = frozenset({"points", "values", "sigma", "lower", "upper", "t_squared", "covariance", "center"})
"""Series that only JSON and the drawing show."""
SERIES = frozenset({"points", "values"})
"""What makes a mapping a curve of a chart."""


def told(answer: Figures, said: str) -> dict[str, Any]:
    """An answer in the shape in which verbs answer: `said`, `facts`, tables by name, `notes`."""
    return told_of(answer.told(), said)


def told_of(whole: Mapping[str, Any], said: str) -> dict[str, Any]:
    """The same of figures by name."""
    facts = {name: value for name, value in whole.items() if _single(name, value)}
    tables = {name: rows for name, value in whole.items() if (rows := _rows(value)) and name not in facts}
    return {"said": said, "facts": facts, **tables, "notes": [f"{note}" for note in whole.get("notes", ())]}


def _single(name: str, value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and name not in LONG | {"notes"} and all(isinstance(one, (str, int, float)) for one in value)
    return value is not None and not isinstance(value, Mapping)


def _rows(value: Any) -> list[dict[str, Any]]:
    """A mapping or a list of mappings as rows of a table; none for anything else."""
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, Mapping) for one in value):
        return [dict(one) for one in value]
    if not isinstance(value, Mapping) or not value or set(value) >= SERIES:
        return []
    if all(isinstance(one, Mapping) or one is None for one in value.values()):
        return [{"name": name, **one} for name, one in value.items() if one is not None]
    if any(isinstance(one, Mapping) for one in value.values()):
        return [{"figure": name, "value": one} for name, one in value.items() if not isinstance(one, Mapping)]
    return [{"figure": name, "value": one} for name, one in value.items() if one not in (None, [])]


def rows_of(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every single figure as a row (figure, value), nested ones by their path: `bounds.cpk.lower`."""
    return list(_flat("", figures))


def _flat(before: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{before}.{name}" if before else str(name), inner)
    elif isinstance(value, list) and any(isinstance(one, (Mapping, list)) for one in value):
        for place, inner in enumerate(value, 1):
            yield from _flat(f"{before}.{place}", inner)
    else:
        yield {"figure": before, "value": value}
