"""A graded lot in ten seconds: what may ship, then why not the rest, then where everything is written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from corecar.cli.table import Column, folded, remarks
from corecar.cli.table import drawn as table_of
from corecar.cli.wording import fraction, page_width, sizes, words, wrapped
from corecar.report.quantities import plural, share

if TYPE_CHECKING:
    from corecar.graded import Grade

FEW = 5
"""Rows of each table of the summary."""
INDENT = "  "
LABEL = len("screened out  ")
"""Width of the labels of the figures."""


@dataclass(frozen=True)
class Block:
    """A small table: a heading, column heads, rows.

    right  places of the right-aligned columns
    prose  places of the columns whose texts may be wrapped
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()
    prose: frozenset[int] = frozenset({1})


def print_summary(grade: Grade, folder: Path | None = None) -> None:
    """Print the summary of a graded lot, and what was written into a folder."""
    width = page_width()
    for line in headline(grade):
        typer.echo(line)
    for reason in grade.hold:
        typer.echo(wrapped("hold: ", reason))
    typer.echo("")
    for line in figures(grade):
        typer.echo(wrapped(line[:LABEL], line[LABEL:]))
    for block in (bins(grade), screens(grade), planted_by_screen(grade), weakest_tests(grade), rejected_parts(grade)):
        for line in ("", *drawn(block, width)) if block.rows else ():
            typer.echo(line)
    typer.echo("")
    for note in grade.notes:
        typer.echo(wrapped("note: ", note))
    if folder is not None:
        typer.echo(wrapped("wrote: ", written(folder)))


def headline(grade: Grade) -> Iterator[str]:
    """The answer: how many parts may ship, or that the lot is held."""
    if not grade.tested:
        yield typer.style("No part was tested to the end.", bold=True)
        return
    parts = f"{grade.shippable:,} of {plural(grade.tested, 'part')}"
    answer = f"{parts} may ship"
    percent = f" ({share(grade.shippable, grade.tested)})"
    if grade.study:
        yield typer.style("Never shippable:", bold=True, reverse=True) + f" {parts} would pass{percent}"
    elif grade.hold:
        yield typer.style("On hold:", bold=True, reverse=True) + f" {answer} after review{percent}"
    else:
        yield typer.style(answer, bold=True) + percent


def figures(grade: Grade) -> Iterator[str]:
    """Which lot it is, and its yields."""
    about = grade.summary()
    lot = words(about["lot"]) or "without a name"
    names = [lot, *(words(about[key]) for key in ("product", "test_program", "stage", "temperature"))]
    yield f"lot           {' · '.join(name for name in names if name)}"
    yield f"tested        {' · '.join(sizes(about))}"
    yield f"first yield   {fraction(about['first_good'], about['first_tested'])}"
    yield f"final yield   {fraction(about['final_good'], about['final_tested'])}"
    screened = f"{fraction(grade.rejected, grade.good)} good parts" if grade.good else "no good part to screen"
    yield f"screened out  {screened}, by recipe {grade.recipe}"
    if limits := grade.yields.get("limits", []):
        yield f"yield limits  {_yield_limits(limits, len(grade.yields['findings']))}"
    if grade.overridden:
        yield f"overridden    {plural(grade.overridden, 'rejected part')} may ship by override"
    if grade.truth is not None:
        yield planted(grade.truth)


def _yield_limits(limits: list[dict[str, Any]], beyond: int) -> str:
    """What the lots before say of this one."""
    lots = max(one["lots"] for one in limits)
    rates = len({(one["scope"], one["subject"]) for one in limits})
    told = f"{beyond:,} beyond" if beyond else "nothing beyond"
    return f"{told}, of {plural(rates, 'rate')} against {plural(lots, 'earlier lot')}"


def planted(truth: dict[str, Any]) -> str:
    """What became of the outliers that a simulator planted."""
    told = f"planted       {truth['caught']:,} of {truth['planted']:,} planted outliers caught"
    return f"{told}, {truth['false_kills']:,} sound parts rejected with them"


