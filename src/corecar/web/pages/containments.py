"""Containment: what is held and why; each one with its pieces by state, its customers, its papers, and its closure."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.report.figures.genealogy import address_of
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.frame import guarded
from corecar.web.pages.parts import back, button, empty, facts, heading, sentence, table, tiles
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
SHOWN = ("state", "class", "id", "places", "pieces", "sure", "party", "closed", "held", "released", "resolution", "at")
PAPERS = {"8d.pdf": "application/pdf", "8d.md": "text/markdown", "customers.csv": "text/csv"}


async def containments(visitor: Visitor, request: Request) -> None:
    """The list of them."""
    say = visitor.say
    rows = (await visitor.call("trace_containments"))["rows"]
    if not rows:
        how = say("Trace what is suspect forward, and hold all of it: its pieces are held wherever they are, customers "
                  "are listed, and each piece is followed until it is released or scrapped.")  # fmt: skip
        empty(say("No containment yet."), (say("Trace what is suspect"), "/trace"), how)
        return
    left = sum(row["state"] == "held" for row in rows)
    sentence(say("Containments that are not closed: {count}.", count=left) if left
             else say("Every containment is closed."))  # fmt: skip
    table(visitor, rows, "containments", opens="/containments/{}", key="containment")


async def containment(visitor: Visitor, request: Request) -> None:
    """One of them, at its name."""
    say, name = visitor.say, str(request.path_params["name"])
    answer = await visitor.call("trace_contained", name=name, limit=100_000)
    rows = answer["rows"]
    ui.page_title(f"{name} · Corecar")
    back(say("All containments"), "/containments")
    sentence(str(answer["said"]), str(answer["facts"].get("reason") or ""))
    _by_state(visitor, rows)
    facts(say, {key: value for key, value in answer["facts"].items() if key != "reason"})
    _papers(visitor, name, answer["customers"])
    _closing(visitor, name, rows)
    table(visitor, answer["customers"], "customers", title=say("Customers"))
    table(visitor, [{key: row.get(key) for key in SHOWN} for row in rows], "followed",
          title=say("Each piece, followed to closure"),
          opens=_opens)  # fmt: skip
    with ui.element("p").classes("explanation"):
        ui.link(say("How they got there: graph and timeline"), address_of("reason", name))


def _opens(row: Row) -> str:
    return "" if row["class"] == "scrap" else address_of(str(row["class"]), str(row["id"]))


def _by_state(visitor: Visitor, rows: Sequence[Row]) -> None:
    say = visitor.say
    held: Counter[str] = Counter()
    for row in rows:
        if not row["closed"]:
            held[str(row["state"])] += row["pieces"]
    done = sum(row["pieces"] for row in rows if row["closed"])
    tiles([*((f"{count:,}", say("held, {state}", state=say.word(state)), "#") for state, count in held.items()),
           (f"{done:,}", say("closed"), "#")])  # fmt: skip


def _papers(visitor: Visitor, name: str, customers: Sequence[Row]) -> None:
    """The papers as they are now: the 8D, the list of customers, an alert for each."""
    say = visitor.say
    heading(say("Papers"))
    place = ui.element("div")
    with ui.element("div").classes("bar"):
        for file, words in (
            ("8d.pdf", say("8D report")),
            ("8d.md", say("8D report as Markdown")),
            ("customers.csv", say("List of customers")),
        ):
            button(words, _taking(visitor, place, name, file))
        for number, row in enumerate(customers, 1):
            words = say("Alert to {party}", party=row["party"])
            button(words, _taking(visitor, place, name, f"alert-{number}.json"))


def _taking(visitor: Visitor, place: ui.element, name: str, file: str) -> Callable[[], Awaitable[None]]:
    async def go() -> None:
        place.clear()
        with place:
            await guarded(visitor, _take(visitor, name, file))

    return partial(go)


async def _take(visitor: Visitor, name: str, file: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await visitor.call("trace_contained", name=name, out=Path(folder))
        content = (Path(folder) / file).read_bytes()
    ui.download.content(content, f"{name}-{file}", PAPERS.get(file, "application/json"))


def _closing(visitor: Visitor, name: str, rows: Sequence[Row]) -> None:
    """The form that releases or scraps what is held still."""
    say = visitor.say
    left = {_named(row): f"{say.word(str(row['class']))} {row['id']} {row['places']} ({row['pieces']:,})"
            for row in rows if not row["closed"] and row["state"] != "scrapped"}  # fmt: skip
    if not left:
        return
    ends = {"release": say("release them"), "scrap": say("scrap them")}
    told = say("This is recorded as an event of your genealogy, with the reason; other pieces stay as they are.")
    asked = [
        Ask("what", say("Which pieces"), choices=left),
        Ask("end", say("What is done"), choices=ends),
        Ask("reason", say("Reason"), kind="long", needed=True),
    ]
    form(visitor, say("Close pieces"), "trace_close", asked, fixed={"name": name}, told=told)


def _named(row: Row) -> str:
    """What a row's pieces are called by; the whole thing where its places are in several pieces."""
    place = str(row["places"] or "")
    return f"{row['class']}:{row['id']}" + (f"@{place}" if place and ";" not in place else "")
