"""What grading leaves in a folder: figures, tables, wafer maps, re-binned STDF, reports; the summary comes last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from corecar.bridge.grade.graded_tables import parts_table
from corecar.bridge.grade.rebinning import write_rebinned
from corecar.bridge.grade.wafer_maps import write_wafer_maps
from corecar.bridge.whole_folder import into_folder, write_summary
from corecar.formats.maps import MapFormat
from corecar.graded import Grade
from corecar.screen import Recipe


def deliver(
    grade: Grade, recipe: Recipe, out: str | Path, files: Mapping[str, Path], maps: Sequence[MapFormat] = ()
) -> Grade:
    """Write a graded lot into a folder, and return it with what writing had to say among its notes.

    It becomes whole as in `corecar.bridge.whole_folder`.

    files   where the content of a source lies now, by its path, as far as that is elsewhere
    maps    formats of the wafer maps beside SEMI G85
    Raises  OutputError; ArgumentError for a format that is none
    """
    return into_folder(out, lambda folder: _write(grade, recipe, folder, files, maps))


def _write(grade: Grade, recipe: Recipe, folder: Path, files: Mapping[str, Path], maps: Sequence[MapFormat]) -> Grade:
    notes = [*write_rebinned(grade, recipe, folder, files), *write_wafer_maps(grade, recipe, folder, maps)]
    noted = replace(grade, notes=(*grade.notes, *notes))
    for write in (_write_tables, _write_parts, _write_workbook, _write_reports, _write_summary):
        write(noted, folder)
    return noted


def _write_tables(grade: Grade, folder: Path) -> None:
    import pyarrow.parquet as pq

    for name in ("verdicts", "limits", "measures"):
        pq.write_table(getattr(grade, name), folder / f"{name}.parquet", compression="zstd")


def _write_parts(grade: Grade, folder: Path) -> None:
    from pyarrow import csv

    csv.write_csv(parts_table(grade), folder / "parts.csv")


def _write_workbook(grade: Grade, folder: Path) -> None:
    from corecar.bridge.grade.graded_workbook import write_graded_workbook

    write_graded_workbook(grade, folder / "report.xlsx")


def _write_reports(grade: Grade, folder: Path) -> None:
    from corecar.report import write_html, write_pdf

    write_html(grade, folder / "report.html")
    write_pdf(grade, folder / "report.pdf")


def _write_summary(grade: Grade, folder: Path) -> None:
    write_summary(folder, grade.summary())
