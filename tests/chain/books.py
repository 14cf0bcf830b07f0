"""A small fictional chain as texts, and what tests change in it."""

from __future__ import annotations

import csv
from pathlib import Path

Rows = list[dict[str, str]]
Book = dict[str, Rows]


def small_book() -> Book:
    """One car of one module of one chip, whole from the wafer on."""
    return {
        "parties": [
            {"party": "CARS", "name": "Demo Cars", "kind": "carmaker"},
            {"party": "OSAT", "name": "Demo Packaging", "kind": "packaging-and-test", "bpnl": "BPNL0000DEMO028U"},
            {"party": "FAB", "name": "Demo Foundry", "kind": "foundry"},
        ],
        "sites": [
            {"site": "CARS-1", "party": "CARS", "place": "Demo Town", "time_zone": "Europe/Berlin"},
            {"site": "OSAT-1", "party": "OSAT", "place": "Demo Town", "time_zone": "Asia/Shanghai"},
            {"site": "FAB-1", "party": "FAB", "place": "Demo Hill"},
        ],
        "products": [
            {"product": "MCU", "kind": "chip", "party": "FAB", "gross_die_per_wafer": "1200", "grade": "1"},
            {"product": "MCU2", "kind": "chip", "party": "FAB", "gross_die_per_wafer": "900", "grade": "0"},
            {"product": "ECU", "kind": "module", "party": "CARS"},
            {"product": "CAR", "kind": "vehicle-program", "party": "CARS", "value": "20000", "currency": "EUR"},
        ],
        "bills": [
            {"parent": "CAR", "position": "10", "child": "ECU", "quantity": "1"},
            {"parent": "ECU", "position": "10", "child": "MCU", "quantity": "2"},
            {"parent": "ECU", "position": "10", "child": "MCU2", "quantity": "2", "preference": "2"},
        ],
        "groups": [
            {"group": "FAB-1", "site": "FAB-1", "unit": "wafer"},
            {"group": "OSAT-1", "site": "OSAT-1", "unit": "hour"},
        ],
        "routes": [
            {"route": "MCU-W", "product": "MCU", "stage": "wafer", "site": "FAB-1", "group": "FAB-1",
             "lead_weeks": "14", "yield": "0.9"},
            {"route": "MCU-T", "product": "MCU", "stage": "test", "site": "OSAT-1", "group": "OSAT-1",
             "lead_weeks": "1", "use": "0.002"},
        ],
        "capacity": [
            {"group": "FAB-1", "week": "2026-W53", "actual": "100", "maximum": "120"},
            {"group": "FAB-1", "week": "2027-W01", "actual": "100"},
            {"group": "OSAT-1", "week": "2027-W01", "actual": "120"},
        ],
        "demand": [
            {"product": "CAR", "customer": "CARS", "week": "2027-W01", "quantity": "1000"},
            {"product": "CAR", "customer": "CARS", "week": "2027-W02", "quantity": "1100"},
        ],
        "wip": [
            {"lot": "L1", "product": "MCU", "quantity": "25", "unit": "wafer", "route": "MCU-W", "stage": "wafer",
             "site": "FAB-1", "week": "2027-W03", "state": "in-process"},
            {"lot": "L2", "product": "MCU", "quantity": "9000", "state": "held", "week": "2027-W01"},
        ],
    }  # fmt: skip


def contested_book() -> Book:
    """Two customers want 2,100 and 1,000 cars of two chips each; 1,000 chips lie there and 3,000 come: 2,000 cars."""
    made = small_book()
    made["parties"].append({"party": "VANS", "name": "Demo Vans", "kind": "carmaker"})
    made["demand"].append({"product": "CAR", "customer": "VANS", "week": "2027-W02", "quantity": "1000"})
    made["stock"] = [{"product": "MCU", "site": "OSAT-1", "quantity": "1000"}]
    made["wip"] = [{
        "lot": "L2", "product": "MCU", "quantity": "3000", "unit": "piece", "route": "MCU-T", "stage": "test",
        "site": "OSAT-1", "week": "2027-W02", "state": "in-process",
    }]  # fmt: skip
    return made


def write_book(book: Book, folder: Path) -> Path:
    """The tables as CSV files; the folder."""
    folder.mkdir(exist_ok=True)
    for name, rows in book.items():
        header = list(dict.fromkeys(word for row in rows for word in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, header, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder
