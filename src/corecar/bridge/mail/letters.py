"""Parts as a letter: a subject, a plain text and a page, in the language and the time zone of whoever reads it.

Whatever comes from files or people is text: control characters and line ends are written out, so that no name makes a
header, and the page escapes every one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from corecar.bridge.mail.alerts import KINDS, Alert
from corecar.bridge.mail.reports import REPORTS, Part
from corecar.report.answer_cells import cell_text, cells_of
from corecar.report.printable import printable
from corecar.words import Words, words_of

ROWS = 50
"""Rows of a part that a letter holds; it says how many there are more."""
CELL, SUBJECT = 300, 150
"""Characters of a cell, and of a subject."""
BODY = "font:14px/1.5 sans-serif;color:#1d2126;max-width:60em"
TABLE = "border-collapse:collapse;font-size:13px"
EDGE = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;border-bottom:1px solid #e8ebee"


@dataclass(frozen=True)
class Written:
    """A letter: one line of subject, plain text, HTML."""

    subject: str
    text: str
    html: str


def alert_letter(
    alerts: Mapping[str, Sequence[Alert]], parts: Sequence[Part], language: str, zone: str, url: str | None
) -> Written:
    """A letter of new alerts by kind. url: where people reach the pages."""
    say = words_of(language)
    count = sum(map(len, alerts.values()))
    kind, first = next((kind, found[0]) for kind, found in alerts.items() if found)
    name = printable(str(next(iter(first.row.values()))), 60)
    head = f"{say(KINDS[kind].title)}: {name}"
    more = say(" and {count} more", count=count - 1) if count > 1 else ""
    return _written(f"Corecar: {head}{more}", say("Alerts that are new: {count}", count=count), parts, say, zone, url)


def report_letter(report: str, day: str, parts: Sequence[Part], language: str, zone: str, url: str | None) -> Written:
    """A letter of a report. day: whose it is, as a date."""
    say = words_of(language)
    title = f"{say(REPORTS[report].title)}, {day}"
    return _written(f"Corecar: {title}", title, parts, say, zone, url, say("There is nothing to tell."))


def trial_letter(person: str, language: str, zone: str, url: str | None) -> Written:
    """A letter that only shows that letters arrive."""
    say = words_of(language)
    head = say("Mail for {person} arrives here.", person=printable(person, 100))
    return _written(f"Corecar: {say('a trial')}", head, (), say, zone, url)


def _written(
    subject: str, head: str, parts: Sequence[Part], say: Words, zone: str, url: str | None, empty: str = ""
) -> Written:
    """A letter of some parts. empty: what stands in the place of none."""
    foot = [
        say("Times are those of {zone}.", zone=zone),
        say("You get this because you asked for it, or an administrator did."),
    ]
    foot += [f"{say('Change it here:')} {url}/admin"] if url else []
    local = [_local(part, ZoneInfo(zone)) for part in parts]
    lines = [head, *(line for part in local for line in _text_of(part, say, url))]
    if not parts and empty:
        lines += ["", empty]
    text = "\n".join([*lines, "", "-- ", *foot, ""])
    pages = "".join(_html_of(part, say, url) for part in local)
    feet = "<br>".join(map(escape, foot))
    html = (
        f'<!doctype html><html lang="{say.code}"><head><meta charset="utf-8"></head><body style="{BODY}">'
        f'<p style="font-size:17px;font-weight:600">{escape(head)}</p>{pages or f"<p>{escape(empty)}</p>"}'
        f'<p style="color:#5c646d;font-size:12px">{feet}</p></body></html>'
    )
    return Written(printable(subject, SUBJECT), text, html)


def _local(part: Part, zone: ZoneInfo) -> Part:
    """A part with its moments on the reader's clock."""
    rows = [{name: _on_clock(value, zone) for name, value in row.items()} for row in part.rows]
    facts = {name: _on_clock(value, zone) for name, value in (part.facts or {}).items()}
    return Part(part.title, rows, part.pages, facts)


def _on_clock(value: Any, zone: ZoneInfo) -> Any:
    return value.astimezone(zone) if isinstance(value, datetime) and value.tzinfo is not None else value


def _rows_of(part: Part, say: Words) -> tuple[list[str], Iterator[tuple[str, ...]]]:
    """The names of the columns of a part, and its rows as people read them."""
    few = part.rows[:ROWS]
    cells = cells_of(few)
    names = [printable(say.name(name), 60) for name in cells]
    return names, zip(*([printable(say.word(cell), CELL) for cell in column] for column in cells.values()), strict=True)


def _facts_of(part: Part, say: Words) -> list[tuple[str, str]]:
    return [
        (printable(say.name(name), 60), printable(say.word(cell_text(name, value)), CELL))
        for name, value in (part.facts or {}).items()
        if value is not None
    ]


def _link(part: Part, row: int, url: str | None) -> str:
    return f"{url}{part.pages[row]}" if url and row < len(part.pages) else ""


def _left(part: Part, say: Words) -> str:
    return say("{count} more are on the page.", count=len(part.rows) - ROWS) if len(part.rows) > ROWS else ""


def _text_of(part: Part, say: Words, url: str | None) -> Iterator[str]:
    yield from ("", f"{say(part.title)} ({len(part.rows)})")
    yield from (f"  {name}: {value}" for name, value in _facts_of(part, say))
    names, rows = _rows_of(part, say)
    for number, row in enumerate(rows):
        yield "- " + "; ".join(f"{name}: {cell}" for name, cell in zip(names, row, strict=True))
        if link := _link(part, number, url):
            yield f"  {link}"
    if left := _left(part, say):
        yield left


def _html_of(part: Part, say: Words, url: str | None) -> str:
    facts = "".join(f"<li>{escape(name)}: {escape(value)}</li>" for name, value in _facts_of(part, say))
    names, rows = _rows_of(part, say)
    heads = "".join(f'<th style="{EDGE}">{escape(name)}</th>' for name in names)
    lines = "".join(_line(row, _link(part, number, url)) for number, row in enumerate(rows))
    left = _left(part, say)
    return (
        f'<h3 style="font-size:15px;margin:18px 0 6px">{escape(say(part.title))} ({len(part.rows)})</h3>'
        f"{f'<ul>{facts}</ul>' if facts else ''}"
        f'<table style="{TABLE}"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
        f"{f'<p>{escape(left)}</p>' if left else ''}"
    )


def _line(row: Sequence[str], link: str) -> str:
    """A row of a table, whose first cell leads to its page."""
    cells = [escape(cell) for cell in row]
    if link and cells:
        cells[0] = f'<a href="{escape(link, quote=True)}">{cells[0]}</a>'
    inside = "".join(f'<td style="{EDGE}">{cell}</td>' for cell in cells)
    return f"<tr>{inside}</tr>"
