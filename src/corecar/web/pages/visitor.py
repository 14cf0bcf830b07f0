"""Who looks at a page: the person behind a session, in which language and light, and what they may call."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from corecar.bridge.logins import Proven, session_person
from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.errors import AccessDenied, CorecarError
from corecar.web import answers
from corecar.web.api import Served
from corecar.web.arguments import refuse_places_on_the_server
from corecar.web.callers import COOKIE
from corecar.web.pages.columns import as_columns
from corecar.web.pages.money import with_money
from corecar.words import LANGUAGES, Words, words_of

LANGUAGE, THEME = "corecar_language", "corecar_theme"
"""Cookies of what a person chose to see."""
THEMES = ("auto", "light", "dark")


class SessionOver(AccessDenied):
    """The session ended, or was ended elsewhere, while a page was open."""


@dataclass(frozen=True)
class Visitor:
    """A person with a session.

    secret  of the session, which every call proves anew
    say     the words of the language
    """

    served: Served
    person: str
    party: str
    role: str
    permissions: frozenset[str]
    secret: str
    say: Words
    theme: str

    def may(self, verb: str) -> bool:
        """Whether the role of this person allows a verb."""
        return WORKSPACE_VERBS[verb].permission in self.permissions

    def told(self, answer: Any) -> Any:
        """An answer of a verb with what it says in the words of the page: its language, money in few digits."""
        told = self.say.answer(answer)
        if not isinstance(told, dict):
            return told
        said, notes = told.get("said"), told.get("notes")
        changed: dict[str, Any] = {"said": with_money(self.say, said)} if isinstance(said, str) else {}
        if isinstance(notes, list):
            changed["notes"] = [with_money(self.say, note) if isinstance(note, str) else note for note in notes]
        return told | changed

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Call a verb as this person. Raises SessionOver, and what the verb raises."""
        return await run_in_threadpool(self._call, verb, arguments, {})

    async def columns(self, verb: str, **arguments: Any) -> pa.Table:
        """The rows of a verb as columns, however many. Raises SessionOver, and what the verb raises."""
        return await run_in_threadpool(self._columns, verb, arguments)

    async def leave(self, verb: str, **arguments: Any) -> int:
        """Leave long work as a job; its number. Raises SessionOver, and what the verb raises."""
        queued = await run_in_threadpool(self._call, verb, arguments, {"later": True})
        return int(queued["job"])

    def _columns(self, verb: str, arguments: Mapping[str, Any]) -> pa.Table:
        answer = self._answer(verb, arguments, {})
        return answer if isinstance(answer, pa.Table) else as_columns(answer["rows"])

    def _call(self, verb: str, arguments: Mapping[str, Any], about: Mapping[str, Any]) -> Any:
        answer = self._answer(verb, arguments, about)
        if isinstance(answer, pa.Table):
            answer = {"rows": answer.to_pylist()}
        return self.told(self.served.spool.renamed(answers.json_ready(answer)))

    def _answer(self, verb: str, arguments: Mapping[str, Any], about: Mapping[str, Any]) -> Any:
        proven = session_person(self.served.store.catalogue, self.secret)
        if proven is None or proven.person != self.person:
            raise SessionOver(self.say("Your session has ended. Log in again."))
        refuse_places_on_the_server(WORKSPACE_VERBS[verb], arguments)
        return self.served.workspace(proven).call(verb, **arguments, **about)

    def key(self, *parts: object) -> str:
        """A short name for anything that belongs to this session."""
        return hashlib.sha256("\n".join(map(str, (self.secret, *parts))).encode()).hexdigest()[:16]


def language_of(request: Request) -> str:
    """The language that was chosen, or the first one that the browser asks for and that there is."""
    chosen = request.cookies.get(LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        name = part.split(";")[0].strip().lower()[:2]
        if name in LANGUAGES:
            return name
    return "en"


def theme_of(request: Request) -> str:
    """Light, dark, or as the computer has it."""
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in THEMES else "auto"


def visitor_of(request: Request, served: Served) -> Visitor | None:
    """Who looks at a page; None where nobody is logged in."""
    secret = request.cookies.get(COOKIE, "")
    proven = session_person(served.store.catalogue, secret) if secret else None
    if proven is None:
        return None
    try:
        facts = served.workspace(Proven(proven.person)).call("me")["facts"]
    except CorecarError:
        return None
    permissions = frozenset(word.strip() for word in str(facts["may"]).split(","))
    return Visitor(
        served, proven.person, str(facts["party"]), str(facts["role"]), permissions, secret,
        words_of(language_of(request)), theme_of(request),
    )  # fmt: skip
