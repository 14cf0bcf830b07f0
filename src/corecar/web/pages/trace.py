"""Trace: one box to search anything; back to the die or forward to the car, as a sentence, a graph, a timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import ArgumentError
from corecar.report.answer_pictures import genealogy_drawn, timeline_drawn
from corecar.report.figures.genealogy import address_of
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.parts import heading, notes, select, sentence, show_answer, table
from corecar.web.pages.pictures import figure
from corecar.web.pages.trace_start import start
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
BACK = ("class", "id", "places", "pieces", "sure", "event", "kind", "at")
AHEAD = ("state", "class", "id", "places", "pieces", "sure", "resolution", "party", "held", "released", "owner", "at")
EVENTS = ("at", "kind", "event", "things", "pieces", "used")
TESTED = ("die", "limit_records", "values")
"""Tables of an answer with test results."""


async def trace(visitor: Visitor, request: Request) -> None:
    """The page. In the address: `what` is searched, `way` to follow it, `since` and `until`, `results` of its tests."""
    asked = request.query_params
    what = asked.get("what", "").strip()
    if not what:
        sentence(visitor.say("Where does it come from, and where did it go?"))
    _asking(visitor, asked)
    if not what:
        await start(visitor)
        return
    way, window = _way(asked), _window(visitor, asked)
    whole = await visitor.call("trace_graph", whats=[what], way=way, **window)
    if way != "forward" and not window:
        await _back(visitor, what, results=bool(asked.get("results")))
    if way != "back":
        await _ahead(visitor, what, window)
    if way == "back" and window:
        sentence(str(whole["said"]))
    _drawn(visitor, whole)
    _seen(visitor, whole)


def _way(asked: Mapping[str, str]) -> str:
    return asked.get("way", "") if asked.get("way") in ("back", "forward") else "both"


def _window(visitor: Visitor, asked: Mapping[str, str]) -> dict[str, datetime]:
    """The days of the address as moments; the last one whole. Raises ArgumentError"""
    found: dict[str, datetime] = {}
    for name in ("since", "until"):
        if not asked.get(name):
            continue
        try:
            found[name] = datetime.fromisoformat(f"{asked[name][:10]}T00:00:00+00:00")
        except ValueError:
            said = visitor.say("{day} is no day: write it as 2026-03-05.", day=asked[name][:20])
            raise ArgumentError(said) from None
    if "until" in found:
        found["until"] += timedelta(days=1, microseconds=-1)
    return found


def _asking(visitor: Visitor, asked: Mapping[str, str]) -> None:
    """The form that asks by the address, so that an answer can be sent to somebody."""
    say = visitor.say
    ways = {"both": say("both ways"), "back": say("back to the die"), "forward": say("forward to the car")}
    days = "".join(
        f'<div class="field"><label for="{name}">{escape(words)}</label>'
        f'<input id="{name}" name="{name}" type="date" value="{escape(asked.get(name, ""), quote=True)}"></div>'
        for name, words in (("since", say("Used from")), ("until", say("Used until")))
    )
    what = escape(asked.get("what", ""), quote=True)
    hint = escape(say("VIN1, reel:R1@17, wafer:W1@0,0..9,9, equipment:BOND-3, batch:WIRE-9"), quote=True)
    ui.html(
        '<form method="get" action="/trace" class="row no-print" role="search">'
        f'<div class="field" style="flex:1 1 320px"><label for="what">{escape(say("What is traced"))}</label>'
        f'<input id="what" name="what" value="{what}" placeholder="{hint}" required></div>'
        f"{select('way', say('Direction'), ways, _way(asked))}{days}"
        f'<button class="btn main-act">{escape(say("Trace it"))}</button></form>',
        sanitize=False,
    )
    told = say("A vehicle, ECU, reel, unit, strip, wafer, lot, material batch, tool or test program; a class before "
               "the name tells apart what has the same name, a place behind it narrows it. Days narrow what a tool, "
               "batch or program was used for.")  # fmt: skip
    sentence("", told)


async def _back(visitor: Visitor, what: str, *, results: bool) -> None:
    """Where it came from."""
    say = visitor.say
    answer = await visitor.call("trace_back", what=what, results=results)
    pieces = [row for row in answer["rows"] if row["role"] == "piece"]
    used = [row for row in answer["rows"] if row["role"] == "with"]
    sentence(str(answer["said"]), _sure_of(visitor, pieces))
    table(visitor, _only(pieces, BACK), "came-from", title=say("Where it came from"), opens=_opens)
    table(visitor, _only(used, ("class", "id", "event", "kind", "at")), "used",
          title=say("Tools, material, programs and places on its way"), opens=_opens)  # fmt: skip
    notes([str(each) for each in answer["notes"]])
    if results:
        show_answer(visitor, {name: answer.get(name) for name in TESTED}, "tested")
    else:
        with ui.element("p").classes("explanation"):
            ui.link(say("Show what testing said of its die"), f"{address_of('', what)}&way=back&results=1")


def _sure_of(visitor: Visitor, rows: Sequence[Row]) -> str:
    say, unsure = visitor.say, [row for row in rows if not row["sure"]]
    if not unsure:
        return say("Each step is known for these very pieces.")
    return say("Steps that are known only as some of several: {count}; pieces mixed there, and nobody told which went "
               "where.", count=len(unsure))  # fmt: skip


async def _ahead(visitor: Visitor, what: str, window: Mapping[str, datetime]) -> None:
    """Where its pieces are now, how finely that is known, and the form that holds them."""
    say = visitor.say
    answer = await visitor.call("trace_forward", whats=[what], **window)
    states = say(", ").join(f"{count:,} {say.word(state)}" for state, count in answer["states"].items())
    sentence(say("{what} now: {states}.", what=what, states=states or say("nothing")))
    notes(_fineness(visitor, answer["rows"]))
    table(visitor, _only(answer["rows"], AHEAD), "where-now", title=say("Where its pieces are now"), opens=_opens)
    notes([str(each) for each in answer["notes"]])
    told = say("All pieces above are held wherever they are; customers are told by the papers of the containment, "
               "which you send.")  # fmt: skip
    form(visitor, say("Hold all of these"), "trace_contain",
         [Ask("name", say("Name of the containment, such as the number of the 8D"), needed=True),
          Ask("reason", say("What is wrong, as customers read it"), kind="long", needed=True)],
         fixed={"whats": [what], **window}, told=told)  # fmt: skip


def _fineness(visitor: Visitor, rows: Sequence[Row]) -> list[str]:
    """How finely pieces are told apart, and why no finer."""
    say = visitor.say
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts[str(row["resolution"]), str(row["why"])] += row["pieces"]
    return [
        say("{count} told to the {fine}, because {why}.", count=f"{count:,}", fine=say.word(fine), why=say.told(why))
        if why
        else say("{count} told to the {fine}.", count=f"{count:,}", fine=say.word(fine))
        for (fine, why), count in sorted(counts.items(), key=lambda item: (item[0][1] != "", item[0]))
    ]


def _drawn(visitor: Visitor, whole: Row) -> None:
    """The graph and the timeline, with the events as a table."""
    say = visitor.say
    heading(say("Which thing became which"))
    graph, line = say("Which thing became which"), say("What happened, in order of time")
    figure(say, _wide(genealogy_drawn(whole, links=True), graph), "", name=graph)
    if whole["events"]:
        heading(line)
        figure(say, _wide(timeline_drawn(whole), line), "", name=line)
        table(visitor, _only(whole["events"], EVENTS), "events")


def _wide(svg: str, words: str) -> str:
    """A drawing that may be wider than the page, which is then moved below it."""
    return f'<div class="flow" tabindex="0" role="region" aria-label="{escape(words, quote=True)}">{svg}</div>'


def _seen(visitor: Visitor, whole: Row) -> None:
    """Whose genealogy it is."""
    say = visitor.say
    sentence("", say("You see the whole genealogy of: {parties}. Of everybody else you see one step up and one step "
                     "down from there.", parties=whole["facts"]["sees"]))  # fmt: skip


def _only(rows: Sequence[Row], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: row.get(name) for name in names} for row in rows]


def _opens(row: Row) -> str:
    return "" if row["class"] in ("scrap", "pool") else address_of(str(row["class"]), str(row["id"]))
