"""A graded lot in ten seconds: what may ship, then why not the rest, then where everything is written."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from corecar.cli.wording import fraction, words
from corecar.report.quantities import plural, share

if TYPE_CHECKING:
    from corecar.graded import Grade

FEW = 5
"""Rows of each table of the summary."""


@dataclass(frozen=True)
class Block:
    """A small table: a heading, column heads, rows; `right` are the places of the right-aligned columns."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int]


def print_summary(grade: Grade) -> None:
    """Print the summary of a graded lot."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 100
    for line in headline(grade):
        typer.echo(line)
    for block in (bins(grade), weakest_tests(grade), rejected_parts(grade)):
        if block.rows:
            typer.echo("")
            for line in drawn(block, width):
                typer.echo(line)
    remarks = list(_remarks(grade))
    if remarks:
        typer.echo("")
    for line in remarks:
        typer.echo(line)


def headline(grade: Grade) -> Iterator[str]:
    """The answer first: how many parts may ship; then what stands against it, and the yields."""
    about = grade.lot.summary()
    place = [words(about[key]) for key in ("lot", "product", "test_program", "stage", "temperature")]
    sizes = (plural(about["wafers"], "wafer"), plural(about["tests"], "test"), plural(about["results"], "result"))
    yield typer.style(f"{grade.shippable:,} of {grade.tested:,} parts may ship", bold=True) + _percent(grade)
    for reason in grade.hold:
        yield typer.style("HOLD", bold=True, reverse=True) + f"  {reason}"
    yield f"lot {' · '.join(value for value in place if value) or 'without a name'} · {' · '.join(sizes)}"
    first = fraction(about["first_good"], about["first_tested"])
    final = fraction(about["final_good"], about["final_tested"])
    yield f"first yield  {first}"
    yield f"final yield  {final}"
    yield f"screened out {fraction(grade.rejected, grade.good)} good parts by recipe {grade.recipe}"
    if grade.truth is not None:
        yield planted(grade.truth)


def _percent(grade: Grade) -> str:
    return f" ({share(grade.shippable, grade.tested)})"


def planted(truth: dict[str, Any]) -> str:
    """What became of the outliers that a simulator planted."""
    told = f"planted      {truth['caught']:,} of {truth['planted']:,} planted outliers caught"
    return f"{told}, {truth['false_kills']:,} sound parts rejected with them"


def bins(grade: Grade) -> Block:
    """The fullest hard bins, before and after screening."""
    table = grade.dispositions
    before, after = (Counter(table[name].to_pylist()) for name in ("old_hard_bin", "new_hard_bin"))
    names = {
        row["bin"]: row["name"] or "" for row in grade.lot.bins.to_pylist() if row["kind"] == "hard" and row["name"]
    }
    order = sorted(before.keys() | after.keys(), key=lambda bin_: (-after[bin_], -before[bin_]))
    rows = [
        (_bin(bin_), names.get(bin_, ""), f"{before[bin_]:,}", f"{after[bin_]:,}", share(after[bin_], grade.tested))
        for bin_ in order[:FEW]
    ]
    heads = ("hard bin", "", "tester", "screened", "")
    return Block(_title("Bins", len(order)), heads, rows, frozenset({0, 2, 3, 4}))


def _bin(number: int | None) -> str:
    return "none" if number is None else str(number)


def weakest_tests(grade: Grade) -> Block:
    """The tests with the smallest Cpk, and how many parts each of them lost."""
    import pyarrow.compute as pc

    lot_wide = grade.measures.filter(pc.equal(grade.measures["scope"], "lot")).to_pylist()
    screened = Counter(grade.verdicts["test"].to_pylist())
    ranked = sorted((row for row in lot_wide if row["cpk"] is not None), key=lambda row: float(row["cpk"]))
    names = grade.lot.tests.select(["number", "name", "pin"]).to_pylist()
    rows = [
        (
            str(names[row["test"]]["number"]),
            _test_name(names[row["test"]]),
            f"{row['cpk']:.2f}",
            f"{row['failed']:,}",
            f"{screened[row['test']]:,}",
        )
        for row in ranked[:FEW]
    ]
    heads = ("test", "", "Cpk", "failed", "screened out")
    return Block(_title("Weakest tests", len(ranked)), heads, rows, frozenset({0, 2, 3, 4}))


def _test_name(test: dict[str, Any]) -> str:
    return f"{test['name'] or ''}{' ' + test['pin'] if test['pin'] else ''}"


def rejected_parts(grade: Grade) -> Block:
    """The first good parts that a screen rejected, and why."""
    import pyarrow.compute as pc

    rejected = grade.dispositions.filter(pc.not_equal(grade.dispositions["reasons"], "")).to_pylist()
    rows = [
        (row["unit"], f"{_bin(row['old_hard_bin'])} → {_bin(row['new_hard_bin'])}", row["reasons"])
        for row in rejected[:FEW]
    ]
    return Block(_title("Screened out", len(rejected)), ("part", "bin", "why"), rows, frozenset())


def _title(title: str, total: int) -> str:
    return f"{title} ({FEW} of {total:,})" if total > FEW else title


def drawn(block: Block, width: int) -> Iterator[str]:
    """The lines of a small table, the last column cut where the terminal ends."""
    yield typer.style(block.title, bold=True)
    lines = [block.heads, *block.rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(block.heads))]
    for line in lines:
        cells = (
            cell.rjust(widths[place]) if place in block.right else cell.ljust(widths[place])
            for place, cell in enumerate(line)
        )
        text = "  " + "  ".join(cells).rstrip()
        yield text if len(text) <= width else text[: width - 1] + "…"


def _remarks(grade: Grade) -> Iterator[str]:
    for note in grade.notes:
        yield f"note: {note}"
