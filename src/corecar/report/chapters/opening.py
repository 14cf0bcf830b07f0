"""The first page: the answer, the figures that matter, what stands against shipping, what was tested where."""

from __future__ import annotations

from typing import Any

from corecar.report.blocks import Facts, Points, Text, Tiles, Tone
from corecar.report.evidence import Evidence, rule_name
from corecar.report.printable import printable
from corecar.report.quantities import DASH, count, plural, share


def answer(evidence: Evidence) -> str:
    """The sentence that matters: how many parts may ship."""
    if not evidence.tested:
        return "No part was tested to the end."
    parts = f"{count(evidence.grade.shippable)} of {plural(evidence.tested, 'part')}"
    if evidence.grade.study:
        return f"Never shippable: {parts} would pass"
    ships = f"{parts} may ship"
    return f"On hold: {ships} after review" if evidence.grade.hold else ships


def explanation(evidence: Evidence) -> str:
    """The sentence after it: how that number came about."""
    grade = evidence.grade
    if not evidence.tested:
        return "The files hold no complete part, so there is nothing to grade."
    good = f"{count(grade.good)} passed at the tester ({share(grade.good, evidence.tested)})"
    return f"{good}; {_screened(evidence)}"


def _screened(evidence: Evidence) -> str:
    if not evidence.grade.limits.num_rows and not evidence.grade.verdicts.num_rows:
        return "no screen was applied."
    rejected = evidence.grade.rejected + evidence.grade.overridden
    through = (
        f", {count(evidence.grade.overridden)} of them let through by override" if evidence.grade.overridden else ""
    )
    if not rejected:
        return "screening rejected none of them."
    rules = evidence.rejected_by_rule
    if len(rules) <= 1:
        return f"{plural(rejected, 'good part')} rejected by {rule_name(next(iter(rules), None))}{through}."
    named = ", ".join(f"{count(parts)} by {rule_name(rule)}" for rule, parts in rules.items())
    return f"{plural(rejected, 'good part')} rejected: {named} (a part may stand under several screens){through}."


def state(evidence: Evidence) -> tuple[Tone, str]:
    """Whether the lot may ship, as tone and word."""
    if evidence.grade.study:
        return "bad", "Never shippable"
    if evidence.grade.hold:
        return "bad", "On hold"
    if not evidence.tested:
        return "attention", "Nothing tested"
    return "good", "Graded"


def tiles(evidence: Evidence) -> Tiles:
    """Tested, good at the tester, rejected by screens (of the good, as a recipe's budget counts), may ship."""
    grade, tested = evidence.grade, evidence.tested
    return Tiles(
        (
            (count(tested), "tested", ""),
            (count(grade.good), "good at the tester", _share_of(grade.good, tested, "tested")),
            (count(grade.rejected), "rejected by screens", _share_of(grade.rejected, grade.good, "good parts")),
            (
                count(grade.shippable),
                "would pass" if grade.study else "may ship after review" if grade.hold else "may ship",
                _share_of(grade.shippable, tested, "tested"),
            ),
        )
    )


def _share_of(part: int, whole: int, named: str) -> str:
    """A share with what it is of; a dash alone when there is no whole."""
    return f"{share(part, whole)} of {named}" if whole else DASH


def holds(evidence: Evidence) -> tuple[Text | Points, ...]:
    """Why the lot must not ship before review; empty when nothing stands against it."""
    reasons = tuple(printable(reason, 600) for reason in evidence.grade.hold)
    if not reasons:
        return ()
    return Text("This lot must not ship before these are reviewed:", "bad"), Points(reasons)


_RUN_FACTS = (
    ("Product", ("product",)),
    ("Lot", ("lot",)),
    ("Sublot", ("sublot",)),
    ("Stage", ("stage",)),
    ("Test program", ("test_program", "revision")),
    ("Temperature", ("temperature",)),
    ("Tester", ("tester", "tester_type")),
    ("Handler or prober", ("handler",)),
    ("Load board", ("load_board",)),
    ("Probe card", ("probe_card",)),
    ("Operator", ("operator",)),
)


def lot_facts(evidence: Evidence) -> Facts:
    """What was tested, where, when, with what program and recipe; only what the files say."""
    runs = evidence.grade.lot.runs
    rows = [(name, text) for name, columns in _RUN_FACTS if (text := _together(runs, columns))]
    rows += [
        ("Tested", tested_between(runs)),
        ("Recipe", printable(evidence.grade.recipe)),
        ("Files", count(len({source.path for source in evidence.grade.lot.sources}))),
        ("Tests", count(evidence.tests.num_rows)),
    ]
    if evidence.wafer_names:
        rows.append(("Wafers", count(len(evidence.wafer_names))))
    return Facts(tuple(rows))


def _together(runs: Any, columns: tuple[str, ...]) -> str:
    """The distinct values of columns over all runs, three of them at most."""
    rows = zip(*(runs[column].to_pylist() for column in columns), strict=True)
    said = dict.fromkeys(" ".join(printable(value, 60) for value in row if value) for row in rows)
    found = [text for text in said if text]
    return ", ".join(found[:3]) + (f" and {len(found) - 3:,} more" if len(found) > 3 else "")


def tested_between(runs: Any) -> str:
    """First start and last finish, as the testers' clocks showed them."""
    starts = [time for time in runs["start"].to_pylist() if time is not None]
    if not starts:
        return DASH
    ends = [time for time in runs["finish"].to_pylist() if time is not None]
    first, last = (f"{time:%Y-%m-%d %H:%M}" for time in (min(starts), max(starts + ends)))
    if first == last:
        return first
    return f"{first} to {last[11:] if last[:10] == first[:10] else last}"
