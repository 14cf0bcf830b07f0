"""Agreements: memoranda by state, who has to act by when, what would breach them, how parties kept their word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.agree.life import OPEN, STATES
from corecar.web.pages.agreement_links import breaches_later
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.parts import back, button, empty, heading, notes, sentence, table, tiles
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
NEW, CHECK = "/agreements/new", "/agreements/verify"
SHOWN = ("number", "title", "parties", "who_acts", "what", "due", "valid_from", "valid_until", "changed", "by")
"""Columns of the list, in their order."""


async def agreements(visitor: Visitor, request: Request) -> None:
    """The page. `state` in the address: memoranda in this state alone."""
    say, state = visitor.say, request.query_params.get("state", "")
    listed = await visitor.call("agree_list")
    rows = listed["rows"]
    if not rows:
        _nothing(visitor)
        await _authorities(visitor)
        return
    due = (await visitor.call("agree_due"))["rows"]
    if state in STATES:
        back(say("All memoranda"), "/agreements")
        _listed(visitor, rows, due, [state])
        return
    _headline(visitor, rows, due)
    _acts(visitor)
    notes([say.told(str(note)) for note in listed.get("notes") or ()])
    breaches_later(visitor)
    table(visitor, sorted(due, key=lambda row: not row["yours"]), "due", title=say("What is due, and who has to act"),
          opens="/agreements/{}", key="number")  # fmt: skip
    _listed(visitor, rows, due, list(STATES))
    scores = (await visitor.call("agree_scorecard"))["rows"]
    table(visitor, scores, "scorecards", title=say("How parties kept their word"), opens="/parties/{}", key="party")
    await _authorities(visitor)


def _nothing(visitor: Visitor) -> None:
    """What belongs here, and what starts it."""
    say = visitor.say
    how = say("A memorandum says what one party keeps for another, week by week. It is made from a match, a meeting, "
              "a plan, a file of terms or blank; its parties negotiate and sign it.")  # fmt: skip
    start = (say("Draft a memorandum"), NEW) if visitor.may("agree_new") else None
    empty(say("No memorandum yet."), start, how)
    with ui.element("div").classes("bar"):
        button(say("Verify a PDF"), lambda: ui.navigate.to(CHECK))


def _headline(visitor: Visitor, rows: Sequence[Row], due: Sequence[Row]) -> None:
    say = visitor.say
    count = len({str(row["number"]) for row in due if row["yours"]})
    held = {row["number"] for row in rows if row["state"] == "signed"}
    lying = [row for row in rows if row["state"] in OPEN]
    ending = {row["number"] for row in due} & held
    first = lying[0]["state"] if lying else OPEN[0]
    sentence(
        say("Memoranda that wait for you: {count}.", count=count) if count else say("No memorandum waits for you.")
    )
    tiles(
        [
            (f"{count:,}", say("wait for you"), "#due"),
            (f"{len(lying):,}", say("lie on the table"), f"/agreements?state={first}"),
            (f"{len(held):,}", say("hold"), "/agreements?state=signed"),
            (f"{len(ending):,}", say("end within 30 days"), "#due"),
        ]
    )


def _acts(visitor: Visitor) -> None:
    say = visitor.say
    with ui.element("div").classes("bar"):
        if visitor.may("agree_new"):
            button(say("Draft a memorandum"), lambda: ui.navigate.to(NEW), kind="main-act")
        button(say("Verify a PDF"), lambda: ui.navigate.to(CHECK))


def _listed(visitor: Visitor, rows: Sequence[Row], due: Sequence[Row], states: Sequence[str]) -> None:
    """A table for each state in which there is any."""
    say = visitor.say
    found = {state: [row for row in rows if row["state"] == state] for state in states}
    for state, some in found.items():
        title = say("{state}: {count}", state=say.name(state), count=len(some))
        table(visitor, [_row(say, row, due) for row in some], f"memoranda-{state}", title=title if some else "",
              opens="/agreements/{}", key="number")  # fmt: skip
    if not any(found.values()):
        sentence(say("No memorandum is in this state."))


def _row(say: Words, row: Row, due: Sequence[Row]) -> dict[str, Any]:
    """A memorandum in the list: with what is due next, and of whom."""
    own = [each for each in due if each["number"] == row["number"]]
    told = {
        **row,
        "who_acts": ", ".join(dict.fromkeys(str(each["party"]) for each in own)) or None,
        "what": say.word(str(own[0]["what"])) if own else None,
        "due": own[0]["due"] if own else None,
    }
    return {name: told[name] for name in SHOWN}


async def _authorities(visitor: Visitor) -> None:
    """By which authorities parties sign, and where the own one is told."""
    say = visitor.say
    found = await visitor.call("agree_authorities")
    heading(say("By which authorities parties sign"))
    table(visitor, [row | {"sha256": str(row["sha256"])[:16]} for row in found["rows"]], "authorities")
    if not found["rows"]:
        notes([say("No party has said by which authority it signs, so no signature is taken yet.")])
    notes([str(note) for note in found.get("notes") or ()])
    if visitor.may("agree_trust"):
        words = say("Send your authority's certificate or list in")
        FileDrop(visitor, words, verb="agree_trust", field="file", opens="/agreements", several=False)
