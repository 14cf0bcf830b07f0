"""Mail on the page Admin: where one reads it, which alerts and reports one gets, what waits."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from corecar.bridge.mail.alerts import KINDS
from corecar.bridge.mail.reports import REPORTS
from corecar.bridge.mail.schedules import WEEKDAYS
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.frame import guarded
from corecar.web.pages.mail_server import mail_server_section
from corecar.web.pages.parts import Field, button, heading, notes, table
from corecar.web.pages.visitor import Visitor
from corecar.words import LANGUAGES


async def mail_section(visitor: Visitor) -> None:
    """What mail the visitor gets, and how to change it."""
    say = visitor.say
    mine = await visitor.call("mail_me")
    heading(say("Mail to you"))
    told = mine["facts"]
    if not told:
        notes([say("Tell where you read mail; then choose alerts and reports.")])
    with ui.element("div").classes("row"):
        address = Field(say("Mail address"), value=told.get("address", ""), kind="email")
        language = Field(say("Language"), value=told.get("language", say.code), choices=dict(LANGUAGES))
        zone = Field(say("Time zone"), value=told.get("zone", "UTC"))

        async def keep() -> None:
            how = {"address": address.value.strip(), "language": language.value, "zone": zone.value.strip()}
            await _changed(visitor, "mail_address", **how)

        button(say("Keep"), keep)
    if told:
        _alerts(visitor, mine["kinds"])
        _reports(visitor, mine["reports"])
    if visitor.may("people_add"):
        await _of_all(visitor)
    letters = (await visitor.call("mail_list"))["rows"]
    table(visitor, letters, "letters", title=say("Letters that wait or failed"))
    if letters:
        waiting = {str(row["letter"]): f"{row['letter']}: {row['subject']}" for row in letters}
        ask = Ask("letter", say("Letter"), next(iter(waiting)), "number", waiting, needed=True)
        form(visitor, say("Send a letter again"), "mail_retry", [ask])
    if visitor.may("mail_show") and (await visitor.call("me"))["facts"]["keeps"]:
        await mail_server_section(visitor, bool(told))


def _alerts(visitor: Visitor, kinds: list[str]) -> None:
    """A button for each kind of alert: pressed where one gets it."""
    say = visitor.say
    heading(say("Alerts by mail"))
    with ui.element("div").classes("bar"):
        for kind, row in KINDS.items():
            got = kind in kinds
            verb = "alerts_unsubscribe" if got else "alerts_subscribe"

            async def change(verb: str = verb, kind: str = kind) -> None:
                await _changed(visitor, verb, kinds=[kind])

            made = button(say(row.title), change, kind="main-act" if got else "")
            made.props(f'aria-pressed="{"true" if got else "false"}"')


def _reports(visitor: Visitor, rows: list[dict[str, Any]]) -> None:
    say = visitor.say
    heading(say("Reports by mail"))
    table(visitor, rows, "reports")
    with ui.element("div").classes("row"):
        report = Field(say("Report"), value="today", choices={name: say(row.title) for name, row in REPORTS.items()})
        days = {day: say.word(day) for day in ("day", *WEEKDAYS)}
        every = Field(say("Every"), value="day", choices=days)
        at = Field(say("At"), value="07:00", kind="time")

        async def add() -> None:
            await _changed(visitor, "reports_add", which=report.value, every=every.value, at=at.value)

        button(say("Send it to me"), add)
        for row in rows:

            async def remove(number: int = row["number"]) -> None:
                await _changed(visitor, "reports_remove", number=number)

            button(say("Stop report {number}", number=row["number"]), remove)


async def _of_all(visitor: Visitor) -> None:
    """Who of the party gets which alerts and reports, for whoever administers it."""
    say = visitor.say
    alerts = (await visitor.call("alerts_list"))["rows"]
    told = [{**row, "kind": say(KINDS[row["kind"]].title)} for row in alerts if row["kind"] in KINDS]
    table(visitor, told, "all-alerts", title=say("Who gets which alerts"))
    reports = (await visitor.call("reports_list"))["rows"]
    table(visitor, reports, "all-reports", title=say("Who gets which reports"))


async def _changed(visitor: Visitor, verb: str, **how: Any) -> None:
    """Change something of one's own, and show the page as it is then."""

    async def change() -> None:
        await visitor.call(verb, **how)
        ui.navigate.reload()

    await guarded(visitor, change())
