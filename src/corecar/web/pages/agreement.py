"""One memorandum: where it stands, who has to act, what is agreed, what came of it, the text, who said and did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nicegui import ui
from starlette.requests import Request

from corecar.agree.life import OPEN
from corecar.web.pages.agreement_acts import acts, commenting
from corecar.web.pages.agreement_links import address_of, breaches_later
from corecar.web.pages.agreement_sharing import sharing
from corecar.web.pages.agreement_signing import signing
from corecar.web.pages.agreement_terms import bands, changes, clauses, signatories, terms_read
from corecar.web.pages.agreement_view import View, found_view, titled
from corecar.web.pages.agreement_weeks import HELD, weeks
from corecar.web.pages.parts import back, facts, heading, notes, sentence, table
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


async def agreement(visitor: Visitor, request: Request) -> None:
    """The page. `as` in the address: for which party one acts, where the workspace has no accounts."""
    view = await found_view(visitor, request)
    say = visitor.say
    titled(f"{view.number}: {view.title(say)}")
    back(say("Agreements"), "/agreements")
    sentence(_told(visitor, view), _next(visitor, view))
    if view.is_party:
        acts(visitor, view)
    notes([say.told(note) for note in view.notes])
    breaches_later(visitor, view.number)
    if view.terms:
        signatories(visitor, view.terms, view.signed, view.taken_back, signing=view.state in (*OPEN, *HELD))
    await _changed(visitor, view)
    await weeks(visitor, view)
    if view.state in OPEN and view.party:
        await signing(visitor, view)
    if view.terms:
        terms_read(visitor, view.terms)
        bands(visitor, view.terms, view.number)
        clauses(visitor, view.terms)
    if view.is_party:
        commenting(visitor, view)
        await _history(visitor, view)
    _origin(visitor, view)
    if view.is_party:
        await sharing(visitor, view)


def _told(visitor: Visitor, view: View) -> str:
    """Where it stands, in a sentence."""
    say, by = visitor.say, view.facts.get("proposed_by")
    missing = say(", ").join(view.missing)
    if view.state == "draft":
        return say("A draft of {party}, which nobody else sees yet.", party=by)
    if view.state in OPEN:
        return say("{state} by {party}; still to sign: {missing}.", state=say.name(view.state), missing=missing,
                   party=by)  # fmt: skip
    if view.state == "signed":
        return say("It holds from {first} to {last}.", first=view.facts["valid_from"], last=view.facts["valid_until"])
    return say("It is {state}.", state=say.word(view.state))


def _next(visitor: Visitor, view: View) -> str:
    """What the visitor may do now, and until when."""
    say = visitor.say
    if not view.is_party:
        return say("Its parties share it with you; only they act on it.")
    ways = say(", ").join(say.word(way) for way in view.ways)
    if not ways:
        return say("Nothing is for you to do now.")
    told = say("{party} may: {ways}.", party=view.party, ways=ways)
    until = view.facts.get("answer_until")
    return told if until is None else told + " " + say("An answer is awaited until {day}.", day=until)


async def _changed(visitor: Visitor, view: View) -> None:
    """The last terms beside those before, where there were any."""
    say = visitor.say
    if not view.is_party or not (view.was_changed or view.facts.get("earlier")):
        return
    rows = (await visitor.call("agree_diff", number=view.number))["rows"]
    if not rows:
        return
    heading(say("What the last terms change: {count}", count=len(rows)))
    now = say("Now, by {party}", party=view.facts["proposed_by"])
    earlier = (say("Before"), now) if view.was_changed else (str(view.facts["earlier"]), view.number)
    changes(visitor, rows, *earlier)


async def _history(visitor: Visitor, view: View) -> None:
    """Every step with who took it, and how the parties kept their word where it holds or held."""
    say = visitor.say
    steps = [{"number": row["step"]} | {name: row[name] for name in row if name != "step"} for row in view.steps]
    table(visitor, steps, f"{view.number}-history", title=say("What was done, and by whom"))
    if view.state in HELD:
        rows = (await visitor.call("agree_scorecard", number=view.number))["rows"]
        table(visitor, rows, f"{view.number}-scorecard", title=say("How its parties kept their word"),
              opens="/parties/{}", key="party")  # fmt: skip


def _origin(visitor: Visitor, view: View) -> None:
    """What it is made of, what it changes or follows, what changes or follows it."""
    say = visitor.say
    links = _made_of(visitor, view.facts.get("made_of") or {})
    earlier, later = view.facts.get("earlier"), view.facts.get("later") or []
    links += [(say("It changes or follows {number}", number=earlier), address_of(str(earlier)))] if earlier else []
    links += [(say("Changed or followed by {number}", number=each), address_of(str(each))) for each in later]
    heading(say("Where it comes from"))
    for words, to in links:
        with ui.element("p").classes("explanation"):
            ui.link(words, to)
    facts(say, {"sha256": view.facts.get("sha256"), "seen_as": view.facts.get("seen_as")})


def _made_of(visitor: Visitor, origin: Row) -> list[tuple[str, str]]:
    """What a memorandum is made of, in words, each with the address of its page."""
    say = visitor.say
    if "match" in origin:
        need, offer = str(origin["match"]["need"]), origin["match"]["offer"]
        return [(say("Made from need {need} and offer {offer}", need=need, offer=offer),
                 f"/match?need={quote(need, safe='')}")]  # fmt: skip
    if "meeting" in origin:
        meeting, pair = origin["meeting"]["meeting"], origin["meeting"]["pair"]
        return [(say("Made from meeting {meeting}, pair {pair}", meeting=meeting, pair=pair), f"/meetings/{meeting}")]
    if "plan" in origin:
        plan, demand = origin["plan"]["plan"], origin["plan"]["demand"]
        return [(say("Made from plan {plan}, demand {demand}", plan=plan, demand=demand), f"/plan?plan={plan}")]
    return []
