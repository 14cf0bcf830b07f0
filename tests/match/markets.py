"""A small fictional market: one need, an offer that fits it, and what tests change in either."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.intake import take_in
from corecar.chain.sheets import Sheet

DAY = date(2027, 1, 4)
NEED = {
    "need": "N1", "party": "CARS", "kind": "chip", "title": "Body controller", "title_zh": "车规级车身控制器芯片",
    "grade": "1", "package_family": "LQFP", "pins_least": "100", "pins_most": "100", "node_most_nm": "55",
    "voltage_least_v": "2.7", "voltage_most_v": "5.5", "interfaces": "CAN FD; LIN", "temperature_least_c": "-40",
    "temperature_most_c": "125", "certificates": "IATF 16949", "quantity": "12000", "from_week": "2027-W10",
    "until_week": "2027-W40", "lead_weeks": "8", "price": "10", "currency": "CNY", "site": "CARS-1",
}  # fmt: skip
OFFER = {
    "offer": "O1", "party": "CHIPS", "kind": "chip", "title": "32-bit controller", "grade": "1",
    "package_family": "lqfp", "pins_least": "64", "pins_most": "144", "node_least_nm": "40", "node_most_nm": "40",
    "voltage_least_v": "2.7", "voltage_most_v": "5.5", "interfaces": "CAN-FD; LIN; SPI", "temperature_least_c": "-40",
    "temperature_most_c": "125", "certificates": "IATF16949:2016", "quantity": "24000", "from_week": "2027-W05",
    "lead_weeks": "4", "price": "8", "currency": "CNY", "site": "CHIPS-1",
}  # fmt: skip
BASE: dict[str, list[dict[str, str]]] = {
    "parties": [
        {"party": "CARS", "name": "Demo Cars", "kind": "carmaker"},
        {"party": "CHIPS", "name": "Demo Chips", "kind": "designer"},
        {"party": "OSAT", "name": "Demo Packaging 示例封测", "kind": "packaging-and-test"},
        {"party": "UNI", "name": "Demo University", "kind": "university"},
    ],
    "sites": [
        {"site": "CARS-1", "party": "CARS", "place": "A", "region": "East", "latitude": "31", "longitude": "117"},
        {"site": "CHIPS-1", "party": "CHIPS", "place": "B", "region": "South", "latitude": "31", "longitude": "117"},
        {"site": "OSAT-1", "party": "OSAT", "place": "C", "region": "East", "latitude": "22", "longitude": "114"},
    ],
}
Rows = list[dict[str, str]]


def chain_of(needs: Rows, offers: Rows, **more: Rows) -> Chain:
    """A chain of these needs and offers, taken in by every rule; what tables they share is there."""
    tables: dict[str, Rows] = {**BASE, **more, "needs": needs, "offers": offers}
    return take_in(sheet_of(name, rows) for name, rows in tables.items() if rows).chain


def sheet_of(name: str, rows: Rows) -> Sheet:
    header = list(dict.fromkeys(word for row in rows for word in row))
    columns: dict[str, Any] = {word: pa.array([row.get(word, "") for row in rows]) for word in header}
    return Sheet(name, f"{name}.csv", columns, np.arange(2, len(rows) + 2))
