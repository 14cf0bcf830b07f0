"""Arguments and options that the commands of `assess` share, and the columns they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from corecar.bridge.study.study_columns import Cells

Table = Annotated[Path, typer.Argument(metavar="FILE", help="A table (CSV, Parquet, workbook) with headers.")]
TableOrTester = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A table (CSV, Parquet, workbook) with headers; or a tester file with --test."),
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook; the first when not given.")]
Test = Annotated[str | None, typer.Option("--test", help="Number or name of a test: FILE is then a tester file.")]
Tests = Annotated[list[str] | None, typer.Option("--test", help="Number or name of a test, once for each.")]
Value = Annotated[str, typer.Option("--value", help="Column of the readings.")]
Low = Annotated[float | None, typer.Option("--low", help="Low limit; of a tester file the test's own when not given.")]
High = Annotated[float | None, typer.Option("--high", help="High limit; likewise.")]
Figure = Annotated[Path | None, typer.Option("--figure", metavar="FILE", help="Draw it: .svg, .png or .html.")]
Confidence = Annotated[float, typer.Option("--confidence", help="A fraction: 0.95 is 95 %.")]
Alpha = Annotated[float, typer.Option("--alpha", help="Probability of a false alarm.")]
First = Annotated[str, typer.Option("--first", help="Column of the first.")]
Second = Annotated[str, typer.Option("--second", help="Column of the second.")]


def opened(file: Path, value: str, test: str | None, sheet: str | None) -> tuple[Cells, str]:
    """The columns of a file, and the name of that with the readings."""
    from corecar.bridge.study.study_columns import study_columns

    cells = study_columns(file, () if test is None else (test,), sheet=sheet)
    name = value if test is None else test
    cells.cells(name)
    return cells, name


def grouping(cells: Cells, subgroup: str | None) -> Any:
    """A size, the labels of a column, or nothing; a column that is called like a number is a column."""
    if subgroup is None:
        return None
    return int(subgroup) if subgroup.isdigit() and subgroup not in cells.columns else cells.labels(subgroup)
