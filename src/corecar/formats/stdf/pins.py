"""What a pin is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

PIN_FIELDS = ("PMR_INDX", "LOG_NAM", "PHY_NAM", "CHAN_NAM")
"""Fields of PMR in the order in which `pin_names` takes them."""


def pin_names(indexes: Sequence[Any], *named: Sequence[str | None]) -> dict[int, str]:
    """Pin names by PMR index: logical, else physical, else channel name; an ambiguous one carries its index."""
    names = {
        index: next((text for text in texts if text), str(index)) for index, *texts in zip(indexes, *named, strict=True)
    }
    often = Counter(names.values())
    return {index: name if often[name] == 1 else f"{name} ({index})" for index, name in names.items()}