def planted_by_screen(grade: Grade) -> Block:
    """What each of several screens caught of the planted outliers, and sound parts it rejected, with bounds."""
    told = dict((grade.truth or {}).get("screens", {}))
    if len(told) < 2:
        return Block("", (), ())
    rows = [
        (
            name,
            f"{row['caught']:,} of {row['planted']:,}",
            _between(row, "catch_rate"),
            f"{row['false_kills']:,}",
            _between(row, "false_kill_rate"),
        )
        for name, row in (*told.items(), ("all together", (grade.truth or {})["rates"]))
    ]
    heads = ("screen", "caught", "90 % bounds", "false kills", "90 % bounds")
    return Block("Planted outliers", heads, rows, frozenset({1, 2, 3, 4}), frozenset())


def _between(row: dict[str, Any], rate: str) -> str:
    low, high = row[f"{rate}_low"], row[f"{rate}_high"]
    return "–" if low is None else f"{low * 100:.2g} to {high * 100:.3g} %"


def bins(grade: Grade) -> Block:
    """The fullest hard bins, before and after screening; of attempts, where the files prove no unit identity."""
    table, whole = grade.dispositions, grade.dispositions.num_rows
    before, after = (Counter(table[name].to_pylist()) for name in ("old_hard_bin", "new_hard_bin"))
    names = {
        row["bin"]: row["name"] or "" for row in grade.lot.bins.to_pylist() if row["kind"] == "hard" and row["name"]
    }
    order = sorted(before.keys() | after.keys(), key=lambda bin_: (-after[bin_], -before[bin_]))
    rows = [
        (_bin(bin_), names.get(bin_, ""), f"{before[bin_]:,}", f"{after[bin_]:,}", share(after[bin_], whole))
        for bin_ in order[:FEW]
    ]
    heads = ("hard bin", "", "tester", "screened", "")
    title = _title("Bins", len(order))
    if whole != grade.tested:
        title += f" of {whole:,} attempts"
    return Block(title, heads, rows, frozenset({0, 2, 3, 4}))


def _bin(number: int | None) -> str:
    return "none" if number is None else str(number)


def screens(grade: Grade) -> Block:
    """What each of several screens rejects, what it alone rejects, and with whom it shares the most."""
    rows = grade.kills.get("screens", ())
    overlap = grade.kills.get("overlap", {})
    told = [
        (
            row["screen"],
            f"{row['kills']:,}",
            share(row["kills"], grade.good),
            f"{row['unique']:,}",
            "" if row["budget"] is None else f"{row['budget'] * 100:g} %",
            _shared(row["screen"], overlap[row["screen"]]),
        )
        for row in rows
    ]
    heads = ("screen", "rejects", "", "alone", "budget", "shared with")
    return Block("Screens", heads, told if len(rows) > 1 else (), frozenset({1, 2, 3, 4}), frozenset({5}))


def _shared(screen: str, beside: dict[str, int]) -> str:
    return ", ".join(f"{other} {parts:,}" for other, parts in beside.items() if other != screen and parts)


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
    return Block(_title("Screened out", len(rejected)), ("part", "bin", "why"), rows, prose=frozenset({2}))


def _title(title: str, total: int) -> str:
    return f"{title} ({FEW} of {total:,})" if total > FEW else title


def drawn(block: Block, width: int) -> Iterator[str]:
    """The lines of a small table, as wide as the terminal at most."""
    yield typer.style(block.title, bold=True)
    columns = [
        Column(
            head,
            head,
            [_tidy(row[place]) for row in block.rows],
            right=place in block.right,
            prose=place in block.prose,
        )
        for place, head in enumerate(block.heads)
    ]
    table = table_of(columns, width - len(INDENT))
    said = (line for remark in remarks(table, "the report has") for line in folded(remark, width - len(INDENT)))
    for line in (*table.lines, *said):
        yield f"{INDENT}{line}"


def written(folder: Path) -> str:
    """What grading left in a folder, the reports first; of a subfolder the number of its files."""
    names = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["written"]
    inside = Counter(name.split("/")[0] for name in names if "/" in name)
    beside = sorted((name for name in names if "/" not in name), key=lambda name: (not name.startswith("report"), name))
    folders = [f"{name}/ ({plural(number, 'file')})" for name, number in inside.items()]
    return f"{folder}/ {', '.join((*beside, *folders))}"


def _tidy(text: str) -> str:
    """Runs of blanks, with which testers pad names, as one."""
    return " ".join(text.split())
