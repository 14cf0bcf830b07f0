"""The library of clauses: every version that was ever used, a row for each paragraph (`clauses.csv`).

A released row is never changed; other wording is a new version. The wording is a template that a lawyer has to confirm.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

from corecar.agree.canonical import canonical_json, sha256_of
from corecar.agree.terms import Clause, Terms
from corecar.errors import Fault, MappingError
from corecar.faults import meant

COLUMNS = ("clause", "version", "kinds", "heading_en", "heading_zh", "text_en", "text_zh", "table")
TABLES = ("", "volumes", "bands")
"""What may follow a paragraph."""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph, in both languages; {names} in it are filled in from the terms, and without them it is left out."""

    en: str
    zh: str
    table: str = ""

    def text(self, language: str) -> str:
        """Its wording in a language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Wording:
    """One version of a clause.

    kinds  of memoranda that have it unless their terms name their clauses; empty for all
    """

    clause: str
    version: str
    kinds: tuple[str, ...]
    heading_en: str
    heading_zh: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def sha256(self) -> str:
        """The hash of the wording, which terms name."""
        rows = [[each.en, each.zh, each.table] for each in self.paragraphs]
        return sha256_of(canonical_json([self.clause, self.version, self.heading_en, self.heading_zh, rows]))

    def heading(self, language: str) -> str:
        """Its heading in a language."""
        return self.heading_zh if language == "zh" else self.heading_en

    @property
    def named(self) -> Clause:
        """The clause as terms name it."""
        return Clause(clause=self.clause, version=self.version, sha256=self.sha256)


@dataclass(frozen=True)
class Library:
    """Clauses by name and version, in the order of a text."""

    wordings: tuple[Wording, ...]

    def usual(self, kind: str) -> tuple[Wording, ...]:
        """The latest version of each clause that a kind of memorandum has."""
        latest: dict[str, Wording] = {}
        for each in self.wordings:
            known = latest.get(each.clause)
            if known is None or _order(each.version) >= _order(known.version):
                latest[each.clause] = each
        return tuple(each for each in latest.values() if not each.kinds or kind in each.kinds)

    def wording(self, named: Clause) -> Wording:
        """The wording that terms name. Raises MappingError when it is not here, or is another than theirs."""
        for each in self.wordings:
            if (each.clause, each.version) == (named.clause, named.version):
                if named.sha256 and named.sha256 != each.sha256:
                    told = f"has the hash {each.sha256[:16]}… here, {named.sha256[:16]}… was agreed on."
                    raise _fault(named, told, "Give the library from which it was taken (--clauses).")
                return each
        names = sorted({f"{each.clause} {each.version}" for each in self.wordings})
        raise _fault(named, "is not in the library.", meant(f"{named.clause} {named.version}", names))

    def with_own(self, own: Library) -> Library:
        """This library with a party's own clauses; one of the same name and version stands in place of this one's."""
        theirs = {(each.clause, each.version): each for each in own.wordings}
        kept = [theirs.pop((each.clause, each.version), each) for each in self.wordings]
        return Library((*kept, *theirs.values()))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _fault(named: Clause, problem: str, advice: str) -> MappingError:
    fault = Fault("clauses", problem, column=f"{named.clause} {named.version}", advice=advice)
    return MappingError(str(fault), (fault,))


@cache
def library() -> Library:
    """The library that comes with the package."""
    return library_in(files("corecar.agree").joinpath("clauses.csv").read_bytes(), "clauses.csv")


def library_in(content: bytes, place: str) -> Library:
    """A library out of a CSV file with the columns of `COLUMNS`, a row for each paragraph.

    Raises  MappingError with every row that does not fit
    """
    try:
        rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        fault = Fault(place, f"is no CSV in UTF-8 ({error}).", advice=f"Its columns are {', '.join(COLUMNS)}.")
        raise MappingError(str(fault), (fault,)) from error
    faults = tuple(fault for line, row in enumerate(rows, 2) for fault in _faults(row, line, place))
    if faults or not rows:
        told = "\n".join(map(str, faults)) or f"{place}: holds no clauses. Its columns are {', '.join(COLUMNS)}."
        raise MappingError(told, faults)
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault((row["clause"], row["version"]), []).append(row)
    return Library(tuple(_wording(group) for group in groups.values()))


def _faults(row: dict[str, str], line: int, place: str) -> Iterable[Fault]:
    for column in COLUMNS:
        if row.get(column) is None:
            yield Fault(place, "is missing.", line, column, f"The columns are {', '.join(COLUMNS)}.")
    if all(row.get(column) is not None for column in COLUMNS):
        if not row["clause"] or not all(part.isdigit() for part in row["version"].split(".")):
            yield Fault(place, "needs a name and a version such as 1.0.", line, "version")
        if row["table"] not in TABLES:
            yield Fault(place, f'"{row["table"]}" is no table.', line, "table", meant(row["table"], TABLES[1:]))


def _wording(rows: list[dict[str, str]]) -> Wording:
    first = rows[0]
    paragraphs = tuple(Paragraph(row["text_en"], row["text_zh"], row["table"]) for row in rows)
    kinds = tuple(first["kinds"].split())
    return Wording(first["clause"], first["version"], kinds, first["heading_en"], first["heading_zh"], paragraphs)


def usual_clauses(terms: Terms, of: Library | None = None) -> tuple[Clause, ...]:
    """The clauses, with versions and hashes, that a text of these terms has where they name none."""
    return tuple(each.named for each in (of or library()).usual(terms.kind))


def wordings_of(terms: Terms, of: Library) -> tuple[Wording, ...]:
    """The wordings that terms name, or the usual ones. Raises MappingError for one that the library does not have."""
    return tuple(of.wording(each) for each in terms.clauses) if terms.clauses else of.usual(terms.kind)
