"""Values of a recipe as TOML writes them."""

from __future__ import annotations

import json
from typing import Any


def toml_value(value: Any) -> str:
    """A value in TOML.

    >>> toml_value(True), toml_value(("a", 1.0)), toml_value({"7": 0.012})
    ('true', '["a", 1.0]', '{ 7 = 0.012 }')
    """
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        inside = ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return json.dumps(value, ensure_ascii=False)
