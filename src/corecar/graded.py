"""A graded lot: what screening found, as tables that reports and writers share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

from corecar.lot import Lot
from corecar.showing import Showing


@dataclass(frozen=True)
class Grade(Showing):
    """The outcome of grading one lot. Columns and units of the tables stand in `corecar.tables`.

    lot           what was read
    recipe        name and version of the recipe, for example `aec-q001 1`
    parameters    the recipe's parameters as plain values
    limits        one immutable row per derived limit
    verdicts      one row per rejected part and rule
    dispositions  one row per final part: old bin, new bin, may it ship
    measures      statistics per test over the lot, each wafer and each site
    notes         what a reader must know: retest decisions, screens not applied, small populations, budget
    hold          why the lot must not ship before review; empty when nothing stands against it
    quarantine    those of `hold` that ask for more: a yield or bin beyond level 2 of AEC-Q002
    yields        tested and good parts by wafer and lot, and what the lots before say of them
    kills         what each screen rejects, alone and together with others: `corecar.screen.kills`, as plain values
    overrides     parts that a screen rejected and two persons let through: `corecar.screen.overrides`, as plain values
    study         the limits of a file were changed for study: nothing of it ever ships, whatever the screens say
    truth         with a simulator's truth file: planted, caught, missed, false kills; else None
    """

    drawn_by: ClassVar[str] = "report.notebook:grade_html"

    lot: Lot
    recipe: str
    parameters: dict[str, Any]
    limits: Any
    verdicts: Any
    dispositions: Any
    measures: Any
    notes: tuple[str, ...] = field(default=())
    hold: tuple[str, ...] = field(default=())
    truth: dict[str, Any] | None = None
    yields: dict[str, Any] = field(default_factory=dict)
    kills: dict[str, Any] = field(default_factory=dict)
    overrides: tuple[dict[str, Any], ...] = ()
    study: bool = False
    quarantine: tuple[str, ...] = ()

    @property
    def tested(self) -> int:
        """Units tested, each counted once; attempts where the files give no final yield."""
        found = self.lot.yield_()
        return int(self.dispositions.num_rows) if found.final is None else found.final_tested

    @property
    def good(self) -> int:
        """Final parts that the tester called good."""
        return int(self.lot.passed[self.lot.final].sum())

    @property
    def shippable(self) -> int:
        """Good parts that no screen rejected, and those that an override lets through."""
        return int(sum(self.dispositions["shippable"].to_pylist()))

    @property
    def rejected(self) -> int:
        """Good parts that a screen rejected and no override lets through."""
        return self.good - self.shippable

    @property
    def overridden(self) -> int:
        """Parts that a screen rejected and an override lets through; they count among the shippable ones."""
        return len(self.overrides)

    def summary(self) -> dict[str, Any]:
        """What a person or a program asks first, as plain values ready for JSON."""
        return {
            **self.lot.summary(),
            "recipe": self.recipe,
            "parameters": self.parameters,
            "good": self.good,
            "rejected": self.rejected,
            "shippable": self.shippable,
            "never_shippable": self.study,
            "overridden": self.overridden,
            "overrides": list(self.overrides),
            "hard_bins_before": _counts(self.dispositions["old_hard_bin"]),
            "hard_bins_after": _counts(self.dispositions["new_hard_bin"]),
            "rejected_by_screen": self._rejected_by_screen(),
            "rejected_by_test": self._rejected_by_test(),
            "kills": self.kills,
            "yields": self.yields,
            "hold": list(self.hold),
            "notes": list(self.notes),
            "truth": self.truth,
        }

    def _rejected_by_test(self) -> list[dict[str, Any]]:
        """Tests that rejected parts, the most first."""
        tests = self.lot.tests
        return [
            {"test": test, "number": tests["number"][test].as_py(), "name": tests["name"][test].as_py(), "parts": parts}
            for test, parts in Counter(self.verdicts["test"].drop_null().to_pylist()).most_common()
        ]

    def _rejected_by_screen(self) -> dict[str, int]:
        """Good parts that each screen rejected, the most first; a part may stand under several."""
        pairs = set(zip(self.verdicts["rule"].to_pylist(), self.verdicts["part"].to_pylist(), strict=True))
        return dict(Counter(rule for rule, _ in sorted(pairs)).most_common())


def _counts(bins: Any) -> dict[str, int]:
    """Parts in each bin by its number, a part without a bin under an empty name; the fullest bin first."""
    return {"" if number is None else str(number): count for number, count in Counter(bins.to_pylist()).most_common()}
