"""A memorandum begun: from a match, a pair of a meeting, what a plan gives, a file of terms, or blank."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.agree.terms import CUSTOMER, KINDS, LANGUAGES, ROLES, SUPPLIER
from corecar.chain.weeks import week_name
from corecar.chain.words import CAPACITY_UNITS
from corecar.errors import ArgumentError
from corecar.web.pages.agreement_acts import guarding
from corecar.web.pages.agreement_links import address_of
from corecar.web.pages.agreement_terms import choice_word
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.missing import number_of
from corecar.web.pages.parts import Field, back, button, facts, heading, notes, sentence, table
from corecar.web.pages.visitor import Visitor

YEAR = timedelta(days=364)
MOST_WEEKS = 530
FIRST_WEEKS = 5
"""Weeks of a draft that are shown before it is kept."""
PARTIES = 3
"""Parties that a blank draft has room for; more come with a file of terms."""
Terms = dict[str, Any]


async def new(visitor: Visitor, request: Request) -> None:
    """The page. What it is made of stands in the address: need and offer, meeting and pair, plan and demand."""
    say = visitor.say
    back(say("Agreements"), "/agreements")
    source = source_of(visitor, request.query_params)
    if source:
        await _from(visitor, source)
        return
    more = say("A draft is yours alone until you offer it. Say what you know; the rest can be edited in the draft.")
    sentence(say("What is agreed on, and between whom?"), more)
    await _blank(visitor)
    heading(say("Or from what is there"))
    with ui.element("div").classes("bar"):
        button(say("From a match"), lambda: ui.navigate.to("/match"))
        button(say("From a plan"), lambda: ui.navigate.to("/plan"))
    notes([say("Open a need, a meeting or a plan: each has a button that drafts a memorandum.")])
    FileDrop(visitor, say("Or send a file of terms (JSON) in"), verb="agree_new", field="terms",
             opens="/agreements/{}", key="number", several=False)  # fmt: skip


def source_of(visitor: Visitor, asked: Mapping[str, str]) -> dict[str, Any]:
    """What an address says a memorandum is made of, as `agree new` takes it; empty where it says nothing."""
    say = visitor.say
    told, to = say("There is nothing of this number."), (say("A new memorandum"), "/agreements/new")
    if asked.get("need") and asked.get("offer"):
        return {"need": asked["need"], "offer": asked["offer"]}
    if asked.get("meeting") and asked.get("pair"):
        return {name: number_of(asked[name], told, to) for name in ("meeting", "pair")}
    if asked.get("plan") and asked.get("demand"):
        return {"plan": number_of(asked["plan"], told, to), "demand": asked["demand"]}
    return {}


async def _from(visitor: Visitor, source: Mapping[str, Any]) -> None:
    """What the memorandum would be, and the button that drafts it."""
    say = visitor.say
    found = await visitor.call("agree_new", **source, try_only=True)
    terms = found["details"]["terms"]
    sentence(say("A memorandum on {title}", title=terms["subject"]["title"]),
             say("Nothing is kept yet; a draft is yours alone until you offer it."))  # fmt: skip
    facts(say, {"parties": say(", ").join(found["parties"]), "valid_from": terms["valid_from"],
                "valid_until": terms["valid_until"], "kind": terms["kind"]})  # fmt: skip
    table(visitor, found["volumes"][:FIRST_WEEKS], "volumes", title=say("Its first weeks"))
    notes(found["notes"])
    place = ui.element("div")
    with ui.element("div").classes("row"):
        party = _own(visitor, found["parties"])

        async def draft() -> None:
            made = await visitor.call("agree_new", **source, party=party.value if party else None)
            ui.navigate.to(address_of(str(made["number"])))

        button(say("Draft it"), guarding(visitor, place, draft), kind="main-act")


def _own(visitor: Visitor, parties: list[str]) -> Field | None:
    """A choice of the party that one acts for, where it is not plain."""
    if visitor.party in parties:
        return None
    return Field(visitor.say("You act for"), value=parties[0], choices={name: name for name in parties})


async def _blank(visitor: Visitor) -> None:
    """The fields of a draft that is made of nothing else."""
    say = visitor.say
    place = ui.element("div").props('aria-live="assertive"')
    with ui.element("div").classes("row"):
        fields = {"title": Field(say("Subject, in one line"))}
        fields["kind"] = Field(say("Kind"), value=KINDS[0], choices={each: say.word(each) for each in KINDS})
        fields["product"] = Field(say("Product, by its name in the chain"))
        languages = {each: choice_word(say, each, "language") for each in LANGUAGES}
        own = "zh" if say.code == "zh" else "en"
        fields["language"] = Field(say("Language of the text"), value=own, choices=languages)
    fields |= await _party_fields(visitor)
    today = datetime.now(UTC).date()
    with ui.element("div").classes("row"):
        fields["first"] = Field(say("First day"), value=f"{today}", kind="date")
        fields["last"] = Field(say("Last day"), value=f"{today + YEAR}", kind="date")
        fields["quantity"] = Field(say("Quantity in each week"), kind="number")
        units = {each: say.word(each) for each in CAPACITY_UNITS}
        fields["unit"] = Field(say("Unit"), value=CAPACITY_UNITS[0], choices=units)

        async def draft() -> None:
            made = await _drafted(visitor, {name: field.value.strip() for name, field in fields.items()})
            ui.navigate.to(address_of(made))

        button(say("Draft it"), guarding(visitor, place, draft), kind="main-act")


async def _party_fields(visitor: Visitor) -> dict[str, Field]:
    """Who signs, what each is, and what it gets."""
    say = visitor.say
    rows = (await visitor.call("parties_list"))["rows"]
    others = [str(row["party"]) for row in rows if row["party"] != visitor.party]
    roles = {each: say.word(each) for each in ROLES}
    fields: dict[str, Field] = {}
    known = (visitor.party, next(iter(others), ""), "")
    for at, (party, role) in enumerate(zip(known, (SUPPLIER, CUSTOMER, "processor"), strict=True)):
        third = at + 1 == PARTIES
        label = say("A third party, if there is one") if third else say("Party {number}", number=at + 1)
        with ui.element("div").classes("row"):
            fields[f"party{at}"] = Field(label, value=party)
            fields[f"role{at}"] = Field(say("Its role"), value=role, choices=roles)
            fields[f"benefit{at}"] = Field(say("What it gets from it"))
    return fields


async def _drafted(visitor: Visitor, given: Mapping[str, str]) -> str:
    """Draft a memorandum of what was filled in; its number. Raises ArgumentError for what is no day or number."""
    terms = blank_terms(given)
    names = [each["party"] for each in terms["parties"]]
    party = None if visitor.party in names else next(iter(names), None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "terms.json"
        path.write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        made = await visitor.call("agree_new", terms=path, party=party)
    return str(made["number"])


def blank_terms(given: Mapping[str, str]) -> Terms:
    """Terms of what a form holds; without a quantity they have no volumes. Raises ArgumentError."""
    parties = [
        {"party": given[f"party{at}"], "name": given[f"party{at}"], "role": given[f"role{at}"],
         "benefit": given.get(f"benefit{at}") or given.get("title", "")}
        for at in range(PARTIES)
        if given.get(f"party{at}")
    ]  # fmt: skip
    subject = {"title": given.get("title", ""), "product": given.get("product", "")}
    terms: Terms = {
        "kind": given.get("kind") or KINDS[0], "subject": {name: text for name, text in subject.items() if text},
        "parties": parties, "valid_from": given["first"], "valid_until": given["last"],
        "language": given.get("language") or "en",
    }  # fmt: skip
    if given.get("quantity"):
        terms["volumes"] = [_volume(parties, given)]
    return terms


def _volume(parties: list[dict[str, str]], given: Mapping[str, str]) -> dict[str, Any]:
    """The same quantity in every week from the first day to the last."""
    by_role = {each["role"]: each["party"] for each in reversed(parties)}
    supplier = by_role.get(SUPPLIER, parties[0]["party"] if parties else "")
    customer = by_role.get(CUSTOMER, parties[-1]["party"] if parties else "")
    try:
        day, last = date.fromisoformat(given["first"]), date.fromisoformat(given["last"])
        quantity = float(given["quantity"])
    except ValueError as error:
        raise ArgumentError(f"first day, last day or quantity: {error}.") from None
    weeks = dict[str, None]()
    while day <= last and len(weeks) < MOST_WEEKS:
        weeks[week_name(day)] = None
        day += timedelta(days=7)
    return {"supplier": supplier, "customer": customer, "unit": given["unit"],
            "periods": [{"period": week, "agreed": quantity} for week in weeks]}  # fmt: skip
