"""The error tree. Whatever goes wrong inside Corecar arrives as one of these.

CorecarError
├── SourceError            a file or folder given by the user
│   ├── SourceMissing      there is nothing at that path, or it is a directory
│   ├── UnknownFormat      the content is of no kind that Corecar reads
│   ├── UnsupportedVersion STDF, but not V4
│   └── DamagedSource      the content breaks off or contradicts itself
├── MappingError           a declared mapping (datalog, limits file) does not fit its data
├── RecipeError            a recipe is malformed or asks for what is not there
├── ArgumentError          a parameter outside what is allowed
├── TooFewParts            too little data for the statistic asked for
├── QuestionError          a question to the workspace (SQL, a test, a lot) that it cannot answer as asked
├── DependencyMissing      an optional package is needed and not installed
└── OutputError            a result could not be written
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class CorecarError(Exception):
    """What all errors of Corecar have in common: a message in three parts (what, why, what now)."""


class SourceError(CorecarError):
    """An error in a file: where it is, what was found and what to do next.

    path     the file
    problem  what was expected and what was found
    advice   what the user can do now
    offset   byte position in the decompressed content, if there is one
    record   record type at that position, if there is one
    """

    def __init__(
        self,
        path: str | Path,
        problem: str,
        *,
        advice: str = "",
        offset: int | None = None,
        record: str | None = None,
    ) -> None:
        self.path = Path(path)
        self.problem = problem
        self.advice = advice
        self.offset = offset
        self.record = record
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = " ".join(
            part for part in (self.record or "", "" if self.offset is None else f"at byte {self.offset:_}") if part
        )
        head = f"{self.path}: {place + ': ' if place else ''}{self.problem}"
        return f"{head} {self.advice}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.path, self.problem, self.advice, self.offset, self.record))


def _rebuild(
    kind: type[SourceError], path: Path, problem: str, advice: str, offset: int | None, record: str | None
) -> SourceError:
    return kind(path, problem, advice=advice, offset=offset, record=record)


class SourceMissing(SourceError):
    """There is no file at that path, or it is a directory."""


class UnknownFormat(SourceError):
    """The content is of no kind that Corecar reads."""


class UnsupportedVersion(SourceError):
    """The file is STDF of a version other than V4."""


class DamagedSource(SourceError):
    """The content breaks off or contradicts itself."""


@dataclass(frozen=True)
class Fault:
    """One place where a mapping and its data do not fit.

    path     the file that is wrong: the data or the mapping
    row      line of the file as a text editor counts, if there is one
    column   header of the column or key of the mapping, if there is one
    problem  what was expected and what was found
    advice   what the user can do now
    """

    path: str
    problem: str
    row: int | None = None
    column: str | None = None
    advice: str = ""

    def __str__(self) -> str:
        row = "" if self.row is None else f"line {self.row}"
        column = "" if self.column is None else f'column "{self.column}"'
        place = ", ".join(part for part in (row, column) if part)
        return f"{self.path}: {place + ': ' if place else ''}{self.problem} {self.advice}".rstrip()


class MappingError(CorecarError):
    """A declared mapping (datalog columns, limits file) does not fit its data; `faults` holds every place at once."""

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        self.faults = faults
        super().__init__(message, faults)

    def __str__(self) -> str:
        return str(self.args[0])


class RecipeError(CorecarError):
    """A recipe is malformed or asks for what is not there."""


class ArgumentError(CorecarError, ValueError):
    """A parameter outside what is allowed."""


class TooFewParts(CorecarError):
    """Too little data for the statistic asked for."""


class QuestionError(CorecarError):
    """A question to the workspace (SQL, a test, a lot) that it cannot answer as asked; it says what there is."""


class DependencyMissing(CorecarError):
    """An optional package is needed and not installed."""


class OutputError(CorecarError):
    """A result could not be written."""
