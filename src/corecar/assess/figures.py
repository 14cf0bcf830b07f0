"""What every answer of `corecar.assess` can do: become plain values for JSON, a table or a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from math import isfinite, isnan
from typing import Any

import numpy as np

from corecar.showing import Showing


class Figures(Showing):
    """Base of the frozen dataclasses that hold named figures; a notebook shows them as facts and tables."""

    drawn_by = "report.notebook:figures_html"

    def to_dict(self) -> dict[str, Any]:
        """The figures as dicts, lists, numbers and strings; NaN and infinity become None, which strict JSON knows."""
        return {name: _plain(value, isfinite) for name, value in self._named()}

    def told(self) -> dict[str, Any]:
        """Like `to_dict`, for people: infinity stays."""
        return {name: _plain(value, _no_nan) for name, value in self._named()}

    def _named(self) -> list[tuple[str, Any]]:
        return [(field.name, getattr(self, field.name)) for field in fields(self)]  # type: ignore[arg-type]


def _plain(value: Any, kept: Callable[[float], bool]) -> Any:
    if isinstance(value, Figures):
        return value.to_dict() if kept is isfinite else value.told()
    if isinstance(value, dict):
        return {_key(key): _plain(item, kept) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item, kept) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist(), kept)
    if isinstance(value, np.generic):
        return _plain(value.item(), kept)
    return None if isinstance(value, float) and not kept(value) else value


def _no_nan(value: float) -> bool:
    return not isnan(value)


def _key(key: Any) -> Any:
    """A key that JSON takes: a number without a place among the numbers is told as text."""
    plain = key.item() if isinstance(key, np.generic) else key
    return str(plain) if isinstance(plain, float) and not isfinite(plain) else plain
