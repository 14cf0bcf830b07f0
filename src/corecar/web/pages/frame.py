"""The frame of every page: the rail of places, the line that says where one is, language, light, and who one is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import escape

from fastapi.exception_handlers import http_exception_handler
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from corecar.errors import CorecarError
from corecar.report.figures.telling import telling
from corecar.web.api import Served
from corecar.web.pages.missing import Missing, missing_html
from corecar.web.pages.signing_in import choices, to_login
from corecar.web.pages.style import style_sheet
from corecar.web.pages.visitor import SessionOver, Visitor, visitor_of
from corecar.words.in_pages import place_of


@dataclass(frozen=True)
class Place:
    """A place of the rail: its address, its word, and its icon as a path of 16 x 16."""

    path: str
    word: str
    icon: str


PLACES = (
    Place("/", "Today", "M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6"),
    Place("/chain", "Chain", "M2 4h4v3H2zM10 2h4v3h-4zM10 10h4v3h-4zM6 5.5h2v6h2M8 3.5h2"),
    Place("/match", "Match", "M2 5h9l-3-3M14 11H5l3 3"),
    Place("/agreements", "Agreements", "M3 1.5h7l3 3v10H3zM5.5 6h5M5.5 8.5h5M5 12c1-2 2-2 2 0s1 1 3-.5"),
    Place("/plan", "Plan", "M2 2h12v12H2zM2 6h12M6 6v8M10 6v8M2 10h12"),
    Place("/expand", "Expand", "M2 14h12M3.5 14V9h3v5M9.5 14V5h3v9M9 3.5 11 1.5l2 2"),
    Place("/stress", "Stress", "M9 1 3 9h4l-1 6 7-9H8z"),
    Place("/lots", "Lots", "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M4 6h8M4 10h8M6 2v12M10 2v12"),
    Place("/compare", "Compare", "M2 14V6h3v8M6.5 14V2h3v12M11 14V9h3v5"),
    Place("/qualify", "Qualify", "M8 1.5 13.5 4v4c0 3.5-2.5 5.5-5.5 6.5C5 13.5 2.5 11.5 2.5 8V4zM5.5 8l2 2 3.5-3.5"),
    Place("/recipes", "Recipes", "M3 2h10v12H3zM5.5 5h5M5.5 8h5M5.5 11h3"),
    Place("/quality", "Quality", "M1.5 10l3-4 3 5 3-8 4 6"),
    Place("/trace", "Trace", "M3 3h3v3H3zM10 1.5h3v3h-3zM10 11h3v3h-3zM6 4.5h2.5V3H10M8.5 4.5v8H10M4.5 6v8"),
    Place(
        "/containments", "Containment", "M8 1.5 13.5 4v4c0 3.5-2.5 5.5-5.5 6.5C5 13.5 2.5 11.5 2.5 8V4zM8 5v4M8 10.5v1"
    ),
    Place("/shipments", "Certificates", "M3 1.5h10v9H3zM5.5 4.5h5M5.5 7h5M8 10.5v4M6 12.5l2 2 2-2"),
    Place("/jobs", "Jobs", "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M8 4v4l3 2"),
    Place("/admin", "Admin", "M8 2a3 3 0 1 0 0 6 3 3 0 0 0 0-6M2 14c0-3 3-5 6-5s6 2 6 5"),
)
"""Where one can go, in the order of the rail."""

SEARCH_JS = (
    "document.addEventListener('keydown', e => { if (e.key !== '/' || e.ctrlKey || e.altKey || e.metaKey || "
    "e.target.closest('input, textarea, select, dialog, [role=dialog], [contenteditable=true]')) return; "
    "e.preventDefault(); document.querySelector('.search')?.focus(); });"
)
"""The key that leads to the search, wherever nobody writes."""
PATIENCE_S = 120.0
"""How long a page may take to be made; one that takes longer is told to be gone."""
Body = Callable[[Visitor, Request], Awaitable[None]]


def add_page(served: Served, path: str, title: str, body: Callable[..., Awaitable[None]]) -> None:
    """A page at an address, for who is logged in.

    title  its words, in English; body: draws it for a visitor, with the request and the address's own parts
    """
    place = "/" + path.strip("/").split("/")[0]

    @ui.page(path, title=f"{title} · Corecar", dark=False, response_timeout=PATIENCE_S)
    async def page(request: Request) -> Response | None:
        visitor = await run_in_threadpool(visitor_of, request, served)
        if visitor is None:
            return to_login(request)
        with frame(visitor, request, place, visitor.say(title)):
            await guarded(visitor, body(visitor, request))
        return None


async def guarded(visitor: Visitor, work: Awaitable[None]) -> bool:
    """Do something, with drawings in the visitor's language; what goes wrong is said where it would have stood.

    Returns  whether it went well
    """
    try:
        with telling(visitor.say.drawn):
            await work
    except SessionOver:
        ui.navigate.to("/login")
        return False
    except Missing as error:
        ui.html(missing_html(visitor.say, error), sanitize=False)
        return False
    except CorecarError as error:
        said_problem(visitor, str(error))
        return False
    return True


def said_problem(visitor: Visitor, text: str) -> None:
    """What went wrong, as it is told on a page, and the page on which the next step is taken."""
    say, to = visitor.say, place_of(text)
    word = next((each.word for each in PLACES if each.path == to), "")
    onward = f' <a href="{to}">{escape(say(word))} →</a>' if word else ""
    ui.html(
        f'<div class="problem" role="alert"><b>{escape(say("This cannot be done."))}</b><br>'
        f"{escape(say.told(text))}{onward}</div>",
        sanitize=False,
    )


@contextmanager
def frame(visitor: Visitor, request: Request, place: str, title: str) -> Iterator[None]:
    """Everything around the body of a page."""
    say = visitor.say
    ui.page_title(f"{title} · Corecar")
    ui.add_css(style_sheet(visitor.theme))
    ui.query("html").props(f'lang="{say.code}"')
    ui.query("main.q-page").props('role="presentation"')  # the page's own main stands in it
    ui.run_javascript(SEARCH_JS)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    with ui.element("div").classes("frame"):
        ui.html(_rail(visitor, place), sanitize=False)
        with ui.element("main").classes("main").props('id="main"'):
            ui.html(_top(visitor, title, here), sanitize=False)
            yield


def _rail(visitor: Visitor, place: str) -> str:
    """The places that one can go to, and who one is, as HTML."""
    say = visitor.say
    places = "".join(
        f'<a class="place" href="{each.path}"{" aria-current=page" if each.path == place else ""}>'
        f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{each.icon}"/></svg>{escape(say(each.word))}</a>'
        for each in PLACES
    )
    who = (visitor.person, visitor.party, say.word(visitor.role))
    me = "".join(f"<span>{escape(text)}</span>" for text in who)
    return (
        f'<a class="skip" href="#main">{escape(say("To the page itself"))}</a>'
        f'<nav class="rail" aria-label="{escape(say("Places"))}"><span class="brand">Corecar</span>{places}'
        f'<div class="me">{me}<form method="post" action="/logout">'
        f'<button class="btn">{escape(say("Log out"))}</button></form></div></nav>'
    )


def _top(visitor: Visitor, title: str, here: str) -> str:
    """The line that says where one is, as HTML."""
    say = visitor.say
    now = f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}"
    return (
        f'<div class="top"><h1>{escape(title)}</h1>'
        f'<form role="search" action="/search" method="get"><input class="search" name="q" type="search" '
        f'aria-label="{escape(say("Search"))}" placeholder="{escape(say("Search lots, needs, offers"))}">'
        f"</form>{choices(say, visitor.theme, here)}</div>"
        f'<p class="print-line">{escape(title)} · {escape(visitor.person)}, {escape(visitor.party)} · {now} · '
        f"{escape(here)}</p>"
    )


def nowhere(visitor: Visitor, request: Request) -> HTMLResponse:
    """The page of an address that there is none of: the frame around it, without scripts."""
    say = visitor.say
    told = say("There is no page at {address}.", address=request.url.path[:200])
    title, body = say("Not there"), missing_html(say, Missing(told, {}, (say("Today"), "/")))
    content = (
        f'<!doctype html><html lang="{say.code}"><head><meta charset="utf-8"><title>{escape(title)} · Corecar</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<style>{style_sheet(visitor.theme)}</style></head><body><div class="frame"><div>{_rail(visitor, "")}</div>'
        f'<main class="main" id="main">{_top(visitor, title, "/")}{body}</main></div></body></html>'
    )
    return HTMLResponse(content, 404, headers={"Cache-Control": "no-store"})


def add_nowhere(served: Served) -> None:
    """Draw the page of the house where there is no page at an address."""

    async def page(request: Request, exception: Exception) -> Response:
        endpoint = request.scope.get("endpoint")
        of_a_page = endpoint is None or endpoint is nicegui_app
        if not of_a_page and isinstance(exception, HTTPException):
            return await http_exception_handler(request, exception)
        visitor = await run_in_threadpool(visitor_of, request, served)
        return to_login(request) if visitor is None else nowhere(visitor, request)

    nicegui_app.exception_handler(404)(page)
