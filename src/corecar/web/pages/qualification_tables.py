"""Gates, FMEA, control plan, change notice and 8D of a qualification: shown, sent in, and what they lack."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nicegui import ui

from corecar.web.pages.agreement_acts import guarding
from corecar.web.pages.file_drop import Asked, FileDrop
from corecar.web.pages.parts import button, heading, notes, table
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


async def quality_tables(visitor: Visitor, number: int, *, added: bool) -> None:
    """The tables. added: whether they may be sent in now. A click on a row opens the test or chart that controls it."""
    say = visitor.say
    found = await visitor.call("qualify_tables", number=number)
    heading(say("Gates, FMEA, control plan, 8D"))
    notes([f"{say.word(row['table'])}: {say.told(row['finding'])}" for row in found["findings"]])
    for kind, rows in found["tables"].items():
        table(visitor, rows, f"qualification-{number}-{kind}", title=say.word(kind), opens=_opening(number))
    place = ui.element("div").props('aria-live="assertive"')

    async def take() -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "tables.xlsx"
            await visitor.call("qualify_template", out=out)
            content = out.read_bytes()
        ui.download.content(content, "tables.xlsx", "")

    with ui.element("div").classes("bar"):
        button(say("Take a workbook along to begin with"), guarding(visitor, place, take))
    if added and visitor.may("qualify_table"):
        kinds = {"": say("by its name")} | {kind: say.word(kind) for kind in _KINDS}
        FileDrop(visitor, say("Send a table or the workbook in, or drop it here"), verb="qualify_table", field="file",
                 fields=(Asked("table", say("Which table"), "", "choice", kinds),), fixed={"number": number},
                 opens=f"/qualify/{number}", several=False)  # fmt: skip


_KINDS = ("apqp", "design-fmea", "process-fmea", "control-plan", "change-notice", "eight-d")


def _opening(number: int) -> Any:
    def to(row: Row) -> str:
        if row.get("test"):
            return f"/qualify/{number}/tests/{quote(str(row['test']), safe='')}"
        return f"/quality?test={quote(str(row['chart']), safe='')}" if row.get("chart") else ""

    return to
