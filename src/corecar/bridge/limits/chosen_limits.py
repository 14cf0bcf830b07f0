"""Which static limits a lot of the workspace is held against: those of a file, or the set that is in force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from corecar.bridge.limits.kept_limits import Insertion, sets_in_force, tests_of
from corecar.bridge.limits.static_limits import IN_FORCE, read_static_limits
from corecar.lot import Lot
from corecar.screen.lot_yields import lot_yields
from corecar.screen.static_lots import StaticTest


@dataclass(frozen=True)
class StaticChoice:
    """Static limits as they were asked for.

    asked    whether any were
    file     limits of a file; in_force: name and limits of each set in force, by product, stage and temperature
    """

    asked: bool = False
    file: tuple[StaticTest, ...] = ()
    in_force: tuple[tuple[Insertion, str, tuple[StaticTest, ...]], ...] = ()

    @classmethod
    def of(cls, session: Session, owner: int, static: str | Path | None) -> StaticChoice:
        """The choice that a call names. Raises SourceError; CatalogueError for a set that was tampered with."""
        if static is None:
            return cls()
        if str(static) != IN_FORCE:
            return cls(True, file=read_static_limits(static))
        found = sets_in_force(session, owner)
        return cls(True, in_force=tuple((key, _title(one.id, one.name), tests_of(one)) for key, one in found.items()))

    def for_lot(self, lot: Lot) -> tuple[tuple[StaticTest, ...], list[str]]:
        """The limits for a lot at one insertion, and a sentence that says which they are."""
        if not self.asked or self.file:
            return self.file, []
        wanted = lot_yields(lot).insertion
        for insertion, title, tests in self.in_force:
            if insertion == wanted:
                return tests, [f"Static limits: {title}, in force for {_words(wanted)}."]
        return (), [f"No limit set is in force for {_words(wanted)}. See: corecar limits list"]


def _title(number: int, name: str) -> str:
    return f"limit set {number} ({name})"


def _words(insertion: Insertion) -> str:
    return " ".join(word for word in insertion if word) or "lots without product, stage and temperature"
