"""What a mapping may say: section, key and kind of value; and the check that names everything it says wrongly."""

from __future__ import annotations

import codecs
import re
from typing import Any, Literal

from corecar.faults import Faults, meant
from corecar.tables import RUNS, TESTS

LOT_FACTS = tuple(column.name for column in RUNS if column.name not in ("test_pass", "source"))
"""`run` itself carries no fact: a column of it only keeps runs apart."""

TEST_FACTS = tuple(column.name for column in TESTS if column.name != "test")
PART_FACTS = (
    "part_id", "part_text", "wafer", "x", "y", "head", "site", "hard_bin", "soft_bin", "passed", "attempt",
    "incomplete", "test_time_ms", "test_time_s", "test_count",
)  # fmt: skip
READING_FACTS = ("test", "value", "number", "pin", "kind", "unit", "low_limit", "high_limit", "passed")

REMARK = "remark"
"""Under [lot]: what is to be handed on in words, from a line above the header or from the mapping itself."""

Kind = Literal["constant", "text", "integer", "texts", "integers", "places", "names", "columns", "tables"]

KEYS: dict[str, dict[str, Kind]] = {
    "file": {
        "layout": "text", "delimiter": "text", "decimal": "text", "encoding": "text", "header_row": "integer",
        "data_row": "integer", "data_end": "text", "skip_rows": "integers", "missing": "texts", "short_rows": "text",
    },
    "lot": {**dict.fromkeys(LOT_FACTS, "places"), REMARK: "constant"},
    "parts": dict.fromkeys(PART_FACTS, "places"),
    "verdicts": {"pass": "texts", "fail": "texts", "pass_bins": "integers"},
    "tests": {"columns": "columns", "exclude": "texts", "header": "text", "rows": "names", "declared": "tables"},
    "readings": dict.fromkeys(READING_FACTS, "text"),
}  # fmt: skip
"""Section, key and kind of value: everything a mapping may say."""

CHOICES = {
    ("file", "layout"): ("wide", "long"),
    ("file", "decimal"): (".", ","),
    ("file", "short_rows"): ("refuse", "pad"),
}


def check(name: str, content: dict[str, Any], faults: Faults) -> None:
    for section, keys in content.items():
        if section not in KEYS:
            faults.add(name, f"[{section}] is no section of a mapping.", advice=meant(section, KEYS))
        elif not isinstance(keys, dict):
            faults.add(name, f"{section}: a section [{section}] was expected, got {keys!r}.")
        else:
            _check_section(name, section, keys, faults)
    _check_completeness(name, content, faults)


def _check_section(name: str, section: str, keys: dict[str, Any], faults: Faults) -> None:
    for key, value in keys.items():
        known = KEYS[section]
        if key not in known:
            faults.add(name, f"[{section}] {key}: no such key.", advice=meant(key, known))
            continue
        problem = _KINDS[known[key]](value)
        if problem:
            faults.add(name, f"[{section}] {key}: {problem}, got {value!r}.")
        allowed = CHOICES.get((section, key))
        if allowed and value not in allowed:
            faults.add(name, f"[{section}] {key}: expected {' or '.join(map(repr, allowed))}, got {value!r}.")


def _check_completeness(name: str, content: dict[str, Any], faults: Faults) -> None:
    file = content.get("file", {})
    if not isinstance(file, dict):
        return
    _check_text(name, file, faults)
    if file.get("layout", "wide") == "long":
        for key in ("test", "value"):
            if key not in content.get("readings", {}):
                faults.add(name, f"[readings] {key}: a long layout needs the column of it.")
    elif "readings" in content:
        faults.add(name, "[readings] belongs to a long layout.", advice='Say layout = "long" under [file].')
    _check_header(name, content.get("tests", {}), faults)
    if file.get("decimal") == "," and file.get("delimiter", ",") == ",":
        faults.add(name, "[file] decimal and delimiter are both a comma.", advice='Such files mostly use ";".')


def _check_text(name: str, file: dict[str, Any], faults: Faults) -> None:
    delimiter, encoding = file.get("delimiter", ","), file.get("encoding", "utf-8")
    if delimiter != "tab" and len(str(delimiter)) != 1:
        faults.add(name, f'[file] delimiter: expected one character or "tab", got {delimiter!r}.')
    try:
        codecs.lookup(str(encoding))
    except LookupError:
        faults.add(name, f"[file] encoding: {encoding!r} is not known.", advice='Try "utf-8", "gb18030" or "cp1252".')


def _check_header(name: str, tests: object, faults: Faults) -> None:
    template = tests.get("header") if isinstance(tests, dict) else None
    facts = re.findall(r"\{(\w*)\}", template) if isinstance(template, str) else []
    for fact in facts:
        if fact not in TEST_FACTS or facts.count(fact) > 1:
            problem = f"[tests] header: {{{fact}}} is no fact of a test, or stands twice."
            faults.add(name, problem, advice=meant(fact, TEST_FACTS))


def _place_problem(value: object) -> str | None:
    if isinstance(value, str):
        return None
    if isinstance(value, dict) and len(value) == 1:
        key, content = next(iter(value.items()))
        if key in ("column", "line", "text") and isinstance(content, str):
            return None
    return 'expected a text, or one of { column = "..." }, { line = "..." }, { text = "..." }'


def _constant_problem(value: object) -> str | None:
    if isinstance(value, dict) and "column" in value:
        return 'expected a text, or one of { line = "..." }, { text = "..." }'
    return _place_problem(value)


def _row_problem(value: object) -> str | None:
    if not isinstance(value, dict):
        return 'expected a table such as { unit = "Unit", low_limit = "LSL" }'
    unknown = [key for key in value if key not in TEST_FACTS]
    if unknown:
        return f'"{unknown[0]}" is no fact of a test ({meant(unknown[0], TEST_FACTS)})'
    wrong = [key for key, row in value.items() if not _whole(row) and not isinstance(row, str)]
    return f"{wrong[0]} must be a line number or the row's first cell" if wrong else None


def _table_problem(value: object) -> str | None:
    if not isinstance(value, dict) or not all(isinstance(facts, dict) for facts in value.values()):
        return "expected one table per test column"
    for facts in value.values():
        for fact, content in facts.items():
            if fact not in TEST_FACTS:
                return f'"{fact}" is no fact of a test ({meant(fact, TEST_FACTS)})'
            if isinstance(content, dict | list):
                return f"{fact} must be one value"
    return None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _integers(value: object) -> bool:
    return isinstance(value, list) and all(_whole(item) for item in value)


_KINDS: dict[Kind, Any] = {
    "text": lambda value: None if isinstance(value, str) else "expected a text",
    "integer": lambda value: None if _whole(value) and value > 0 else "expected a line number from 1",
    "texts": lambda value: None if _texts(value) else "expected a list of texts",
    "integers": lambda value: None if _integers(value) else "expected a list of whole numbers",
    "columns": lambda value: (
        None if value == "numeric" or _texts(value) else 'expected "numeric" or a list of headers or patterns'
    ),
    "places": _place_problem,
    "constant": _constant_problem,
    "names": _row_problem,
    "tables": _table_problem,
}
