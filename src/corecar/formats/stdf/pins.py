"""What a pin is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any


def pin_names(tables: Mapping[str, Any]) -> dict[int, str]:
    """Pin names by PMR index: logical, else physical, else channel name; an ambiguous one carries its index.

    tables  tables of records; without PMR no pin has a name
    """
    if (table := tables.get("PMR")) is None:
        return {}
    columns = [table[name].to_pylist() for name in ("PMR_INDX", "LOG_NAM", "PHY_NAM", "CHAN_NAM")]
    names = {index: next((text for text in texts if text), str(index)) for index, *texts in zip(*columns, strict=True)}
    often = Counter(names.values())
    return {index: name if often[name] == 1 else f"{name} ({index})" for index, name in names.items()}
