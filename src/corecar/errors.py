"""The error tree. Whatever goes wrong inside Corecar arrives as one of these.

CorecarError
├── SourceError            a file or folder given by the user
│   ├── SourceMissing      there is nothing at that path, or it is a directory
│   ├── UnknownFormat      the content is of no kind that Corecar reads
│   ├── UnsupportedVersion STDF, but not V4
│   ├── DamagedSource      the content breaks off or contradicts itself
│   └── SourceChanged      the file was written to while it was read
├── MappingError           a declared mapping (datalog, limits file) does not fit its data
├── ChainError             tables of the chain break their rules
├── RecipeError            a recipe is malformed or asks for what is not there
├── ArgumentError          a parameter outside what is allowed
├── TooFewParts            too little data for the statistic asked for
├── QuestionError          a question to the workspace (SQL, a test, a lot) that it cannot answer as asked
├── DependencyMissing      an optional package is needed and not installed
├── OutputError            a result could not be written
├── SolverError            the solver failed, or found nothing in the time it had
│   ├── Infeasible         what a model asks for contradicts itself
│   └── Unbounded          a model has no best solution
├── ExecutorError          worker processes or the cluster cannot be had
├── WorkerLost             each worker that was given this task died
├── WorkspaceError         there is no workspace there, or it is of another revision
├── CatalogueError         the database of a workspace could not be reached, or refused
├── SessionLost            what was written may not be listed any more; it is written again
├── AccessDenied           this person may not do that, or not alone
├── NotFound               the workspace holds nothing of that name
├── Conflict               what was asked does not fit what is there
│   └── WrongState         the state a lot is in does not allow it
└── Cancelled              somebody asked that the work stop
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CorecarError(Exception):
    """What all errors of Corecar have in common: a message in three parts (what, why, what now)."""


class SourceError(CorecarError):
    """An error in a file: where it is, what was found and what to do next.

    path     the file
    place    the same as it was given: also the s3:// URL of an object
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
        self.place = str(path)
        self.problem = problem
        self.advice = advice
        self.offset = offset
        self.record = record
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = " ".join(
            part for part in (self.record or "", "" if self.offset is None else f"at byte {self.offset:_}") if part
        )
        head = f"{self.place}: {place + ': ' if place else ''}{self.problem}"
        return f"{head} {self.advice}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.place, self.problem, self.advice, self.offset, self.record))


def _rebuild(
    kind: type[SourceError], path: str, problem: str, advice: str, offset: int | None, record: str | None
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


class SourceChanged(SourceError):
    """The file was written to while it was read; it can be read again later."""


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


@dataclass(frozen=True)
class CellFault:
    """One cell, row or sheet of the chain's tables that breaks a rule.

    path     the file; empty for a row that was there before
    sheet    the table
    row      as a spreadsheet counts, the header's being the first; None for the whole sheet or a row that was there
    column   its name; empty for the whole row
    value    what stands there
    rule     the rule's name (`corecar.chain.faults.RULES`)
    problem  what was expected and found
    advice   what to write instead
    """

    path: str
    sheet: str
    row: int | None
    column: str
    value: str
    rule: str
    problem: str
    advice: str = ""

    def __str__(self) -> str:
        row = "" if self.row is None else f"row {self.row}"
        column = f'column "{self.column}"' if self.column else ""
        place = ", ".join(part for part in (self.sheet, row, column) if part)
        file = f"{self.path}: " if self.path else ""
        value = f'"{self.value}" ' if self.value else ""
        return f"{file}{place}: {value}{self.problem} {self.advice}".rstrip()


class ChainError(CorecarError):
    """Tables of the chain break their rules; `faults` holds every place at once, and nothing was taken in."""

    def __init__(self, message: str, faults: tuple[CellFault, ...] = ()) -> None:
        self.faults = faults
        super().__init__(message, faults)

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class RecipeFault:
    """One thing that is wrong with a recipe.

    path     its file, or its name
    row      section or screen, as it stands in the recipe: `[dynamic-pat]`, `[[screen]] 2 nnr`; empty for the whole
    key      the key in it, if it is one; `value` what stands there, `rule` what may
    problem  what was expected and what was found
    advice   what the user can do now, such as the nearest known word
    """

    path: str
    row: str
    key: str
    value: Any
    rule: str
    problem: str
    advice: str = ""

    def __str__(self) -> str:
        place = " ".join(part for part in (self.row, self.key) if part)
        return f"{self.path}: {place + ': ' if place else ''}{self.problem} {self.advice}".rstrip()


class RecipeError(CorecarError):
    """A recipe is malformed or asks for what is not there; `faults` holds every place at once."""

    def __init__(self, message: str, faults: tuple[RecipeFault, ...] = ()) -> None:
        self.faults = faults
        super().__init__(message, faults)

    def __str__(self) -> str:
        return str(self.args[0])


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


class SolverError(CorecarError):
    """The solver failed, or found nothing in the time it had."""


class Infeasible(SolverError):
    """What a model asks for contradicts itself."""


class Unbounded(SolverError):
    """A model has no best solution: its cost falls without end."""


class CatalogueError(CorecarError):
    """The database of a workspace could not be reached, or refused.

    passing   the same may succeed in a moment: a lock, a restart, a lost connection
    conflict  somebody else added the same first
    """

    def __init__(self, message: str, *, passing: bool = False, conflict: bool = False) -> None:
        self.passing = passing
        self.conflict = conflict
        super().__init__(message)


class WorkspaceError(CorecarError):
    """There is no workspace there, or it is of another revision than this Corecar."""


class SessionLost(CorecarError):
    """The leave to write was ended by vacuum before the commit; what was written has to be written again."""


class AccessDenied(CorecarError):
    """This person may not do that, or not alone."""


class NotFound(CorecarError):
    """The workspace holds nothing of that name, or nothing that this person may see."""


class Conflict(CorecarError):
    """What was asked does not fit what is there: a state that does not allow it, a key used for something else."""


class WrongState(Conflict):
    """The state a lot is in does not allow what was asked.

    lot      its name
    state    the state it is in; None when it is new
    action   what was asked
    allowed  what may be done now
    """

    def __init__(self, message: str, lot: str, state: str | None, action: str, allowed: tuple[str, ...]) -> None:
        self.lot, self.state, self.action, self.allowed = lot, state, action, allowed
        super().__init__(message, lot, state, action, allowed)

    def __str__(self) -> str:
        return str(self.args[0])


class Cancelled(CorecarError):
    """Somebody asked that the work stop; what was finished before stays."""


class ExecutorError(CorecarError):
    """Worker processes cannot be started, or the cluster cannot be reached or used."""


class WorkerLost(CorecarError):
    """Each worker that was given this task died before it was done: out of memory, killed, or crashed.

    task    the task, as its repr shows it
    deaths  how many workers died with it
    """

    def __init__(self, task: str, deaths: int) -> None:
        self.task = task
        self.deaths = deaths
        super().__init__(task, deaths)

    def __str__(self) -> str:
        tries = f"{self.deaths} workers that tried it" if self.deaths > 1 else "the worker that tried it"
        return (
            f"{self.task}: {tries} died (killed, crashed or out of memory). "
            "The system log of that time says why; where memory was short, repeat with fewer workers."
        )
