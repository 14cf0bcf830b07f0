"""The declared mapping of a CSV datalog: a TOML text, checked whole before any data is touched."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corecar.errors import UnknownFormat
from corecar.faults import Faults
from corecar.file_kinds import toml_of
from corecar.formats.datalog.grammar import check

MISSING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "None", "-", "--", "---")
PASS = ("pass", "passed", "p", "true", "1", "good", "ok", "合格", "良品", "良", "gut", "i.o.", "io")
FAIL = (
    "fail",
    "failed",
    "f",
    "false",
    "0",
    "bad",
    "ng",
    "nok",
    "不合格",
    "不良品",
    "不良",
    "schlecht",
    "n.i.o.",
    "nio",
)


@dataclass(frozen=True)
class Place:
    """Where one fact stands: in a column, in a `key: value` line above the header, or in the mapping itself."""

    column: str | None = None
    line: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Mapping:
    """What a mapping says, defaults filled in. Rows are lines of the file as a text editor counts, from 1.

    missing       texts that mean "no reading": those of the mapping and the customary ones
    test_columns  headers or patterns (`VDD*`) of the test columns; None means every remaining numeric column
    test_rows     fact of a test -> number or first cell of the row that holds it
    test_header   how a header carries facts, for example `{name}[{unit}]`
    declared      header of a test column -> facts given in the mapping
    """

    path: str
    layout: str = "wide"
    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    header_row: int | None = None
    data_row: int | None = None
    data_end: str | None = None
    skip_rows: tuple[int, ...] = ()
    missing: tuple[str, ...] = MISSING
    short_rows: str = "refuse"
    lot: dict[str, Place] = field(default_factory=dict)
    parts: dict[str, Place] = field(default_factory=dict)
    pass_texts: tuple[str, ...] = PASS
    fail_texts: tuple[str, ...] = FAIL
    pass_bins: tuple[int, ...] = (1,)
    test_columns: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    test_header: str | None = None
    test_rows: dict[str, int | str] = field(default_factory=dict)
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)

    def columns(self) -> list[str]:
        """Every header that the mapping names outright."""
        places = [*self.lot.values(), *self.parts.values()]
        named = [place.column for place in places if place.column is not None]
        return [*named, *self.readings.values(), *self.declared]


def load_mapping(mapping: str | Path | Dictionary[str, Any]) -> Mapping:
    """A mapping from a TOML file, or from a dictionary of the same shape.

    Raises  SourceMissing when there is no such file; MappingError naming every key that is unknown or of a wrong kind
    """
    faults = Faults()
    if isinstance(mapping, Dictionary):
        name, content = "the mapping", dict(mapping)
    else:
        name, content = str(mapping), _parse(Path(mapping), faults)
    faults.settle()
    check(name, content, faults)
    faults.settle()
    return _build(name, content)


def _parse(path: Path, faults: Faults) -> dict[str, Any]:
    try:
        return toml_of(path, "a mapping of a datalog (TOML)", "Start from `corecar datalog propose`.")
    except UnknownFormat as error:
        faults.add(str(path), error.problem, advice=error.advice)
        return {}


def _build(name: str, content: dict[str, Any]) -> Mapping:
    file, tests, verdicts = (dict(content.get(section, {})) for section in ("file", "tests", "verdicts"))
    columns = tests.get("columns", "numeric")
    delimiter = file.get("delimiter", ",")
    plain = {key: file[key] for key in ("layout", "decimal", "encoding", "header_row", "data_row") if key in file}
    plain |= {key: file[key] for key in ("data_end", "short_rows") if key in file}
    return Mapping(
        path=name,
        **plain,
        delimiter="\t" if delimiter == "tab" else delimiter,
        skip_rows=tuple(file.get("skip_rows", ())),
        missing=tuple(dict.fromkeys([*MISSING, *file.get("missing", ())])),
        lot={key: _place(value, "text") for key, value in content.get("lot", {}).items()},
        parts={key: _place(value, "column") for key, value in content.get("parts", {}).items()},
        pass_texts=_folded(verdicts.get("pass", PASS)),
        fail_texts=_folded(verdicts.get("fail", FAIL)),
        pass_bins=tuple(verdicts.get("pass_bins", (1,))),
        test_columns=None if columns == "numeric" else tuple(columns),
        exclude=tuple(tests.get("exclude", ())),
        test_header=tests.get("header"),
        test_rows=dict(tests.get("rows", {})),
        declared={key: dict(facts) for key, facts in tests.get("declared", {}).items()},
        readings=dict(content.get("readings", {})),
    )


def _place(value: str | dict[str, str], meaning: str) -> Place:
    return Place(**({meaning: value} if isinstance(value, str) else value))


def _folded(texts: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.strip().casefold() for text in texts)
