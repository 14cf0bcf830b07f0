"""Memoranda on other pages: what came of a match, a meeting or a plan, or is a party's; what would breach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from nicegui import ui

from corecar.bridge.agree.signed_volumes import MAXIMUM
from corecar.chain.words import HOUR, WAFER
from corecar.errors import CorecarError
from corecar.web.pages.parts import Field, button, heading, notes, table
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
TOLD = 5
"""Breaches that are told in sentences; the table has all."""
SHORT = (
    "memorandum",
    "clause",
    "what",
    "supplier",
    "customer",
    "missing",
    "unit",
    "from_week",
    "until_week",
    "weeks",
    "in_week",
    "against",
    "because",
)
"""What is told of a breach, in this order."""
COLUMNS = ("number", "state", "title", "parties", "valid_from", "valid_until", "missing", "changed")


def address_of(number: str) -> str:
    """Where the page of a memorandum is.

    >>> address_of("M-2027-001")
    '/agreements/M-2027-001'
    """
    return f"/agreements/{quote(number, safe='')}"


def breaches_later(visitor: Visitor, number: str = "") -> None:
    """What would breach a memorandum, or any, with clause, weeks and quantity: sought once the page stands.

    Stopped lots are planned again for it, which may take a while.
    """
    place = ui.element("div").props('id="breaches" aria-live="polite"')

    async def seek() -> None:
        try:
            found = (await visitor.call("alerts_now", kind=["memorandum"])).get("memorandum", [])
        except CorecarError:
            return
        with place:
            _breached(visitor, [row for row in found if number in ("", row["memorandum"])], number)

    ui.timer(0.05, seek, once=True)


def _breached(visitor: Visitor, rows: Sequence[Row], number: str) -> None:
    say = visitor.say
    if not rows:
        return
    heading(say("What would breach it") if number else say("What would breach a memorandum"))
    notes([_told(say, row) for row in rows[:TOLD]])
    told = [{name: row[name] for name in SHORT if name in row} for row in rows]
    table(visitor, told, "breaches", opens="" if number else "/agreements/{}", key="memorandum")


def _told(say: Words, row: Row) -> str:
    """A breach in sentences: clause, whose promise to whom, weeks, quantity, why, and what stands against it."""
    return f"{_breach(say, row)} {_against(say, row)}".rstrip()


def _against(say: Words, row: Row) -> str:
    memorandum, _, clause = str(row.get("against", "")).rpartition(", ")
    told = {"memorandum": memorandum, "clause": say.word(clause)}
    return say("{memorandum}, {clause} stands against it.", **told) if memorandum else ""


def _breach(say: Words, row: Row) -> str:
    told = {
        "memorandum": row["memorandum"], "clause": say.word(str(row["clause"])), "missing": _amount(say, row),
        "what": row["what"], "supplier": row["supplier"], "customer": row["customer"],
        "first": row["from_week"], "last": row["until_week"], "because": _because(say, str(row["because"])),
    }  # fmt: skip
    if str(row["clause"]).endswith(MAXIMUM):
        return say(
            "{memorandum}, {clause}, {what} of {supplier} for {customer}: {missing} above it, {first} to {last} "
            "({because}).",
            **told,
        )
    return say(
        "{memorandum}, {clause}, {what} of {supplier} for {customer}: {missing} missing, {first} to {last} "
        "({because}).",
        **told,
    )


def _because(say: Words, because: str) -> str:
    """What would breach it: a plan by its number, lots that are stopped, a stop, a scenario."""
    plan, what = because.removeprefix("plan "), because.partition(": ")[2]
    if plan.isdigit():
        return say("plan {number}", number=plan)
    if because.startswith("stress: "):
        return say("if {what} stops", what=what)
    if because.startswith("plan whatif: "):
        return say("scenario: {what}", what=what)
    if because.startswith(("stopped: ", "impact: ")):
        return say("stopped lots: {what}", what=what)
    return say.word(because)


async def memoranda_here(visitor: Visitor, name: str, **made_of: Any) -> None:
    """The memoranda that came of something, with their state, as a part of its page; nothing where there are none.

    name     of what they are made of: `match`, `meeting` or `plan`
    made_of  what has to be the same, such as need="N-001"
    """
    found = await visitor.call("agree_list")
    origins = found.get("details", {}).get("made_of", {})
    wanted = {number for number, origin in origins.items() if _is_of(origin.get(name), made_of)}
    shown_memoranda(visitor, [row for row in found["rows"] if row["number"] in wanted], f"memoranda-of-{name}")


def _amount(say: Words, row: Row) -> str:
    """What is missing: pieces by their number, wafers and hours by their name too."""
    amount = f"{row['missing']:,}"
    in_units = {WAFER: say("{amount} wafers", amount=amount), HOUR: say("{amount} hours", amount=amount)}
    return in_units.get(str(row.get("unit")), amount)


def _is_of(origin: Row | None, wanted: Row) -> bool:
    return origin is not None and all(str(origin.get(name)) == str(value) for name, value in wanted.items())


def shown_memoranda(visitor: Visitor, rows: Sequence[Row], name: str) -> None:
    """Memoranda as a part of another page."""
    told = [{column: row[column] for column in COLUMNS} for row in rows]
    table(visitor, told, name, title=visitor.say("Memoranda"), opens="/agreements/{}", key="number")


def drafting(visitor: Visitor, label: str, choices: Mapping[str, Mapping[str, Any]]) -> None:
    """A choice of what a memorandum is drafted from, and the button that begins it.

    choices  words of each, and what the address of a new memorandum says of it
    """
    say = visitor.say
    if not choices or not visitor.may("agree_new"):
        return
    with ui.element("div").classes("no-print"):
        heading(say("Agree on it"))
    with ui.element("div").classes("row"):
        chosen = Field(label, value=next(iter(choices)), choices={name: name for name in choices})

        button(say("Draft a memorandum"), lambda: ui.navigate.to(f"/agreements/new?{urlencode(choices[chosen.value])}"))
