"""One test of a qualification: what the plan asks, its lots, the drift of each unit, and what is added to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.web.pages.agreement_view import titled
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.missing import Missing, near
from corecar.web.pages.parts import back, facts, heading, notes, sentence, table
from corecar.web.pages.qualification import ADDED, found_qualification, record_asked
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
ASKED = ("lots", "units", "accept", "judged", "why", "clause", "to_confirm")


async def qualification_test(visitor: Visitor, request: Request) -> None:
    """The page."""
    say, test = visitor.say, str(request.path_params["test"])
    whole = await found_qualification(visitor, request)
    about, home = whole["facts"], f"/qualify/{whole['facts']['number']}"
    row = next((row for row in whole["rows"] if row["test"] == test), None)
    if row is None:
        known = near(test, [each["test"] for each in whole["rows"]], home + "/tests/{}")
        nothing = say("Qualification {number} has no test {test}.", number=about["number"], test=test)
        raise Missing(nothing, known, (say("Qualify"), home))
    found = await visitor.call("qualify_show", number=about["number"], test=test)
    titled(f"{test} {say.word(row['name'])}")
    back(say("Qualification {number}: {product}", number=about["number"], product=about["product"]), home)
    sentence(say("It is {state}.", state=say.word(row["state"])))
    notes([say.told(gap) for gap in str(row["missing"]).split("; ") if gap])
    if about["state"] in ADDED and about["own"]:
        _adding(visitor, about["number"], row, [str(lot["lot"]) for lot in found["lots"] if lot["counts"]])
    table(visitor, found["lots"], f"{test}-lots", title=say("Lots tested"))
    table(visitor, found["drift"], f"{test}-drift", title=say("Drift by the stress, the worst first"))
    table(visitor, found["documents"], f"{test}-documents", title=say("Documents"))
    heading(say("What the plan asks"))
    facts(say, {name: row[name] for name in ASKED})
    table(visitor, found["history"], f"{test}-history", title=say("What was done, and by whom"))


def _adding(visitor: Visitor, number: int, row: Row, lots: list[str]) -> None:
    """The forms that add evidence to the test."""
    say, fixed = visitor.say, {"number": number, "test": row["test"]}
    why = Ask("reason", say("Why"), kind="long", needed=True)
    with ui.element("div"):
        form(visitor, say("Add a lot's result"), "qualify_result", _result(visitor, row), fixed=fixed)
        form(visitor, say("Attach runs before and after"), "qualify_runs", _runs(visitor), fixed=fixed,
             told=say("Units are paired; what moved apart from the rest, or beyond a limit, fails the test."),
             )  # fmt: skip
        form(visitor, say("Link a record"), "qualify_record", record_asked(visitor),
             fixed={"number": number, "subject": row["test"]})  # fmt: skip
        form(visitor, say("Claim family data"), "qualify_claim", _claim(visitor), fixed=fixed)
        form(visitor, say("Leave the test out"), "qualify_skip", [why], fixed=fixed)
        if lots:
            asked = [Ask("lot", say("Lot"), choices={lot: lot for lot in dict.fromkeys(lots)}), why]
            form(visitor, say("Set a lot aside"), "qualify_exclude", asked, fixed=fixed, danger=True,
                 told=say("Its results stand in the history and count no more; another lot is tested."))  # fmt: skip
    if visitor.may("qualify_attach"):
        FileDrop(visitor, say("Send a document in, or drop it here"), verb="qualify_attach", field="file",
                 fixed={"number": number, "subject": row["test"]}, opens=f"/qualify/{number}/tests/{row['test']}",
                 several=False)  # fmt: skip


def _result(visitor: Visitor, row: Row) -> list[Ask]:
    say = visitor.say
    return [
        Ask("lot", say("Lot"), needed=True), Ask("units", say("Units"), str(row["units"] or ""), "number", needed=True),
        Ask("fails", say("Fails"), "0", "number"), Ask("value", say("Figure it is judged by"), kind="decimal"),
        Ask("read_point", say("Read point, such as 1000 h")), Ask("note", say("What was seen")),
    ]  # fmt: skip


def _runs(visitor: Visitor) -> list[Ask]:
    say = visitor.say
    return [
        Ask("before", say("Lot before the stress"), needed=True), Ask("after", say("Lot after it"), needed=True),
        Ask("control", say("Control units, blanks between"), kind="places"),
        Ask("stage_before", say("Only this stage before")), Ask("stage_after", say("Only this stage after")),
    ]  # fmt: skip


def _claim(visitor: Visitor) -> list[Ask]:
    say = visitor.say
    return [
        Ask("reference", say("Report"), needed=True), Ask("product", say("Product that was tested"), needed=True),
        Ask("lots", say("Lots"), kind="number", needed=True), Ask("units", say("Units"), kind="number", needed=True),
        Ask("same", say("In common: technology, package, site"), kind="list"),
        Ask("unexplained_fails", say("Fails that nobody explained"), "0", "number"),
    ]  # fmt: skip
