"""Today: what needs me."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import CorecarError
from corecar.web.pages.agreement_links import address_of, breaches_later
from corecar.web.pages.currency import currency_of
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.parts import heading, sentence, table, tiles
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

SHOWN = 8
"""Rows of a table of which another page shows all."""
MOST_TO_DO = 200
WAITING = ("lot on hold", "lot in quarantine")
"""What is to be done about lots that wait for a decision."""
QUARANTINED = "quarantined file"
Row = Mapping[str, Any]


async def today(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    todo = (await visitor.call("todo"))["rows"]
    plans = (await visitor.call("plan_list", limit=1))["rows"]
    jobs = (await visitor.call("jobs_list"))["rows"]
    due = (await visitor.call("meeting_due"))["rows"]
    alerts = await _alerts(visitor)
    short = [row for row in await _programs(visitor, plans) if round(row["short"])]
    waiting = [row for row in todo if row["kind"] in WAITING]
    said = [
        say("Lots that wait for a decision: {count}", count=len(waiting)) if waiting else "",
        say("Demands that run short: {count}", count=len(short)) if short else "",
        say("Further things to do: {count}", count=len(todo) - len(waiting)) if len(todo) > len(waiting) else "",
    ]
    told = say("; ").join(part for part in said if part)
    sentence(told + say(".") if told else say("Nothing waits for you."))
    tiles(
        [
            (f"{len(waiting):,}", say("lots on hold or in quarantine"), "/lots?state=held"),
            (f"{len(short):,}", say("demands short in the last plan"), "/plan"),
            (f"{len(alerts):,}", say("alerts of changed demand"), "/chain"),
            (f"{len(todo):,}", say("things to do"), "#todo"),
            (f"{len(due):,}", say("steps due after meetings"), "/match"),
            (f"{len(jobs):,}", say("jobs under way"), "/jobs"),
        ]
    )
    if todo:
        heading(say("To do"))
        table(visitor, todo[:MOST_TO_DO], "todo", opens=await _where(visitor, todo))
        _again(visitor, [row for row in todo if row["kind"] == QUARANTINED])
    breaches_later(visitor)
    currency = await currency_of(visitor)
    if short:
        heading(say("Short in the last plan"))
        table(visitor, short[:SHOWN], "short", opens="/plan?why={}", key="demand", currency=currency)
        rest(say, len(short), "/plan", say("All demands of the plan"))
    if alerts:
        heading(say("Demand that has changed by a threshold"))
        table(visitor, alerts[:SHOWN], "alerts")
        rest(say, len(alerts), "/chain?table=demand", say("The demand itself"))
    if due:
        heading(say("Due after meetings"))
        table(visitor, due, "due")
    recent = (await visitor.call("lots", limit=SHOWN + 1))["rows"]
    if recent:
        heading(say("Latest lots"))
        table(visitor, recent[:SHOWN], "latest", opens="/lots/{}", key="number")
        rest(say, len(recent), "/lots", say("All lots"), counted=False)
    if jobs:
        heading(say("Jobs under way"))
        table(visitor, jobs, "jobs", opens="/jobs/{}", key="job")


async def _where(visitor: Visitor, todo: Sequence[Row]) -> Callable[[Row], str]:
    """Where each thing to do is done; nowhere for files that wait beside the server."""
    stopped = [state for state in ("held", "quarantined") if any(row["kind"] in WAITING for row in todo)]
    lots = [row for state in stopped for row in (await visitor.call("lots", state=state, limit=MOST_TO_DO))["rows"]]
    numbers = {str(row["lot"]): int(row["number"]) for row in lots}
    limits = {str(row["name"]): int(row["number"]) for row in (await visitor.call("limits_list"))["rows"]}

    def where(row: Row) -> str:
        what, kind = str(row["what"]), str(row["kind"])
        if kind == "memorandum":
            return address_of(what)
        if kind == "overdue action":
            return f"/quality/actions/{what}"
        if kind.startswith("limits ") and what in limits:
            return f"/recipes/limits/{limits[what]}"
        return f"/lots/{numbers[what]}" if kind in WAITING and what in numbers else ""

    return where


def _again(visitor: Visitor, files: Sequence[Row]) -> None:
    """The form that tries quarantined files again."""
    say = visitor.say
    if not files:
        return
    names = {str(row["what"]): f"{row['what']}: {str(row['file']).replace(chr(92), '/').rsplit('/', 1)[-1]}"
             for row in files}  # fmt: skip
    ways = {"": say("refuse a damaged file"), "salvage": say("keep every whole record of a damaged file")}
    form(visitor, say("Try a file again"), "retry", [
        Ask("files", say("File"), kind="list", choices=names),
        Ask("salvage", say("How"), kind="flag", choices=ways),
    ])  # fmt: skip


def rest(say: Words, count: int, to: str, words: str, *, counted: bool = True) -> None:
    """That a table shows the first rows alone, and where all of them are. counted: whether all were counted."""
    if count > SHOWN:
        told = say("The first {shown} of {count}.", shown=SHOWN, count=f"{count:,}")
        told = told if counted else say("The latest {shown}.", shown=SHOWN)
        link = f'<a href="{escape(to, quote=True)}">{escape(words)} →</a>'
        ui.html(f'<p class="explanation">{escape(told)} {link}</p>', sanitize=False)


async def _programs(visitor: Visitor, plans: list[dict[str, object]]) -> list[dict[str, float]]:
    if not plans:
        return []
    rows: list[dict[str, float]] = (await visitor.call("plan_show", number=plans[0]["plan"]))["rows"]
    return rows


async def _alerts(visitor: Visitor) -> list[dict[str, object]]:
    """Alerts of demand; none where there was no chain to hold it against."""
    try:
        rows: list[dict[str, object]] = (await visitor.call("plan_alerts"))["rows"]
    except CorecarError:
        return []
    return rows
