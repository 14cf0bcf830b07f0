"""Rejected parts that two persons let through: they may ship again, and why they were rejected stays beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from corecar.graded import Grade
from corecar.plurals import plural


@dataclass(frozen=True)
class Override:
    """An approved override, as far as one insertion of a lot goes.

    number    what it is called by
    units     its parts, as dispositions name them
    screens   the screens that it lets them through
    rule      what the rule of two persons says of the approval
    enforced  whether that rule was enforced
    """

    number: int
    units: tuple[str, ...]
    screens: tuple[str, ...]
    proposed_by: str
    approved_by: str
    reason: str
    rule: str = ""
    enforced: bool = True

    @property
    def sentence(self) -> str:
        """How it stands among a part's reasons."""
        open_ = "" if self.enforced else " (rule of two persons not enforced)"
        who = f"approved by {self.approved_by}, proposed by {self.proposed_by}{open_}"
        return f"override {self.number}, {who}, {self.reason}"


def let_through(grade: Grade, overrides: Sequence[Override]) -> Grade:
    """The grade with every part shippable that an override covers, as far as it still does; the rest is noted.

    A part is covered while the tester calls it good and only screens that the override names reject it. It keeps the
    tester's bins; verdicts and reasons stay.
    """
    if not overrides:
        return grade
    places = _places(grade)
    rejected_by = rules_by_part(grade)
    applied: dict[int, dict[str, Any]] = {}
    notes = []
    for one in overrides:
        for unit in one.units:
            rows = places.get(unit, [])
            part = int(grade.dispositions["part"][rows[0]].as_py()) if rows else -1
            why = _uncovered(grade, one, rows, part, rejected_by.get(part, ()))
            if why:
                notes.append(f"Override {one.number} lets {unit} through no more: {why}.")
            elif rows[0] not in applied:
                applied[rows[0]] = _told(one, part, unit, rejected_by[part])
    told = [f"{text}: {plural(count, 'part')} may ship." for text, count in _counted(applied).items()]
    table = _disposed(grade.dispositions, applied)
    return replace(grade, dispositions=table, overrides=tuple(applied.values()), notes=(*grade.notes, *told, *notes))


def _counted(applied: dict[int, dict[str, Any]]) -> Counter[str]:
    return Counter(f"O{row['sentence'][1:]}" for row in applied.values())


def _told(one: Override, part: int, unit: str, rules: Sequence[str]) -> dict[str, Any]:
    return {
        "override": one.number, "part": part, "unit": unit, "rejected_by": list(rules), "approved_by": one.approved_by,
        "proposed_by": one.proposed_by, "reason": one.reason, "two_persons": one.rule, "sentence": one.sentence,
    }  # fmt: skip


def _places(grade: Grade) -> dict[str, list[int]]:
    """Rows of the dispositions by the name of their unit; several where a name is not one unit's alone."""
    found: dict[str, list[int]] = {}
    for row, unit in enumerate(grade.dispositions["unit"].to_pylist()):
        found.setdefault(unit, []).append(row)
    return found


def rules_by_part(grade: Grade) -> dict[int, list[str]]:
    """The screens that rejected each rejected part, by row of `parts`."""
    found: dict[int, dict[str, None]] = {}
    for part, rule in zip(*(grade.verdicts[name].to_pylist() for name in ("part", "rule")), strict=True):
        found.setdefault(part, {})[rule] = None
    return {part: list(rules) for part, rules in found.items()}


def _uncovered(grade: Grade, one: Override, rows: Sequence[int], part: int, rules: Sequence[str]) -> str:
    """Why an override does not cover a part; empty when it does."""
    if not rows:
        return "no such part was graded"
    if len(rows) > 1:
        return f"{len(rows)} parts go by this name"
    if not grade.lot.passed[part]:
        return "it failed at the tester, and that no override changes"
    if not rules:
        return "no screen rejects it"
    others = [rule for rule in rules if rule not in one.screens]
    return f"{', '.join(others)} rejects it too, which the override does not name" if others else ""


def _disposed(table: Any, applied: dict[int, dict[str, Any]]) -> Any:
    """The dispositions with the overridden parts shippable and in the tester's bins."""
    columns = {name: table[name].to_pylist() for name in table.column_names}
    for row, told in applied.items():
        columns["shippable"][row] = True
        columns["override"][row] = told["override"]
        columns["reasons"][row] += f"; {told['sentence']}"
        for kind in ("hard", "soft"):
            columns[f"new_{kind}_bin"][row] = columns[f"old_{kind}_bin"][row]
    return pa.Table.from_pydict(columns, schema=table.schema)
