"""The terms of a memorandum as people read them: parties, what is agreed, what changed, the text of its clauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import quote

from nicegui import ui

from corecar.agree.fields import Field, fields_of
from corecar.agree.terms import Quality, Secrecy, Shortage, Subject, Terms, Times, terms_in
from corecar.agree.wording import Section, text_of
from corecar.errors import MappingError
from corecar.web.pages.cells import shown
from corecar.web.pages.parts import heading, notes, table
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
PARTS = (("subject", Subject), ("shortage", Shortage), ("quality", Quality), ("times", Times), ("secrecy", Secrecy))
"""Parts of the terms with single fields, in the order in which they are read."""
ALONE = ("kind", "valid_from", "valid_until", "law", "language", "note")
"""Fields of the whole."""
LABELS = {
    "title_zh": "title in Chinese", "description_zh": "description in Chinese", "benefit_zh": "benefit in Chinese",
    "represented_by": "who signs", "grade": "AEC-Q100 grade", "bpnl": "business partner number",
    "ppm_most": "defects at most",
    "trace": "traced by", "up": "rise at most", "down": "fall at most", "from_weeks": "weeks ahead, from",
    "until_weeks": "weeks ahead, until", "period": "week or month", "delivery_weeks": "delivery at most",
    "answer_days": "answer at most", "incident_hours": "incident told within", "notice_days": "notice of its end",
    "years": "secret for years", "level": "who may know",
}  # fmt: skip
"""What people call fields whose own names say too little."""
TRACED = {"unit": "each unit", "die": "each die", "reel": "each reel", "lot": "each lot"}
"""How closely parts are traced, in words that stand for nothing else."""
OF_VOLUME = "unit of the volume"
"""The unit of fields that say no more; what it is stands above them."""


def field_name(say: Words, name: str, field: Field | None = None) -> str:
    """A field of the terms as its label, with its unit."""
    unit = field.unit if field is not None and field.unit != OF_VOLUME else ""
    return say.name(LABELS.get(name, name)) + (f" [{say.word(unit)}]" if unit else "")


def choice_word(say: Words, code: str, name: str = "") -> str:
    """A word that a field may hold, as people read it."""
    languages = {"en": say("English"), "zh": say("Chinese"), "en+zh": say("English and Chinese, English prevails"),
                 "zh+en": say("Chinese and English, Chinese prevails")}  # fmt: skip
    if name == "language":
        return languages.get(code, code)
    return say.word(TRACED.get(code, code) if name == "trace" else code).replace("_", " ")


def field_value(say: Words, value: Any, name: str = "") -> str:
    """A value of the terms as people read it."""
    if name in ("language", "trace") and value:
        return choice_word(say, str(value), name)
    if isinstance(value, list):
        return say(", ").join(field_value(say, each) for each in value)
    return shown(say, value, name)


def signatories(
    visitor: Visitor, terms: Row, signed: Mapping[str, str], revoked: Mapping[str, str], *, signing: bool
) -> None:
    """The parties, what each is and gets, and who has signed.

    signed   by whom and when, by party; signing: whether signatures are awaited or there
    revoked  since when the certificate by which a party signed is revoked
    """
    say = visitor.say
    heading(say("Parties"))
    rows = "".join(_signatory(say, each, signed, revoked, signing=signing) for each in terms["parties"])
    heads = (
        say.name("party"),
        say.name("role"),
        say.name("benefit"),
        field_name(say, "represented_by"),
        say("Signature"),
    )
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    _read(f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>")


def _read(rows: str, kind: str = "") -> None:
    """A table to read; one that is too wide scrolls by itself, by keyboard too."""
    ui.html(f'<div class="scroll" tabindex="0"><table class="read {kind}">{rows}</table></div>', sanitize=False)


def _signatory(say: Words, row: Row, signed: Mapping[str, str], revoked: Mapping[str, str], *, signing: bool) -> str:
    name = str(row["party"])
    full = f" · {row['name']}" if row["name"] != name else ""
    benefit = (row.get("benefit_zh") if say.code == "zh" else None) or row["benefit"]
    state, tone = (signed[name], "good") if name in signed else (say("not yet"), "unknown")
    mark = f'<span class="state {tone}">{escape(state)}</span>' if signing or name in signed else "–"
    if name in revoked:
        told = say("certificate revoked {day}", day=revoked[name])
        mark += f'<br><span class="state attention">{escape(told)}</span>'
    cells = (
        f'<a href="/parties/{quote(name, safe="")}">{escape(name)}</a>{escape(full)}', escape(say.word(row["role"])),
        escape(str(benefit)), escape(str(row.get("represented_by") or "–")), mark,
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def terms_read(visitor: Visitor, terms: Row) -> None:
    """What is agreed apart from volumes, part by part."""
    say = visitor.say
    heading(say("Terms"))
    whole = fields_of(Terms)
    _part(say, "", {name: terms.get(name) for name in ALONE}, whole)
    for name, kind in PARTS:
        if terms.get(name):
            _part(say, say.name(name), terms[name], fields_of(kind))


def _part(say: Words, title: str, values: Row, fields: Mapping[str, Field]) -> None:
    there = {name: value for name, value in values.items() if value not in (None, "", [])}
    rows = "".join(
        f"<div><dt>{escape(field_name(say, name, fields.get(name)))}</dt>"
        f"<dd>{escape(field_value(say, value, name))}</dd></div>"
        for name, value in there.items()
    )
    head = f"<h3>{escape(title)}</h3>" if title else ""
    ui.html(f'{head}<dl class="facts">{rows}</dl>', sanitize=False)


def bands(visitor: Visitor, terms: Row, number: str) -> None:
    """How far call-offs may move, by weeks ahead of delivery."""
    rows = [
        {"volume": at, "from_weeks": band["from_weeks"], "until_weeks": band.get("until_weeks"),
         "rise_share": band["up"], "fall_share": band["down"]}
        for at, volume in enumerate(terms.get("volumes") or (), 1)
        for band in volume.get("bands") or ()
    ]  # fmt: skip
    title = visitor.say("How far a call-off may move, by weeks ahead of delivery")
    table(visitor, rows, f"{number}-bands", title=title)


def clauses(visitor: Visitor, terms: Row) -> None:
    """The text of the clauses in the language of the page; where the library here lacks one, which and why."""
    say = visitor.say
    heading(say("Clauses"))
    try:
        text = text_of(replace(terms_in(dict(terms)), language=say.code)).texts[0]
    except MappingError as error:
        notes([say.told(str(error)), *(f"{each['clause']} {each['version']}" for each in terms.get("clauses") or ())])
        return
    if terms["language"] != say.code:
        language = choice_word(say, str(terms["language"]), "language")
        notes([say("What is signed is the text in: {language}.", language=language)])
    ui.html("".join(_clause(each) for each in text.sections), sanitize=False)


def _clause(section: Section) -> str:
    paragraphs = "".join(f"<p>{escape(each.text)}</p>" for each in section.paragraphs)
    version = f'<span class="quiet"> {escape(section.clause)} {escape(section.version)}</span>'
    return f'<details class="clause"><summary>{escape(section.heading)}{version}</summary>{paragraphs}</details>'


def changes(visitor: Visitor, rows: Sequence[Row], before: str, after: str) -> None:
    """What changed, side by side: the earlier terms beside the later, a row for each field.

    before, after  whose terms they are
    """
    say = visitor.say
    made = "".join(
        f'<tr><th scope="row">{escape(path_told(say, str(row["field"])))}</th>'
        f'<td class="was">{_side(say, row["before"], "del")}</td><td class="now">{_side(say, row["after"], "ins")}</td>'
        "</tr>"
        for row in rows
    )
    heads = "".join(f'<th scope="col">{escape(each)}</th>' for each in (say("Field"), before, after))
    _read(f"<thead><tr>{heads}</tr></thead><tbody>{made}</tbody>", "sides")


def _side(say: Words, value: Any, mark: str) -> str:
    return "–" if value is None else f"<{mark}>{escape(say.word(str(value)))}</{mark}>"


def path_told(say: Words, path: str) -> str:
    """A field's path as people read it.

    >>> from corecar.words import words_of
    >>> path_told(words_of("en"), "volumes[A B piece].periods[2027-W05].agreed")
    'Volumes A B piece › 2027-W05 › Agreed'
    >>> path_told(words_of("en"), "volumes[0")
    'Volumes 0'
    """
    told, rest = [], path
    while rest:
        name, rest = _first_of(rest)
        head, bracket, key = name.partition("[")
        own = key.removesuffix("]")
        told.append(own if head == "periods" and bracket else f"{field_name(say, head)} {own}".strip())
    return " › ".join(told)


def _first_of(path: str) -> tuple[str, str]:
    """The first part of a path, whose row may be named with dots, and the rest."""
    dot, bracket = path.find("."), path.find("[")
    if bracket >= 0 and (dot < 0 or bracket < dot):
        end = path.find("]", bracket) + 1 or len(path)
        return path[:end], path[end:].removeprefix(".")
    name, _, rest = path.partition(".")
    return name, rest
