"""Needs and offers: who should talk to whom, with reasons, and the meetings where they do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nicegui import ui
from starlette.requests import Request

from corecar.errors import NotFound
from corecar.web.pages.agreement_links import drafting, memoranda_here
from corecar.web.pages.frame import guarded
from corecar.web.pages.meeting_acts import meeting_acts
from corecar.web.pages.missing import Missing, number_of
from corecar.web.pages.parts import Field, back, button, empty, heading, notes, sentence, show_answer, table
from corecar.web.pages.visitor import Visitor

AHEAD = 30
"""Days until a meeting that is proposed, unless somebody says another day."""
MEASURED = "/match?risk=measured"
"""The page with the risk of routes as lots tell it."""


async def match(visitor: Visitor, request: Request) -> None:
    say, need = visitor.say, request.query_params.get("need") or None
    measured = request.query_params.get("risk") == "measured"
    if need is not None:
        found = await visitor.call("match", need=need, explain=True, measured=measured)
        show_answer(visitor, found, f"need-{need}", without=("columns",))
        offers = {str(row["offer"]): {"need": need, "offer": row["offer"]} for row in found["rows"] if row.get("offer")}
        drafting(visitor, say("Offer"), offers)
        await memoranda_here(visitor, "match", need=need)
        return
    needs = (await visitor.call("chain_tables"))["rows"]
    if not any(row["table"] in ("needs", "offers") for row in needs):
        how = say("Fill in the tables needs and offers of the chain.")
        empty(say("No need and no offer yet."), (say("To the chain"), "/chain"), how)
        return
    found = await visitor.call("match", measured=measured)
    pairs = found["rows"]
    sentence(
        say(
            "Pairs that should talk: {pairs}, of needs: {needs}.",
            pairs=len(pairs),
            needs=len({row["need"] for row in pairs}),
        )
        if pairs
        else say("No offer fits a need.")
    )
    opens = "/match?need={}&risk=measured" if measured else "/match?need={}"
    other = say("Risk of routes as assumed") if measured else say("Risk of routes as measured")
    button(other, lambda: ui.navigate.to("/match" if measured else MEASURED))
    table(visitor, pairs, "pairs", opens=opens, key="need", title=say("Ranked pairs"))
    table(visitor, found.get("risks") or [], "risks", title=say("Risk of routes, measured beside assumed"))
    table(visitor, found.get("alone") or [], "alone", opens=opens, key="need",
          title=say("Needs that no offer fits, and the nearest miss"))  # fmt: skip
    notes(found["notes"])
    await memoranda_here(visitor, "match")
    meetings = (await visitor.call("meeting_list"))["rows"]
    heading(say("Meetings"))
    if meetings:
        table(visitor, meetings, "meetings", opens="/meetings/{}", key="meeting")
    else:
        sentence("", say("No meeting yet."))
    if pairs and visitor.may("meeting_propose"):
        _propose(visitor)


def _propose(visitor: Visitor) -> None:
    """A meeting of the pairs that should talk, by its name, day and place."""
    say, place, today = visitor.say, ui.element("div"), datetime.now(UTC).date()
    with ui.element("div").classes("row"):
        name = Field(say("Name of the meeting"))
        day = Field(say("Day"), value=f"{today + timedelta(days=AHEAD)}", kind="date")
        town = Field(say("Place"))

        async def propose() -> None:
            when = datetime.fromisoformat(day.value or f"{today}").replace(tzinfo=UTC)
            made = await visitor.call("meeting_propose", name=name.value, day=when, place=town.value)
            ui.navigate.to(f"/meetings/{made['meeting']}")

        async def go() -> None:
            place.clear()
            with place:
                await guarded(visitor, propose())

        button(say("Propose a meeting"), go)


async def meeting(visitor: Visitor, request: Request) -> None:
    say, text = visitor.say, str(request.path_params["meeting"])
    told, to_all = say("There is no meeting {number} that you may see.", number=text), (say("Meetings"), "/match")
    try:
        found = await visitor.call("meeting_show", meeting=number_of(text, told, to_all))
    except NotFound:
        raise Missing(told, {}, to_all) from None
    back(say("Match"), "/match")
    show_answer(visitor, found, "meeting")
    pairs = {f"{row['pair']}: {row['title']}": {"meeting": text, "pair": row["pair"]} for row in found["rows"]}
    await meeting_acts(visitor, text, found)
    drafting(visitor, say("Pair"), pairs)
    await memoranda_here(visitor, "meeting", meeting=text)


async def search(visitor: Visitor, request: Request) -> None:
    say, words = visitor.say, request.query_params.get("q", "").strip()
    if not words:
        empty(say("Write something to search for."))
        return
    every = (await visitor.call("lots", limit=100_000))["rows"]
    wanted = words.casefold()
    lots = [row for row in every if any(wanted in str(row[key]).casefold() for key in ("lot", "product", "customer"))]
    found = await visitor.call("match_search", words=words) if await _has_chain(visitor) else {"rows": []}
    sentence(
        say(
            "“{words}”: lots {lots}, needs and offers {others}",
            lots=len(lots),
            others=len(found["rows"]),
            words=words,
        )
    )
    table(visitor, lots, "lots", opens="/lots/{}", key="number", title=say("Lots"))
    table(visitor, found["rows"], "needs-and-offers", title=say("Needs and offers"))


async def _has_chain(visitor: Visitor) -> bool:
    return bool((await visitor.call("chain_tables"))["rows"])
