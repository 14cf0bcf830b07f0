"""Where tracing begins: events that are sent in, who else may see the genealogy, a drill."""

from __future__ import annotations

from nicegui import ui

from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.parts import heading, notes, sentence, table
from corecar.web.pages.returned import asking
from corecar.web.pages.visitor import Visitor


async def start(visitor: Visitor) -> None:
    """What stands on the page before anything is asked."""
    say = visitor.say
    listed = await visitor.call("trace_imports")
    if not listed["rows"]:
        sentence("", say("No event yet. A line, a tester, a shipping desk and an ECU maker each tell their own step: "
                         "send a CSV of events, an E142 map with transfers, or Catena-X JSON."))  # fmt: skip
    if visitor.may("trace_import"):
        words = say("Send events in, or drop them here: CSV, E142 or Catena-X")
        FileDrop(visitor, words, verb="trace_import", field="path", opens="/trace", several=False)
    table(visitor, listed["rows"], "imports", title=say("Events that were taken in"))
    heading(say("A unit came back"))
    notes([say("Its die on the wafer, its values within its lot, tools, material and siblings on one page, and which "
               "screen would have caught it at what cost.")])  # fmt: skip
    asking(visitor, "")
    await _sharing(visitor)
    _drill(visitor)


async def _sharing(visitor: Visitor) -> None:
    """Who sees all of the own genealogy, and forms that change it."""
    say = visitor.say
    if not visitor.may("trace_share"):
        return
    heading(say("Who sees your genealogy"))
    notes(
        [say("A party sees its own, and of others one step up and down from there: what it was sent, and from whom.")]
    )
    every = (await visitor.call("parties_list"))["rows"]
    others = {str(row["party"]): str(row["party"]) for row in every if row["party"] != visitor.party}
    if not others:
        return
    with ui.element("div").classes("bar"):
        form(visitor, say("Share all of it"), "trace_share", [Ask("party", say("Party"), choices=others)],
             told=say("The party sees all of your genealogy from now on, also as it will be."), stays=True)  # fmt: skip
        form(visitor, say("Share it no more"), "trace_unshare", [Ask("party", say("Party"), choices=others)],
             told=say("The party sees it no more; what it has seen it has seen."), stays=True)  # fmt: skip


def _drill(visitor: Visitor) -> None:
    """A drill over fictional movements."""
    say = visitor.say
    heading(say("Drill"))
    asked = [
        Ask("seed", say("Another number draws other movements"), "1", "number"),
        Ask("steps", say("Events"), "200", "number"),
        Ask("lost", say("Part of events that lost which piece is which"), "0.3", "decimal"),
    ]
    told = say("Fictional movements are traced in a place of their own, timed, and held against the truth; nothing of "
               "yours is touched.")  # fmt: skip
    form(visitor, say("Drill a trace"), "trace_drill", asked, told=told)
