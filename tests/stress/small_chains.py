"""A small chain: two fabs, two houses of packaging and test, a module plant, two cars; one chip has one fab only."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES
from corecar.formats.chain import write_chain

FIRST = date(2027, 1, 4)
WEEKS = 26
ABLE = {"FAB-1": 6.0, "FAB-2": 4.0, "PACK-1": 1500.0, "PACK-2": 5200.0, "PLANT": 2600.0}


def week(number: int) -> date:
    return FIRST + timedelta(weeks=number)


def small_chain(**changed: list[dict[str, Any]]) -> Chain:
    money, free = {"currency": "CNY"}, {"blocked": False}
    sites = [
        ("FAB-1", "DEMO-FAB", "North"), ("FAB-2", "DEMO-FAB", "South"), ("PACK-1", "DEMO-OSAT", "South"),
        ("PACK-2", "DEMO-OSAT", "East"), ("PLANT", "DEMO-TIER", "East"),
    ]  # fmt: skip
    kinds = {"DEMO-FAB": "foundry", "DEMO-OSAT": "packaging-and-test", "DEMO-TIER": "tier-1"}
    tables: dict[str, list[dict[str, Any]]] = {
        "parties": [{"party": name, "name": f"{name} (fictional)", "kind": kind} for name, kind in kinds.items()],
        "sites": [{"site": s, "party": p, "place": "Demo Town", "region": r} for s, p, r in sites],
        "products": [
            {"product": "MCU", "kind": "chip", "gross_die_per_wafer": 500, "value": 20.0, **money},
            {"product": "PMIC", "kind": "chip", "gross_die_per_wafer": 1000, "value": 5.0, **money},
            {"product": "ECU", "kind": "module", "value": 400.0, **money},
            {"product": "CAR-A", "kind": "vehicle-program", "value": 150_000.0, "priority": 1, **money},
            {"product": "CAR-B", "kind": "vehicle-program", "value": 90_000.0, "priority": 2, **money},
        ],
        "bills": [
            {"parent": "ECU", "position": "10", "child": "MCU", "quantity": 1.0},
            {"parent": "ECU", "position": "20", "child": "PMIC", "quantity": 2.0},
            {"parent": "CAR-A", "position": "10", "child": "ECU", "quantity": 2.0},
            {"parent": "CAR-B", "position": "10", "child": "ECU", "quantity": 1.0},
        ],
        "groups": [
            {"group": f"{site}-LINE", "site": site, "unit": "wafer" if "FAB" in site else "piece"}
            for site, _, _ in sites
        ],
        "routes": [
            _route("MCU-F1", "MCU", "wafer", "FAB-1", 12, 0.9), _route("PMIC-F1", "PMIC", "wafer", "FAB-1", 10, 0.92),
            _route("PMIC-F2", "PMIC", "wafer", "FAB-2", 10, 0.9),
            _route("MCU-P1", "MCU", "packaging", "PACK-1", 2, 0.99),
            _route("MCU-P2", "MCU", "packaging", "PACK-2", 2, 0.98),
            _route("PMIC-P2", "PMIC", "packaging", "PACK-2", 2, 0.99),
            _route("ECU-M", "ECU", "module-assembly", "PLANT", 1, 1.0),
        ],
        "capacity": [
            {"group": f"{site}-LINE", "week": week(number), "actual": able, "maximum": able}
            for site, able in ABLE.items()
            for number in range(WEEKS)
        ],
        "demand": [
            {"product": product, "week": week(number), "quantity": quantity}
            for product, quantity in (("CAR-A", 500.0), ("CAR-B", 800.0))
            for number in range(WEEKS)
        ],
        "stock": [
            {"product": "MCU", "site": "PACK-1", "stage": "wafer", "quantity": 40.0, "unit": "wafer", **free},
            {"product": "PMIC", "site": "PACK-2", "stage": "wafer", "quantity": 50.0, "unit": "wafer", **free},
            {"product": "MCU", "site": "PLANT", "quantity": 8000.0, "unit": "piece", "blocked": False},
            {"product": "PMIC", "site": "PLANT", "quantity": 16000.0, "unit": "piece", "blocked": False},
            {"product": "ECU", "site": "PLANT", "quantity": 4000.0, "unit": "piece", "blocked": False},
        ],
    }  # fmt: skip
    tables |= changed
    return Chain({name: pa.Table.from_pylist(rows, TABLES[name].schema) for name, rows in tables.items()})


def _route(route: str, product: str, stage: str, site: str, lead: int, gain: float) -> dict[str, Any]:
    return {"route": route, "product": product, "stage": stage, "site": site, "group": f"{site}-LINE",
            "lead_weeks": lead, "yield": gain, "ppap": "approved"}  # fmt: skip


def chain_folder(folder: Path) -> Path:
    """The small chain as CSV files."""
    write_chain(small_chain(), folder / "chain")
    return folder / "chain"
