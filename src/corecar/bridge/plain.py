"""Values as JSON has them, for audit rows, jobs and answers over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any


def plain(value: Any) -> Any:
    """The value with paths and moments as text, tuples and sets as lists; numbers that JSON lacks as null.

    >>> plain({"path": PurePath("a/b"), "of": (1, float("nan"))})
    {'path': 'a/b', 'of': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(inner) for inner in value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value - value != 0:
        return None
    return value
