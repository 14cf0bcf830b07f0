"""First and final yield, what was retested and how that was decided, the files, and what a reader must know."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from corecar.report.blocks import Block, Column, Facts, Points, Table, Text
from corecar.report.evidence import RULE_NAMES, Evidence
from corecar.report.printable import printable
from corecar.report.quantities import DASH, count, plural, share

_IDENTITIES = {
    "flag": "the tester's own retest marks (STDF PART_FLG bits 0 and 1)",
    "xy": "wafer and die coordinates",
    "ecid": "the die's electronic identification",
    "part_text": "the part text",
    "part_id": "the part number",
    "none": "nothing: the files prove no identity of units",
}

_CHOICES = {
    "first": "the first attempt counts",
    "last": "the last attempt counts",
    "best": "the best attempt counts",
    "all": "every attempt counts",
}


def yields(evidence: Evidence) -> tuple[Block, ...]:
    """First and final yield and the step that screening takes from it."""
    found, grade = evidence.grade.lot.yield_(), evidence.grade
    tested = found.final_tested
    rows = (
        ("First yield, complete first attempts", found.first_good, found.first_tested),
        ("Final yield at the tester, after retests", found.final_good, tested),
        ("Rejected by screens, of good parts", grade.rejected, grade.good),
        ("May ship", grade.shippable, tested),
    )
    columns = (Column("Yield", weight=1), Column("Parts", "right"), Column("Of", "right"), Column("Share", "right"))
    lines = tuple((name, count(part), count(whole), share(part, whole)) for name, part, whole in rows)
    table = Table(columns, lines, len(lines))
    if not found.incomplete:
        return (table,)
    return table, Text(f"{plural(found.incomplete, 'attempt')} ended without a result and counts nowhere.", "note")


def retests(evidence: Evidence) -> tuple[Block, ...]:
    """How attempts at the same unit were found, which counts, and how many there were."""
    found = evidence.grade.lot.retests
    facts = Facts(
        (
            ("Same unit by", _IDENTITIES.get(found.identity, printable(found.identity))),
            ("Choice", _CHOICES.get(found.choice, printable(found.choice))),
            ("Units tested again", count(found.units)),
            ("Attempts replaced", count(found.superseded)),
        ),
        columns=1,
    )
    reason = printable(found.reason, 600)
    return (facts, Text(reason)) if reason else (facts,)


def insertions(evidence: Evidence) -> tuple[Block, ...]:
    """One row per run: when, where and in which pass."""
    runs = evidence.grade.lot.runs.to_pylist()
    columns = (
        Column("Run", "right"),
        Column("Sublot"),
        Column("Pass", "right"),
        Column("Test program", weight=1),
        Column("Temperature"),
        Column("Tester"),
        Column("Start"),
        Column("Finish"),
    )
    rows = tuple(_run_row(run) for run in runs[:500])
    clock = Text("Times as the testers' clocks showed them; the files record no time zone.", "note")
    return Table(columns, rows, len(runs), paper=40, rest="report.html"), clock


def _run_row(run: dict[str, Any]) -> tuple[str, ...]:
    program = " ".join(printable(run[name], 40) for name in ("test_program", "revision") if run[name])
    return (
        str(run["run"]),
        printable(run["sublot"], 24) or DASH,
        count(run["test_pass"]),
        program or DASH,
        printable(run["temperature"], 16) or DASH,
        printable(run["tester"], 24) or DASH,
        _time(run["start"]),
        _time(run["finish"]),
    )


def _time(value: Any) -> str:
    return DASH if value is None else str(value.strftime("%Y-%m-%d %H:%M:%S"))


def sources(evidence: Evidence) -> tuple[Block, ...]:
    """The files that were read, and what was odd about them."""
    found = evidence.grade.lot.sources
    columns = (
        Column("File", weight=1),
        Column("Format"),
        Column("Compression"),
        Column("Size", "right"),
        Column("Parts", "right"),
        Column("State"),
    )
    rows = tuple(
        (
            printable(PurePath(source.path).name, 80),
            printable(" ".join(word for word in (source.format, source.version) if word), 30) or DASH,
            printable(source.compression, 12) or DASH,
            quantity_of_bytes(source.bytes),
            count(source.records.get("PRR")),
            "salvaged" if source.salvaged else "whole",
        )
        for source in found
    )
    said = tuple(f"{PurePath(s.path).name}: {warning}" for s in found for warning in s.warnings)
    table = Table(columns, rows[:500], len(rows), paper=40, rest="report.html")
    if not said:
        return (table,)
    rest = (f"{len(said) - 50:,} more in summary.json.",) if len(said) > 50 else ()
    return table, Points((*(printable(text, 400) for text in said[:50]), *rest))


def quantity_of_bytes(size: int) -> str:
    """A file's size with a decimal prefix.

    >>> quantity_of_bytes(1_250_000), quantity_of_bytes(12)
    ('1.25 MB', '12 B')
    """
    if size < 1000:
        return f"{size} B"
    power = next(p for p in (1, 2, 3, 4) if size < 999.5 * 1000**p or p == 4)
    return f"{size / 1000**power:.3g} {'kMGT'[power - 1]}B"


def notes(evidence: Evidence) -> tuple[Block, ...]:
    """What reading and grading had to say, each sentence once."""
    said = dict.fromkeys(printable(note, 600) for note in (*evidence.grade.lot.notes, *evidence.grade.notes))
    return (Points(tuple(said)),) if said else (Text("Nothing out of the ordinary.", "note"),)


def fictional(evidence: Evidence) -> Text:
    """What stands on the first page of a lot that nobody made."""
    truth = evidence.grade.truth or {}
    planted, caught = truth.get("planted"), truth.get("caught")
    words = "Simulated lot: its data are fictional."
    if isinstance(planted, int) and isinstance(caught, int):
        words += f" Of {plural(planted, 'planted outlier')} within reach of the screens {count(caught)} were caught."
    return Text(words, "attention")


_TRUTH_NAMES = {
    "planted": "Outliers planted",
    "caught": "Caught",
    "missed": "Missed",
    "weak": "Planted below reach",
    "weak_caught": "Below reach, caught",
    "failed_at_tester": "In parts that failed",
    "false_kills": "Others rejected",
}


def planted(evidence: Evidence) -> tuple[Block, ...]:
    """Of a simulated lot: how many of the outliers that were planted in it the screens caught, each and together."""
    truth = evidence.grade.truth or {}
    words = (
        "The simulator planted outliers among the parts, so it is known which ones a screen has to find. Below reach: "
        "too close to the others to be expected. Others rejected: good parts in which nothing was planted."
    )
    facts = tuple((name, count(truth[key])) for key, name in _TRUTH_NAMES.items() if isinstance(truth.get(key), int))
    by_screen = [(RULE_NAMES.get(name, printable(name, 60)), row) for name, row in truth.get("screens", {}).items()]
    if "rates" not in truth:
        return Text(words), Facts(facts)
    rows = by_screen + ([("all together", truth["rates"])] if len(by_screen) != 1 else [])
    table = Table(
        _TRUTH_COLUMNS,
        tuple((name, *_caught(row), *_rejected(row)) for name, row in rows),
        len(rows),
    )
    bounds = f"Between: bounds of the share of parts at {truth['rates']['confidence']:.0%} confidence."
    return Text(words), Facts(facts), table, Text(bounds, "note")


_TRUTH_COLUMNS = (
    Column("Screen", weight=1), Column("Planted parts", "right"), Column("Caught", "right"), Column("%", "right"),
    Column("Between", "right"), Column("Sound parts", "right"), Column("Rejected", "right"), Column("Between", "right"),
)  # fmt: skip


def _caught(row: dict[str, Any]) -> tuple[str, ...]:
    whole, part = row["planted"], row["caught"]
    return count(whole), count(part), share(part, whole), _between(row, "catch_rate")


def _rejected(row: dict[str, Any]) -> tuple[str, ...]:
    return count(row["sound"]), count(row["false_kills"]), _between(row, "false_kill_rate")


def _between(row: dict[str, Any], rate: str) -> str:
    low, high = row[f"{rate}_low"], row[f"{rate}_high"]
    return DASH if low is None else f"{100 * low:.2g} and {100 * high:.3g} %"
