"""A memorandum as a page looks at it: what `agree show` answered, and for which party the visitor acts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import NotFound
from corecar.web.pages.missing import Missing, near
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]


@dataclass(frozen=True)
class View:
    """A memorandum and who looks at it.

    party     for which the visitor acts; empty where only others may act
    may       the parties that the visitor may act for, each with what it may do now
    terms     as JSON; empty where they are not shared with the visitor
    """

    facts: Row
    party: str
    may: Mapping[str, list[str]]
    terms: Row
    volumes: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    links: list[dict[str, Any]]
    shared: list[dict[str, Any]]
    revoked: list[dict[str, Any]]
    notes: list[str]

    def title(self, say: Words) -> str:
        """What it is about, in the language of the page where its terms have it."""
        subject: Mapping[str, Any] = self.terms.get("subject") or {}
        return str((subject.get("title_zh") if say.code == "zh" else None) or self.facts["title"])

    @property
    def number(self) -> str:
        """As people name it."""
        return str(self.facts["number"])

    @property
    def state(self) -> str:
        """Where it stands."""
        return str(self.facts["state"])

    @property
    def revision(self) -> int:
        """Number of the last step that the visitor has seen."""
        return int(self.facts["revision"])

    @property
    def is_party(self) -> bool:
        """Whether the visitor sees it as its parties do."""
        return self.facts.get("seen_as") == "party"

    @property
    def ways(self) -> list[str]:
        """What may be done now for the party that the visitor acts for."""
        return self.may.get(self.party, [])

    @property
    def parties(self) -> list[str]:
        """All of them."""
        return [str(each["party"]) for each in self.terms.get("parties") or ()]

    @property
    def missing(self) -> list[str]:
        """The parties that have still to sign."""
        return [each for each in str(self.facts.get("missing") or "").split(", ") if each]

    @property
    def was_changed(self) -> bool:
        """Whether there were other terms before those that count."""
        return len({row["terms"] for row in self.steps}) > 1

    @property
    def signed(self) -> dict[str, str]:
        """Who signed the terms that count, and on which day, by party."""
        now = str(self.facts.get("sha256") or "")[:12]
        done = [row for row in self.steps if row["action"] == "sign" and row["terms"] == now]
        return {str(row["party"]): f"{row['by']}, {str(row['at'])[:10]}" for row in done}

    @property
    def taken_back(self) -> dict[str, str]:
        """Since which day the certificate is revoked by which a party signed, by party."""
        return {str(row["party"]): str(row["revoked"])[:10] for row in self.revoked}

    @property
    def acting(self) -> dict[str, Any]:
        """What every step says of who takes it and what was seen."""
        return {"number": self.number, "party": self.party, "revision": self.revision}


def view_of(shown: Row, party: str) -> View:
    """What `agree show` answered, for the party that the visitor asks to act for, or the first one."""
    may: dict[str, list[str]] = dict((shown.get("details") or {}).get("you_act_for") or {})
    return View(
        shown["facts"], party if party in may else next(iter(may), ""), may, shown.get("terms") or {},
        list(shown.get("volumes") or ()), list(shown.get("rows") or ()), list(shown.get("comments") or ()),
        list(shown.get("links") or ()), list(shown.get("shared") or ()), list(shown.get("revoked") or ()),
        [str(each) for each in shown["notes"]],
    )  # fmt: skip


async def found_view(visitor: Visitor, request: Request) -> View:
    """The memorandum that an address names. Raises Missing."""
    say, number = visitor.say, str(request.path_params["number"])
    try:
        shown = await visitor.call("agree_show", number=number)
    except NotFound:
        known = [str(row["number"]) for row in (await visitor.call("agree_list"))["rows"]]
        told = say("There is no memorandum {number} that you may see.", number=number)
        raise Missing(told, near(number, known, "/agreements/{}"), (say("All memoranda"), "/agreements")) from None
    return view_of(shown, request.query_params.get("as", ""))


def titled(title: str) -> None:
    """Say what the page is about in its head."""
    ui.page_title(f"{title} · Corecar")
    ui.run_javascript(f"document.querySelector('.top h1').textContent = {json.dumps(title)}")
