"""The tables of the chain as files: empty ones to fill in, and those that are sent in."""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from nicegui import ui

from corecar.formats.chain import write_template
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.parts import button
from corecar.web.pages.visitor import Visitor


def chain_files(visitor: Visitor) -> None:
    """A button that hands the empty tables over, and a place for filled ones, for those who may send them in."""
    if not visitor.may("chain_import"):
        return
    say = visitor.say
    with ui.element("div").classes("bar"):
        button(say("Take the empty tables along"), _take)
    words = say("Send tables in, or drop them here: the workbook, or CSV files")
    FileDrop(visitor, words, verb="chain_import", field="paths")


async def _take() -> None:
    ui.download.content(await asyncio.to_thread(empty_tables), "chain.zip", "application/zip")


def empty_tables() -> bytes:
    """A zip with the workbook to fill in, and the same tables as CSV files."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, ZipFile(out, "w", ZIP_DEFLATED) as archive:
        write_template(folder)
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return out.getvalue()
