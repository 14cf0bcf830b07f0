"""Scenarios: lists of changes as a person writes them, one line each or in a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corecar.chain.weeks import monday
from corecar.errors import ArgumentError
from corecar.plan.changes import (
    Amount,
    Capacity,
    Change,
    Demand,
    Lot,
    NewRoute,
    OpenRoute,
    SiteDown,
    Stock,
    Weeks,
    Yield,
)

FORMS = (
    "demand CAR-3 +20% 2027-W10..W13",
    "site S12 down 2027-W10..W13",
    "capacity TEST-1 +40 from 2027-W08",
    "route R9 from 2027-W20",
    "route R9 like R3 group TEST-2 from 2027-W20",
    "yield R1 =0.92",
    "stock MCU after test +500 2027-W08",
    "lot L3 released",
    "lot L3, L4 held",
)
"""One line of each kind."""
_WEEK = r"\d{4}-?W\d{1,2}"
_SPAN = re.compile(
    rf"\s+(?:(?P<from>from|until)\s+)?(?P<first>{_WEEK})(?:\s*\.\.\s*(?P<last>(?:\d{{4}}-?)?W\d{{1,2}}))?$", re.I
)
_AMOUNT = re.compile(r"(?:^|\s)\s*(?P<sign>[+\-=])\s*(?P<number>\d[\d_]*(?:\.\d+)?)\s*(?P<percent>%)?$")


@dataclass(frozen=True)
class Scenario:
    """A name and what changes."""

    name: str
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return f"{self.name}: {'; '.join(str(change) for change in self.changes) or 'nothing changes'}"


def change_of(text: str) -> Change:
    """One change from one line, in one of `FORMS`.

    Raises  ArgumentError for a line that is none of them, with the nearest

    >>> str(change_of("demand CAR-3, CAR-4 +20 % 2027-W10..W13"))
    'demand CAR-3, CAR-4 +20% 2027-W10..2027-W13'
    """
    kind, _, rest = text.strip().partition(" ")
    if kind.casefold() not in _READERS:
        raise ArgumentError(f'"{text}" is no change. {_known(None)}')
    rest, weeks = _split_weeks(" " + rest.strip(), text)
    change = _READERS[kind.casefold()](rest.strip(), weeks)
    if change is None:
        raise ArgumentError(f'"{text}" is not understood. {_known(kind.casefold())}')
    return change


def scenario_of(name: str, *lines: str) -> Scenario:
    """A scenario from lines. Raises ArgumentError as `change_of`."""
    return Scenario(name, tuple(change_of(line) for line in lines))


def read_scenarios(path: str | Path) -> tuple[Scenario, ...]:
    """Scenarios from a TOML file: `[[scenario]]` with `name` and `changes`, a list of lines.

    Raises  ArgumentError that names the file, the scenario and the line which does not fit
    """
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ArgumentError(f"{path}: cannot be read ({error.strerror}).") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ArgumentError(f"{path}: is no TOML ({error}).") from None
    rows = content.get("scenario")
    if not isinstance(rows, list) or not rows or content.keys() - {"scenario"}:
        raise ArgumentError(f"{path}: expected [[scenario]] tables with name and changes, and nothing else.")
    found = [_from_row(f"{path}: scenario {place}", row) for place, row in enumerate(rows, start=1)]
    names = [scenario.name for scenario in found]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(f'{path}: two scenarios are named "{name}". Give one of them another name.')
    return tuple(found)


def _from_row(place: str, row: object) -> Scenario:
    if not isinstance(row, dict) or row.keys() - {"name", "changes"} or not isinstance(row.get("name"), str):
        raise ArgumentError(f"{place}: expected name, a text, and changes, a list of lines.")
    lines = row.get("changes", [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ArgumentError(f'{place} ("{row["name"]}"): changes is no list of lines.')
    try:
        return scenario_of(row["name"], *lines)
    except ArgumentError as error:
        raise ArgumentError(f'{place} ("{row["name"]}"): {error}') from None


def _split_weeks(rest: str, text: str) -> tuple[str, Weeks]:
    """What stands before the weeks, and the weeks at the end of a line."""
    found = _SPAN.search(rest)
    if found is None:
        if re.search(_WEEK, rest, re.I):
            raise ArgumentError(
                f'"{text}": the weeks are not understood. Write 2027-W10, 2027-W10..W13 or from 2027-W10.'
            )
        return rest, Weeks()
    first, word = monday(found["first"]), (found["from"] or "").casefold()
    if found["last"]:
        named = found["last"] if found["last"][0].isdigit() else f"{first.isocalendar().year}-{found['last']}"
        last = monday(named)
        if last < first or word:
            raise ArgumentError(f'"{text}": {found["last"]} does not end weeks that begin with {found["first"]}.')
        return rest[: found.start()], Weeks(first, last)
    spans = {"from": Weeks(first), "until": Weeks(None, first), "": Weeks(first, first)}
    return rest[: found.start()], spans[word]


def _split_amount(rest: str) -> tuple[str, Amount] | None:
    """What stands before the amount, and the amount; None where there is none."""
    found = _AMOUNT.search(rest)
    if found is None:
        return None
    number = float(found["number"])
    if found["percent"]:
        if found["sign"] == "=":
            return None
        return rest[: found.start()].strip(), Amount("factor", 1 + (number if found["sign"] == "+" else -number) / 100)
    if found["sign"] == "=":
        return rest[: found.start()].strip(), Amount("set", number)
    return rest[: found.start()].strip(), Amount("add", number if found["sign"] == "+" else -number)


def _demand(rest: str, weeks: Weeks) -> Change | None:
    found = _split_amount(rest)
    if found is None:
        return None
    return Demand(tuple(name.strip() for name in found[0].split(",") if name.strip()) or ("*",), found[1], weeks)


def _named(kind: Callable[[str, Amount, Weeks], Change]) -> Callable[[str, Weeks], Change | None]:
    def read(rest: str, weeks: Weeks) -> Change | None:
        found = _split_amount(rest)
        return None if found is None or not found[0] else kind(found[0], found[1], weeks)

    return read


def _site(rest: str, weeks: Weeks) -> Change | None:
    name, _, word = rest.rpartition(" ")
    return SiteDown(name.strip(), weeks) if word.casefold() == "down" and name.strip() else None


def _route(rest: str, weeks: Weeks) -> Change | None:
    found = re.fullmatch(r"(\S+)(?:\s+open)?", rest, re.I)
    if found is not None:
        return OpenRoute(found[1], weeks)
    found = re.fullmatch(r"(\S+)\s+like\s+(\S+)(?:\s+group\s+(\S+))?", rest, re.I)
    return None if found is None else NewRoute(found[1], found[2], found[3], weeks)


def _lot(rest: str, weeks: Weeks) -> Change | None:
    found = re.fullmatch(r"(\S+(?:\s*,\s*\S+)*)\s+(held|released)", rest, re.I)
    if found is None or weeks != Weeks():
        return None
    return Lot(tuple(name.strip() for name in found[1].split(",") if name.strip()), found[2].casefold() == "held")


_READERS: dict[str, Callable[[str, Weeks], Change | None]] = {
    "demand": _demand,
    "site": _site,
    "capacity": _named(Capacity),
    "route": _route,
    "yield": _named(Yield),
    "stock": _named(Stock),
    "lot": _lot,
}


def _known(kind: str | None) -> str:
    forms = [form for form in FORMS if kind is None or form.startswith(kind)]
    return "Write it like " + ", ".join(f'"{form}"' for form in forms) + "."
