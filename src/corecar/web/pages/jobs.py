"""Long work: what is under way, one job with its progress and its end, and what it answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import CorecarError, NotFound
from corecar.web.pages.answers_drawn import drawn_answer
from corecar.web.pages.currency import currency_of
from corecar.web.pages.frame import guarded, said_problem
from corecar.web.pages.missing import Missing, number_of
from corecar.web.pages.parts import button, empty, facts, heading, sentence, table
from corecar.web.pages.visitor import SessionOver, Visitor

LOOK_EVERY_S = 0.5
ENDED = ("done", "failed", "cancelled")


async def jobs(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    rows = (await visitor.call("jobs_list", every=True))["rows"]
    if not rows:
        empty(say("No job yet."), how_to=say("Long work becomes a job: it goes on when you leave its page."))
        return
    counts = Counter(str(row["state"]) for row in rows)
    states = say(", ").join(f"{count:,} {say.word(state)}" for state, count in counts.items())
    sentence(say("Jobs: {count} ({states})", count=f"{len(rows):,}", states=states))
    table(visitor, rows, "jobs", opens="/jobs/{}", key="job")


async def job(visitor: Visitor, request: Request) -> None:
    say, text = visitor.say, str(request.path_params["job"])
    told, to_all = say("There is no job {number} that you may see.", number=text), (say("Jobs"), "/jobs")
    number = number_of(text, told, to_all)
    try:
        await visitor.call("jobs_show", job=number)
    except NotFound:
        raise Missing(told, {}, to_all) from None
    place = ui.element("div").props('aria-live="polite"')
    last: dict[str, Any] = {}

    async def look() -> None:
        try:
            found = await visitor.call("jobs_show", job=number)
            currency = await currency_of(visitor)
        except SessionOver:
            timer.cancel()
            ui.navigate.to("/login")
            return
        except CorecarError as error:
            timer.cancel()
            with place:
                said_problem(visitor, str(error))
            return
        if found == last:
            return
        last.clear()
        last.update(found)
        place.clear()
        with place:
            _shown(visitor, number, found, currency)
        if found["facts"]["state"] in ENDED:
            timer.cancel()

    timer = ui.timer(LOOK_EVERY_S, look, immediate=False)
    await look()


def _shown(visitor: Visitor, number: int, found: Mapping[str, Any], currency: str) -> None:
    say, about = visitor.say, found["facts"]
    state = about["state"]
    if state not in ENDED:
        _under_way(visitor, number, about)
        return
    if state == "done" and isinstance(found.get("result"), Mapping):
        drawn_answer(visitor, about["verb"], found["result"], currency)
        heading(say("The job"))
    elif state == "failed":
        said_problem(visitor, str(about.get("error") or say("The job failed.")))
    facts(say, {name: fact for name, fact in about.items() if name != "error"})  # what went wrong stands above


def _under_way(visitor: Visitor, number: int, about: Mapping[str, Any]) -> None:
    say = visitor.say
    done = str(about.get("done") or "0%")
    part = done.rstrip("%") if done.rstrip("%").replace(".", "").isdigit() else "0"
    words = escape(f"{say.name(str(about['verb']))}: {say.word(str(about['state']))} {done}")
    ui.html(
        f'<p class="answer">{words}</p><p class="explanation">{escape(str(about.get("what") or ""))}</p>'
        f'<div class="progress" role="progressbar" aria-label="{words}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{part}"><div style="width:{part}%"></div></div>'
        f'<p class="explanation">{escape(say("You may leave this page; the job goes on."))}</p>',
        sanitize=False,
    )

    async def stop() -> None:
        await guarded(visitor, _cancel(visitor, number))

    with ui.element("div").classes("bar"):
        button(say("Stop it"), stop, kind="danger")


async def _cancel(visitor: Visitor, number: int) -> None:
    await visitor.call("jobs_cancel", job=number)


def leaving(
    visitor: Visitor, place: ui.element, asked: Callable[[], tuple[str, dict[str, Any]]]
) -> Callable[[], Awaitable[None]]:
    """Leave work as a job and look at it; what cannot be left is said in a place of the page."""

    async def leave() -> None:
        verb, how = asked()
        number = await visitor.leave(verb, **how)
        ui.navigate.to(f"/jobs/{number}")

    async def go() -> None:
        place.clear()
        with place:
            await guarded(visitor, leave())

    return go
