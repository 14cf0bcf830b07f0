"""Certificates of conformance: the shipments, a certificate made of each, and one verified by dropping it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nicegui import ui
from starlette.requests import Request

from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.frame import guarded
from corecar.web.pages.parts import back, button, empty, facts, heading, notes, sentence, table
from corecar.web.pages.visitor import Visitor

FILES = {"certificate.pdf": "application/pdf", "certificate.json": "application/json"}
SIGNED = ("person", "organisation", "signed", "timestamp", "authority", "revision")


async def shipments(visitor: Visitor, request: Request) -> None:
    """The list of shipments, and a place to verify a certificate."""
    say = visitor.say
    rows = (await visitor.call("trace_shipments"))["rows"]
    if rows:
        sentence(say("Shipments: {count}. Open one for its certificate of conformance.", count=f"{len(rows):,}"))
        table(visitor, rows, "shipments", opens=lambda row: f"/shipments/{quote(str(row['shipment']), safe='')}")
    else:
        empty(say("No shipment yet."), (say("Send events in"), "/trace"),
              say("A shipment is told by an event “ship”, with the party it goes to."))  # fmt: skip
    heading(say("Verify a certificate"))
    notes([say("Its signature is judged by the authorities that its supplier told this workspace. Nothing is kept of "
               "the file.")])  # fmt: skip

    def show(answer: Any) -> None:
        place.clear()
        with place:
            _verdict(visitor, visitor.told(answer))

    FileDrop(visitor, say("Drop the PDF of a certificate here, or choose one"), verb="trace_examine", field="file",
             several=False, shows=show)  # fmt: skip
    place = ui.element("div").props('aria-live="polite"')


def _verdict(visitor: Visitor, answer: Mapping[str, Any]) -> None:
    say, well = visitor.say, bool(answer["facts"]["well"])
    tone, word = ("good", say("It holds")) if well else ("bad", say("It does not hold"))
    ui.html(f'<p class="verdict"><span class="state {tone}">{escape(word)}</span></p>', sanitize=False)
    sentence(str(answer["said"]))
    rows = [{"verdict": "holds" if row["holds"] else "does not hold", **{name: row[name] for name in SIGNED}}
            for row in answer["signatures"]]  # fmt: skip
    table(visitor, rows, "signatures", title=say("Signatures, in the order in which they were made"))
    notes([say.told(str(row["found"])) for row in answer["wrong"]])
    facts(say, {name: value for name, value in answer["facts"].items() if name != "well"})


async def shipment(visitor: Visitor, request: Request) -> None:
    """One shipment: what its certificate says, and the files to take along, sign and send."""
    say, name = visitor.say, str(request.path_params["name"])
    with tempfile.TemporaryDirectory() as folder:
        answer = await visitor.call("trace_certify", shipment=name, out=Path(folder))
    ui.page_title(f"{name} · Corecar")
    back(say("All shipments"), "/shipments")
    sentence(str(answer["said"]))
    place = ui.element("div")

    def taking(file: str) -> Any:
        async def go() -> None:
            place.clear()
            with place:
                await guarded(visitor, _take(visitor, name, file))

        return go

    with ui.element("div").classes("bar"):
        button(say("Certificate as PDF"), taking("certificate.pdf"), kind="main-act")
        button(say("Certificate as JSON"), taking("certificate.json"))
    notes([say("Sign the PDF with the key of your party at your own desk, then drop it on the page Certificates to see "
               "that it holds, and send it with the JSON beside it.")])  # fmt: skip
    table(visitor, answer["rows"], "lots", title=say("Lots behind it, as they were graded"))
    if answer["notes"]:
        heading(say("What the records do not say"))
        notes([str(note) for note in answer["notes"]])
    facts(say, answer["facts"])


async def _take(visitor: Visitor, name: str, file: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await visitor.call("trace_certify", shipment=name, out=Path(folder))
        content = (Path(folder) / file).read_bytes()
    ui.download.content(content, f"{name}-{file}", FILES[file])
