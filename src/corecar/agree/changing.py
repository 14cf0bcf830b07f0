"""Single fields of terms set to other values: `quality.ppm_most=5`, `volumes[0].periods[2027-W05].agreed=900`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from corecar.agree.differences import KEYS
from corecar.errors import ArgumentError

_PART = re.compile(r"([A-Za-z_]\w*)|\[([^\]]+)\]")


def with_changes(value: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """The JSON value of terms with single fields set; what its fields may hold is seen when it is read.

    changes  `path=value`: the value is JSON, or text as it stands; empty, the field goes. A row is named by its place
             from 0 or by what it is of: `parties[DEMO-CARS]`, `periods[2027-W05]`; `rows[+]` is one more.
    Raises   ArgumentError for what is no change, or a path that leads nowhere

    >>> with_changes({"parties": [{"party": "A"}]}, ["parties[A].role=customer", "law="])
    {'parties': [{'party': 'A', 'role': 'customer'}]}
    """
    found = deepcopy(value)
    for change in changes:
        path, equals, told = change.partition("=")
        if not equals or not path.strip():
            raise ArgumentError(f'"{change}" is no change. Write FIELD=VALUE, such as quality.ppm_most=5.')
        _set(found, _parts(path.strip(), change), _value(told.strip()), change)
    return found


def _parts(path: str, change: str) -> list[tuple[str, bool]]:
    """Each part of a path, and whether it names a row of a list."""
    parts, at = [], 0
    while at < len(path):
        at += path[at] == "." and at > 0
        found = _PART.match(path, at)
        if found is None:
            raise ArgumentError(f'"{change}": "{path[at:]}" is no part of a field. Write volumes[0].unit=piece.')
        parts.append((found[1] or found[2], found[2] is not None))
        at = found.end()
    return parts


def _value(told: str) -> Any:
    try:
        return json.loads(told)
    except ValueError:
        return told


def _set(place: Any, parts: list[tuple[str, bool]], value: Any, change: str) -> None:
    """Walk down a path, making objects that are not there yet, and set its last part."""
    for step, (name, is_row) in enumerate(parts[:-1]):
        list_name = "" if step == 0 else parts[step - 1][0]
        if is_row:
            place = place[_row(place, name, list_name, change)]
        else:
            place = _object(place, change).setdefault(name, [] if parts[step + 1][1] else {})
    name, is_row = parts[-1]
    if not is_row:
        _object(place, change).pop(name, None)
        if value != "":
            place[name] = value
        return
    at = _row(place, name, parts[-2][0] if len(parts) > 1 else "", change)
    place[at : at + 1] = [] if value == "" else [value]


def _object(place: Any, change: str) -> dict[str, Any]:
    if not isinstance(place, dict):
        raise ArgumentError(f'"{change}": there are rows; say which one, such as volumes[0].')
    return place


def _row(rows: Any, name: str, list_name: str, change: str) -> int:
    """The place of a row by its number or by what it is of; one past the last for a new one."""
    if not isinstance(rows, list):
        raise ArgumentError(f'"{change}": {list_name or name} has no rows.')
    if name == "+":
        rows.append({})
        return len(rows) - 1
    keys = KEYS.get(list_name, ())
    for at, row in enumerate(rows):
        told = " ".join(str(row[key]) for key in keys if key in row) if isinstance(row, dict) else str(row)
        if name == told or (isinstance(row, dict) and keys and name == str(row.get(keys[0]))):
            return at
    if re.fullmatch("[0-9]{1,5}", name) and int(name) < len(rows):
        return int(name)
    raise ArgumentError(f'"{change}": {list_name} has no row "{name}".')
