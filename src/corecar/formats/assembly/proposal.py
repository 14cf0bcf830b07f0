"""A first mapping for a file of assembly measurements, guessed from its header."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from corecar.errors import UnknownFormat
from corecar.file_kinds import checked_table
from corecar.formats.assembly.mapping import FACTS, NEEDED
from corecar.formats.decoded_text import decoded_text
from corecar.formats.sources import members

HEAD = 20
"""Lines searched for the header."""
WORDS: dict[str, tuple[str, ...]] = {
    "step": ("step", "process", "process step", "operation", "工序", "prozessschritt", "schritt"),
    "lot": ("lot", "lot id", "lot no", "batch", "assembly lot", "批号", "批次", "los"),
    "product": ("product", "device", "part number", "产品", "produkt"),
    "strip": ("strip", "strip id", "leadframe", "frame id", "panel", "料条", "streifen"),
    "machine": (
        "machine", "equipment", "tool", "bonder", "eqp", "equipment id", "machine id", "机台", "设备", "maschine",
        "anlage",
    ),
    "material_batch": (
        "material batch", "material lot", "material", "wire lot", "epoxy lot", "compound lot", "材料批号",
        "materialcharge",
    ),
    "characteristic": (
        "characteristic", "parameter", "item", "measurement", "test item", "特性", "项目", "测项", "测试项目", "参数",
        "merkmal",
    ),
    "value": ("value", "reading", "result", "measured", "测量值", "数值", "wert", "messwert"),
    "unit": ("unit", "units", "单位", "einheit"),
    "low_limit": ("low limit", "lsl", "lower limit", "min", "下限", "untere grenze", "ug"),
    "high_limit": ("high limit", "usl", "upper limit", "max", "上限", "obere grenze", "og"),
    "time": ("time", "datetime", "timestamp", "date", "date time", "measured at", "时间", "日期", "zeit", "datum"),
    "operator": ("operator", "user", "inspector", "操作员", "bediener", "prüfer"),
}  # fmt: skip
"""How headers name each fact."""


def propose_assembly_mapping(path: str | Path) -> str:
    """A mapping (TOML) guessed from the header of a CSV of assembly measurements; to be checked by a person.

    Raises  SourceMissing; UnknownFormat where no line looks like a header
    """
    content = bytes(members(path)[0].load()[: 1 << 16])
    encoding, text = decoded_text(content)
    checked_table(path, content, "a CSV table of measurements", encoding=encoding)
    best: tuple[dict[str, str], int, str, list[str]] = ({}, 0, ",", [])
    for delimiter in (",", ";", "\t"):
        lines = text.splitlines()[:HEAD]
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
            found = _facts(cells)
            if len(found) > len(best[0]):
                best = (found, number, delimiter, cells)
    facts, number, delimiter, header = best
    if len(facts) < 2:
        advice = "Write the mapping by hand; the how-to on assembly measurements shows one."
        raise UnknownFormat(path, f"none of its first {HEAD} lines looks like a header of measurements.", advice=advice)
    rows = list(csv.reader(text.splitlines()[number : number + HEAD], delimiter=delimiter))
    file = {
        "delimiter": "tab" if delimiter == "\t" else delimiter,
        "decimal": "," if delimiter != "," and _has_decimal_commas(rows) else ".",
        "encoding": encoding,
    }
    return _written(file, facts, number, [cell.strip() for cell in header])


def _has_decimal_commas(rows: list[list[str]]) -> bool:
    """Whether cells are numbers with a comma, and none with a point."""
    cells = [cell.strip() for row in rows for cell in row]
    commas, points = (any(re.fullmatch(rf"[+-]?\d+{mark}\d+", cell) for cell in cells) for mark in (",", r"\."))
    return commas and not points


def _facts(cells: list[str]) -> dict[str, str]:
    """Fact -> header, each header and each fact once."""
    found: dict[str, str] = {}
    for cell in cells:
        plain = re.sub(r"[\s_./-]+", " ", cell).strip().casefold()
        fact = next((fact for fact, words in WORDS.items() if plain in words and fact not in found), None)
        if fact:
            found[fact] = cell.strip()
    return found


def _written(file: dict[str, str], facts: dict[str, str], number: int, header: list[str]) -> str:
    lines = ["[file]", f"delimiter = {_quoted(file['delimiter'])}", f"header_row = {number}"]
    if file["decimal"] == ",":
        lines.append('decimal = ","')
    if file["encoding"] != "utf-8":
        lines.append(f"encoding = {_quoted(file['encoding'])}")
    lines += ["", "[columns]"]
    lines += [f"{fact} = {_quoted(facts[fact])}" for fact in FACTS if fact in facts]
    for fact in (*NEEDED, "characteristic", "value"):
        if fact not in facts:
            lines.append(f'# {fact}: no header looks like it; name its column, or say {fact} = {{ text = "..." }}')
    rest = [cell for cell in header if cell and cell not in facts.values()]
    if rest:
        lines += ["", "# Not recognised, kept with each row as they are: " + ", ".join(rest)]
    lines += ["", "# Of each special characteristic: its Cpk goal is 1.67 instead of 1.33.",
              '# [characteristics."wire pull"]', "# special = true"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
