"""One qualification: where it stands, its tests by group, what is missing, the submission, who agreed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nicegui import ui
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from corecar.errors import NotFound
from corecar.web.pages.agreement_acts import guarding
from corecar.web.pages.agreement_view import titled
from corecar.web.pages.exports import as_zip
from corecar.web.pages.file_drop import Asked, FileDrop
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.laboratory import booked_table
from corecar.web.pages.missing import Missing, number_of
from corecar.web.pages.parts import back, button, facts, heading, notes, select, sentence, table, tiles
from corecar.web.pages.qualification_acts import acts
from corecar.web.pages.qualification_matrix import matrix
from corecar.web.pages.qualification_tables import quality_tables
from corecar.web.pages.sharing import sharing
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
LEVELS = {str(level): str(level) for level in range(1, 6)}
RATED = ("B1", "B2")
"""Tests whose results make failure rates."""
ADDED = ("open", "refused")
"""States in which evidence is added."""


async def found_qualification(visitor: Visitor, request: Request) -> dict[str, Any]:
    """The qualification of the address. Raises Missing."""
    say, text = visitor.say, str(request.path_params["number"])
    nothing, to_all = (
        say("There is no qualification {number} that you may see.", number=text),
        (say("Qualify"), "/qualify"),
    )
    number = number_of(text, nothing, to_all)
    try:
        found: dict[str, Any] = await visitor.call("qualify_show", number=number)
    except NotFound:
        raise Missing(nothing, {}, to_all) from None
    return found


async def qualification(visitor: Visitor, request: Request) -> None:
    """The page. `level` in the address: of the submission."""
    say = visitor.say
    found = await found_qualification(visitor, request)
    about, rows = found["facts"], found["rows"]
    number = int(about["number"])
    level = request.query_params.get("level", "3")
    level = level if level in LEVELS else "3"
    submission = await visitor.call("qualify_ppap", number=number, level=int(level))
    what = say.word(str(about["change"])) if about["change"] else say.word("new product")
    titled(say("Qualification {number}: {product}, {what}", number=number, product=about["product"], what=what))
    back(say("Qualify"), "/qualify")
    sentence(str(found["said"]))
    tiles([
        (f"{about['tests_done']} / {about['tests']}", say("tests done or not needed"), "#tests"),
        (f"{about['failed']:,}", say("tests failed"), "#tests"), (f"{about['gaps']:,}", say("gaps"), "#gaps"),
        (f"{len(submission['missing']):,}", say("elements missing at level {level}", level=level), "#ppap"),
    ])  # fmt: skip
    await acts(visitor, about)
    heading(say("Tests by group"))
    ui.html('<span id="tests"></span>', sanitize=False)
    matrix(visitor, number, rows)
    _gaps(visitor, number, rows)
    await booked_table(visitor, f"qualification-{number}-bookings", number)
    _evidence(visitor, about)
    await _rates(visitor, number, rows)
    await _submission(visitor, about, submission, level)
    await quality_tables(visitor, number, added=about["state"] in ADDED and about["own"])
    table(visitor, found["documents"], f"qualification-{number}-documents", title=say("Documents"))
    table(visitor, found["history"], f"qualification-{number}-history", title=say("What was done, and by whom"))
    heading(say("What it is of"))
    facts(say, {name: about[name] for name in ("product", "grade", "package", "wire", "customer", "route", "version",
                                               "state", "valid_until")})  # fmt: skip
    if about["own"]:
        await sharing(visitor, ("qualify_share", "qualify_unshare"), {"number": number}, about["shared"])


def _gaps(visitor: Visitor, number: int, rows: Sequence[Row]) -> None:
    """What is missing, test by test; then all tests."""
    say = visitor.say
    lacks = [{"test": row["test"], "name": row["name"], "state": row["state"], "missing": row["missing"]}
             for row in rows if row["missing"]]  # fmt: skip
    ui.html('<span id="gaps"></span>', sanitize=False)
    opens = f"/qualify/{number}/tests/{{}}"
    table(visitor, lacks, f"qualification-{number}-gaps", title=say("Gaps"), opens=opens, key="test")
    if not lacks:
        heading(say("Gaps"))
        sentence("", say("Nothing is missing of the tests."))
    table(visitor, rows, f"qualification-{number}-tests", title=say("Every test of the plan"), opens=opens, key="test")


def _evidence(visitor: Visitor, about: Row) -> None:
    """Where evidence of many tests is sent in."""
    say, number = visitor.say, about["number"]
    if about["state"] not in ADDED or not about["own"] or not visitor.may("qualify_results"):
        return
    heading(say("Add evidence"))
    notes([say("A laboratory's table has the columns test, lot, units, and may have fails, value, read_point, note.")])
    FileDrop(visitor, say("Send a table of results in, or drop it here"), verb="qualify_results", field="file",
             fixed={"number": number}, opens=f"/qualify/{number}", several=False)  # fmt: skip
    fields = (Asked("subject", say("Tests or elements it belongs to, commas between"), needed=True),)
    FileDrop(visitor, say("Send a document in, or drop it here"), verb="qualify_attach", field="file", fields=fields,
             fixed={"number": number}, opens=f"/qualify/{number}", several=False)  # fmt: skip


def record_asked(visitor: Visitor) -> list[Ask]:
    """What a record of the workspace is found by."""
    say = visitor.say
    return [Ask("gauge", say("Number of a gauge study"), kind="number"),
            Ask("limits", say("Or name or number of a limit set"))]  # fmt: skip


async def _rates(visitor: Visitor, number: int, rows: Sequence[Row]) -> None:
    """Failure rates, where the tests that make them have results."""
    if not any(row["test"] in RATED and row["tested"] for row in rows):
        return
    answer = await visitor.call("qualify_rates", number=number)
    table(
        visitor, answer["rows"], f"qualification-{number}-rates", title=visitor.say("Failure rates, with their bound")
    )
    notes([answer["said"], *answer["notes"]])


async def _submission(visitor: Visitor, about: Row, submission: Row, level: str) -> None:
    """The 18 elements by level, what is left out, and the folder to take along."""
    say, number = visitor.say, about["number"]
    ui.html('<span id="ppap"></span>', sanitize=False)
    heading(say("Submission (PPAP)"))
    ui.html(f'<form class="row" action="/qualify/{number}#ppap" method="get">'
            f"{select('level', say('Level'), LEVELS, level, sends=True)}</form>", sanitize=False)  # fmt: skip
    sentence("", submission["said"])
    names = ("number", "name", "levels", "asks", "state", "documents", "why", "clause")
    table(visitor, [{name: row[name] for name in names} for row in submission["rows"]], f"qualification-{number}-ppap")
    notes([say("S is submitted, R is retained, * is on request, for the levels 1 to 5.")])
    place = ui.element("div").props('aria-live="assertive"')

    async def take() -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / f"qualification-{number}"
            answer = await visitor.call("qualify_pack", number=number, out=out, level=int(level))
            content = await run_in_threadpool(as_zip, out)
        ui.download.content(content, f"qualification-{number}.zip", "application/zip")
        sentence("", say("SHA-256 of the index: {digest}. Tell it to the customer by another way than the folder.",
                         digest=answer["sha256_of_index"]))  # fmt: skip

    with ui.element("div").classes("bar"):
        button(say("Take the submission along"), guarding(visitor, place, take))
    if about["state"] in ADDED and about["own"]:
        choices = {row["element"]: say.word(str(row["name"])) for row in submission["rows"]}
        form(visitor, say("Link a record"), "qualify_record",
             [Ask("subject", say("Element"), choices=choices), *record_asked(visitor)],
             fixed={"number": number})  # fmt: skip
        form(visitor, say("Leave an element out"), "qualify_skip",
             [Ask("test", say("Element"), choices=choices), Ask("reason", say("Why"), kind="long", needed=True)],
             fixed={"number": number})  # fmt: skip
