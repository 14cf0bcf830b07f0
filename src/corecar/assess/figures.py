"""What every answer of `corecar.assess` can do: become plain values for JSON, a table or a report."""

from __future__ import annotations

from dataclasses import fields
from math import isnan
from typing import Any

import numpy as np


class Figures:
    """Base of the frozen dataclasses that hold named figures."""

    def to_dict(self) -> dict[str, Any]:
        """The figures as dicts, lists, numbers and strings; NaN becomes None, infinity stays."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    if isinstance(value, Figures):
        return value.to_dict()
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and isnan(value) else value


def _key(key: Any) -> Any:
    return key.item() if isinstance(key, np.generic) else key
