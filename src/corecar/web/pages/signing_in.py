"""Log in, choose a password by a one-time link, log out, choose language and light: plain forms without scripts."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from corecar.bridge.logins import (
    LONGEST,
    SESSION_LASTS,
    SHORTEST,
    choose_password,
    log_out,
    password_login,
    person_of_link,
)
from corecar.errors import AccessDenied, CorecarError
from corecar.web.api import Served
from corecar.web.callers import COOKIE
from corecar.web.pages.style import style_sheet
from corecar.web.pages.visitor import LANGUAGE, THEME, THEMES, language_of, theme_of
from corecar.words import LANGUAGES, Words, words_of

YEAR_S = 365 * 24 * 3600
LOGIN = "/login"


def add_signing_in(app: FastAPI, served: Served) -> None:
    """The addresses /login, /welcome/SECRET, /logout and /see."""
    catalogue = served.store.catalogue

    async def login(request: Request) -> Response:
        say, onward = words_of(language_of(request)), _inside(request.query_params.get("next", "/"))
        if request.method == "GET":
            return _page(request, say, say("Log in"), _login_form(say, onward))
        if _from_elsewhere(request):
            return _refused(request, say)
        form = await request.form()
        name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
        try:
            secret = await run_in_threadpool(password_login, catalogue, name, password)
        except AccessDenied:
            wrong = say("Name and password do not fit, or the account rests after too many wrong ones.")
            advice = say("Try again later, or ask an administrator for a new link.")
            return _page(request, say, say("Log in"), _login_form(say, onward, name, f"{wrong} {advice}"), 403)
        response = RedirectResponse(onward, 303)
        _set(response, request, COOKIE, secret, int(SESSION_LASTS.total_seconds()), hidden=True)
        return response

    async def welcome(request: Request) -> Response:
        say, secret = words_of(language_of(request)), str(request.path_params["secret"])
        person = await run_in_threadpool(person_of_link, catalogue, secret)
        if person is None:
            text = say("This link was used, or has ended. Ask an administrator for a new one.")
            return _page(request, say, say("Choose a password"), _problem(text), 403)
        if request.method == "GET":
            return _page(request, say, say("Welcome, {person}", person=person), _password_form(say))
        if _from_elsewhere(request):
            return _refused(request, say)
        form = await request.form()
        password, again = str(form.get("password", "")), str(form.get("again", ""))
        title = say("Welcome, {person}", person=person)
        if password != again:
            return _page(request, say, title, _password_form(say, say("The two passwords differ.")), 422)
        try:
            await run_in_threadpool(choose_password, catalogue, secret, password)
            session = await run_in_threadpool(password_login, catalogue, person, password)
        except AccessDenied as error:
            return _page(request, say, title, _problem(str(error)), 403)
        except CorecarError:
            rule = say("A password has {least} to {most} letters and is not your name.", least=SHORTEST, most=LONGEST)
            return _page(request, say, title, _password_form(say, rule), 422)
        response = RedirectResponse("/", 303)
        _set(response, request, COOKIE, session, int(SESSION_LASTS.total_seconds()), hidden=True)
        return response

    async def logout(request: Request) -> Response:
        if not _from_elsewhere(request):
            await run_in_threadpool(log_out, catalogue, request.cookies.get(COOKIE, ""))
        response = RedirectResponse(LOGIN, 303)
        response.delete_cookie(COOKIE)
        return response

    async def see(request: Request) -> Response:
        form = await request.form()
        response = RedirectResponse(_inside(str(form.get("back", "/"))), 303)
        language, theme = str(form.get("language", "")), str(form.get("theme", ""))
        if language in LANGUAGES:
            _set(response, request, LANGUAGE, language, YEAR_S)
        if theme in THEMES:
            _set(response, request, THEME, theme, YEAR_S)
        return response

    for path, endpoint, methods in (
        (LOGIN, login, ["GET", "POST"]),
        ("/welcome/{secret}", welcome, ["GET", "POST"]),
        ("/logout", logout, ["POST"]),
        ("/see", see, ["POST"]),
    ):
        app.add_api_route(path, endpoint, methods=methods, include_in_schema=False, response_class=HTMLResponse)


def to_login(request: Request) -> RedirectResponse:
    """To the form, and back to where one wanted to go."""
    onward = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{LOGIN}?next={quote(onward, safe='')}", 303)


def choices(say: Words, theme: str, back: str) -> str:
    """The form by which language and light are chosen."""
    other = next(code for code in LANGUAGES if code != say.code)
    following = THEMES[(THEMES.index(theme) + 1) % len(THEMES)]
    lights = {"auto": say("Theme: as the computer"), "light": say("Theme: day"), "dark": say("Theme: night")}
    return (
        '<form method="post" action="/see" class="choice">'
        f'<input type="hidden" name="back" value="{escape(back, quote=True)}">'
        f'<button class="btn" name="language" value="{other}" lang="{other}">{LANGUAGES[other]}</button>'
        f'<button class="btn" name="theme" value="{following}">{escape(lights[theme])}</button></form>'
    )


def _inside(address: str) -> str:
    """An address of this server; the first page for one that leads elsewhere."""
    parts = urlsplit(address)
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    return address if plain and not parts.netloc and not parts.scheme and address.isprintable() else "/"


def _from_elsewhere(request: Request) -> bool:
    """Whether a form was sent by a page of another site."""
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    return urlsplit(origin).netloc != request.headers.get("host", "")


def _set(response: Response, request: Request, name: str, value: str, lasts: int, *, hidden: bool = False) -> None:
    response.set_cookie(
        name, value, max_age=lasts, httponly=hidden, samesite="lax", secure=request.url.scheme == "https", path="/"
    )


def _refused(request: Request, say: Words) -> Response:
    text = say("This form came from another site, so nothing was done. Load the page again.")
    return _page(request, say, say("Log in"), _problem(text), 403)


def _problem(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""


def _login_form(say: Words, onward: str, name: str = "", problem: str = "") -> str:
    return (
        f'{_problem(problem)}<form method="post" action="{LOGIN}?next={quote(onward, safe="")}">'
        f'<label for="name">{escape(say("Name"))}</label>'
        f'<input id="name" name="name" value="{escape(name, quote=True)}" autocomplete="username" required autofocus>'
        f'<label for="password">{escape(say("Password"))}</label>'
        f'<input id="password" name="password" type="password" autocomplete="current-password" required>'
        f'<button class="btn main-act">{escape(say("Log in"))}</button></form>'
    )


def _password_form(say: Words, problem: str = "") -> str:
    rule = say("At least {least} letters; several words are easy to keep in mind.", least=SHORTEST)
    return (
        f'<p class="explanation">{escape(rule)}</p>{_problem(problem)}<form method="post">'
        f'<label for="password">{escape(say("Password"))}</label>'
        f'<input id="password" name="password" type="password" autocomplete="new-password" required autofocus>'
        f'<label for="again">{escape(say("The same again"))}</label>'
        f'<input id="again" name="again" type="password" autocomplete="new-password" required>'
        f'<button class="btn main-act">{escape(say("Choose this password"))}</button></form>'
    )


def _page(request: Request, say: Words, title: str, body: str, status: int = 200) -> HTMLResponse:
    theme = theme_of(request)
    back = _inside(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    content = (
        f'<!doctype html><html lang="{say.code}"><head><meta charset="utf-8"><title>{escape(title)} · Corecar</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{style_sheet(theme)}</style></head><body><main class='signing'><h1>{escape(title)}</h1>"
        f'<p class="explanation">{escape(say("Corecar: packaging and test between chipmakers and carmakers."))}</p>'
        f"{body}<div style='margin-top:48px'>{choices(say, theme, back)}</div></main></body></html>"
    )
    return HTMLResponse(content, status, headers={"Cache-Control": "no-store"})
