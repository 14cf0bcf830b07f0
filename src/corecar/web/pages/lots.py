"""Lots: the list of them, and tester files that are sent in."""

from __future__ import annotations

import json

from nicegui import events, ui
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from corecar.errors import CorecarError
from corecar.store.lot_states import STATES
from corecar.web.pages.frame import said_problem
from corecar.web.pages.parts import empty, sentence, table
from corecar.web.pages.visitor import Visitor

MOST = 100_000
LARGEST = 4 << 30
"""Bytes of a file that is sent in."""


async def lots(visitor: Visitor, request: Request) -> None:
    say, state = visitor.say, request.query_params.get("state") or None
    rows = (await visitor.call("lots", limit=MOST, state=state if state in STATES else None))["rows"]
    if visitor.may("ingest"):
        _upload(visitor)
    if not rows and state is None:
        empty(
            say("No lot yet."), how_to=say("Send tester files in above: STDF, CSV of testers, with .gz or .zst or not.")
        )
        return
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["state"]] = counts.get(row["state"], 0) + 1
    told = say(", ").join(f"{count:,} {say.word(name)}" for name, count in counts.items())
    sentence(say("{count} lots: {states}", count=f"{len(rows):,}", states=told) if rows else say("No lot is such."))
    table(visitor, rows, "lots", opens="/lots/{}", key="number")


def _upload(visitor: Visitor) -> None:
    """Send tester files in: each becomes part of one job, which goes on when the page is left."""
    say = visitor.say
    place = ui.element("div")

    async def sent(event: events.MultiUploadEventArguments) -> None:
        place.clear()
        with place:
            try:
                folder = visitor.served.spool.new()
                paths = []
                for file in event.files:
                    target = folder.place_sent("paths", file.name)
                    await file.save(target)
                    folder.call_it(target, file.name)
                    paths.append(str(target))
                await run_in_threadpool(folder.keep, visitor.person)
                job = await visitor.leave("ingest", paths=paths)
                (folder.path / "job.json").write_text(json.dumps({"job": job}), encoding="utf-8")
            except CorecarError as error:
                said_problem(visitor, str(error))
                return
        ui.navigate.to(f"/jobs/{job}")

    ui.upload(
        label=say("Tester files: drop them here, or press +"), multiple=True, max_file_size=LARGEST, auto_upload=True,
        on_multi_upload=sent,
    ).props('flat aria-label="files"')  # fmt: skip
