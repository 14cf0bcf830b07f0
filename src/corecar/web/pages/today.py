"""Today: what needs me."""

from __future__ import annotations

from starlette.requests import Request

from corecar.errors import CorecarError
from corecar.web.pages.parts import heading, sentence, table, tiles
from corecar.web.pages.visitor import Visitor

SHOWN = 8


async def today(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    todo = (await visitor.call("todo"))["rows"]
    plans = (await visitor.call("plan_list", limit=1))["rows"]
    jobs = (await visitor.call("jobs_list"))["rows"]
    due = (await visitor.call("meeting_due"))["rows"]
    alerts = await _alerts(visitor)
    short = [row for row in await _programs(visitor, plans) if round(row["short"])]
    waiting = [row for row in todo if row["kind"] in ("lot on hold", "lot in quarantine")]
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
        table(visitor, todo, "todo")
    if short:
        heading(say("Short in the last plan"))
        table(visitor, short[:SHOWN], "short", opens="/plan?why={}", key="demand")
    if alerts:
        heading(say("Demand that has changed by a threshold"))
        table(visitor, alerts[:SHOWN], "alerts")
    if due:
        heading(say("Due after meetings"))
        table(visitor, due, "due")
    recent = (await visitor.call("lots", limit=SHOWN))["rows"]
    if recent:
        heading(say("Latest lots"))
        table(visitor, recent, "latest", opens="/lots/{}", key="number")
    if jobs:
        heading(say("Jobs under way"))
        table(visitor, jobs, "jobs", opens="/jobs/{}", key="job")


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
