"""Fictional markets of any size for the benchmark of matching: needs and offers of eight kinds, and their parties."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.columns import ARROW
from corecar.chain.tables import TABLES
from corecar.chain.words import SUBJECTS

FIRST = date(2027, 1, 4)
FAMILIES = ("QFN", "LQFP", "BGA", "SOP", "TO", "WLCSP")
PINS = (32, 48, 64, 100, 144, 208)
INTERFACES = ("CAN FD", "LIN", "SPI", "I2C", "Ethernet", "FlexRay")
CERTIFICATES = ("IATF 16949", "", "IATF 16949; ISO 26262")


def market(size: int, *, kinds: tuple[str, ...] = SUBJECTS, seed: int = 1) -> Chain:
    """As many needs as offers, of a tenth as many parties.

    size  of each side; kinds: among which rows are drawn evenly
    """
    random = np.random.default_rng(seed)
    count = max(10, size // 10)
    names = [f"P{place}" for place in range(count)]
    parties = {"party": names, "name": names, "kind": ["designer"] * count}
    sites = {
        "site": [f"S{place}" for place in range(count)], "party": names, "place": ["Demo Town"] * count,
        "region": [f"R{place % 30}" for place in range(count)], "latitude": (20 + 20 * random.random(count)).tolist(),
        "longitude": (100 + 20 * random.random(count)).tolist(),
        "certificates": [CERTIFICATES[place % 3] for place in range(count)],
    }  # fmt: skip
    sides = {f"{key}s": _side(random, key, size, kinds, names) for key in ("need", "offer")}
    columns = {"parties": parties, "sites": sites, **sides}
    return Chain({name: _table(name, of_table) for name, of_table in columns.items()})


def _side(random: Any, key: str, size: int, kinds: tuple[str, ...], names: list[str]) -> dict[str, list[Any]]:
    offered = key == "offer"
    pins = random.integers(0, len(PINS), size)
    wide = 2 if offered else 0
    weeks = random.integers(0, 6, size) + (0 if offered else 3)
    return {
        key: [f"{key}{place:06}" for place in range(size)],
        "party": [names[place] for place in random.integers(0, len(names), size)],
        "kind": random.choice(kinds, size).tolist(), "title": ["drawn"] * size, "unit": ["piece"] * size,
        "grade": random.integers(0, 4, size).tolist(), "package_family": random.choice(FAMILIES, size).tolist(),
        "pins_least": [PINS[max(place - wide, 0)] for place in pins],
        "pins_most": [PINS[min(place + wide, len(PINS) - 1)] for place in pins],
        "interfaces": ["; ".join(random.choice(INTERFACES, 5 if offered else 1, replace=False)) for _ in range(size)],
        "certificates": [CERTIFICATES[place] for place in random.integers(0, 2, size)],
        "quantity": (1000.0 * random.integers(1, 100, size)).tolist(),
        "price": (random.random(size) + (0 if offered else 0.3)).round(2).tolist(), "currency": ["CNY"] * size,
        "lead_weeks": random.integers(1, 8, size).tolist(),
        "from_week": [FIRST + timedelta(weeks=int(week)) for week in weeks],
    }  # fmt: skip


def _table(name: str, columns: dict[str, list[Any]]) -> Any:
    size = len(next(iter(columns.values())))
    arrays = []
    for column in TABLES[name].columns:
        values = pa.array(
            columns.get(column.name, [None] * size), pa.string() if column.kind == "name" else column.type
        )
        arrays.append(values.dictionary_encode().cast(ARROW["name"]) if column.kind == "name" else values)
    return pa.Table.from_arrays(arrays, schema=TABLES[name].schema)
