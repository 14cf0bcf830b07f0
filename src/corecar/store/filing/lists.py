"""CSV files beside a mapping: look-up tables (`from`, `to`) and lists of products (`product`)."""

from __future__ import annotations

import csv
from pathlib import Path

from corecar.faults import Faults, meant


def read_table(name: str, mapping: Path | None, where: str, faults: Faults) -> dict[str, str]:
    """The look-up table in a CSV file beside the mapping, by its columns `from` and `to`."""
    table: dict[str, str] = {}
    for line, (key, value) in _rows(name, mapping, ("from", "to"), where, faults):
        if table.setdefault(key, value) != value:
            problem = f'"{key}" is "{table[key]}" above and "{value}" here.'
            faults.add(str(_beside(name, mapping)), problem, row=line, column="from", advice="Keep one of them.")
    return table


def read_products(name: str, mapping: Path | None, faults: Faults) -> tuple[str, ...]:
    """The products in a CSV file beside the mapping, by its column `product`."""
    return tuple(dict.fromkeys(row[0] for _, row in _rows(name, mapping, ("product",), "products", faults)))


def _rows(
    name: str, mapping: Path | None, wanted: tuple[str, ...], where: str, faults: Faults
) -> list[tuple[int, tuple[str, ...]]]:
    """Line and wanted cells of each row, without blanks around them; empty lines are left out."""
    found = _lines(name, mapping, where, faults)
    if found is None:
        return []
    path = str(_beside(name, mapping))
    header = [cell.strip() for cell in found[0][1]] if found else []
    absent = [column for column in wanted if column not in header]
    for column in absent:
        faults.add(path, f'there is no column "{column}".', row=1, advice=meant(column, header))
    if absent:
        return []
    places = [header.index(column) for column in wanted]
    rows = []
    for line, cells in found[1:]:
        chosen = tuple(cells[place].strip() if place < len(cells) else "" for place in places)
        if all(chosen):
            rows.append((line, chosen))
        elif any(cells):
            empty = wanted[chosen.index("")]
            faults.add(
                path, "expected a text, found none.", row=line, column=empty, advice="Fill it, or drop the line."
            )
    return rows


def _lines(name: str, mapping: Path | None, where: str, faults: Faults) -> list[tuple[int, list[str]]] | None:
    """Line number and cells of each row of a CSV file; None when it is not to be read."""
    if mapping is None:
        faults.add("the mapping", f'{where}: it is no file, so no "{name}" stands beside it.', advice="Say it inline.")
        return None
    if Path(name).name != name or "\\" in name:
        faults.add(str(mapping), f'{where}: expected the name of a CSV beside the mapping, got "{name}".')
        return None
    path = _beside(name, mapping)
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle, strict=True)
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        faults.add(str(mapping), f"{where}: there is no {path}.", advice="Put it beside the mapping.")
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        faults.add(str(path), f"this is no readable CSV in UTF-8: {fault}.", advice="Save it so.")
    return None


def _beside(name: str, mapping: Path | None) -> Path:
    return mapping.parent / name if mapping is not None else Path(name)
