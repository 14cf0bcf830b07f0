"""Forms that call a verb: closed until somebody wants one, and not there for whom its role does not allow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from nicegui import ui

from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.errors import ArgumentError
from corecar.web.pages.frame import guarded
from corecar.web.pages.parts import Field, button, notes, sentence
from corecar.web.pages.visitor import Visitor


@dataclass(frozen=True)
class Ask:
    """A field of a form.

    name    the parameter; label: its words; value: what stands in it at first
    kind    of the field: text, long, number, decimal, date, list (parted by commas or blanks), numbers (likewise),
            words (parted by commas, with blanks in them), places (by blanks),
            flag (yes where it is not empty)
    choices of a choice: code and words; needed: nothing is called without it
    """

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    choices: Mapping[str, str] | None = None
    needed: bool = False


FIELD_OF = {
    "decimal": "text",
    "list": "text",
    "numbers": "text",
    "words": "text",
    "places": "text",
    "flag": "text",
    "number": "number",
    "date": "date",
    "long": "long",
}


def form(
    visitor: Visitor, words: str, verb: str, asked: Sequence[Ask], *, fixed: Mapping[str, Any] | None = None,
    told: str = "", danger: bool = False, stays: bool = False, call: Callable[..., Awaitable[Any]] | None = None,
) -> None:  # fmt: skip
    """A form under its own words; what is done shows in the page as it is then, long work becomes a job.

    fixed  arguments that are not asked for; told: what happens, and who sees it
    stays  whether the answer is shown in the form; call: instead of the verb alone
    """
    if not visitor.may(verb):
        return
    with ui.element("details").classes("form no-print"):
        ui.html(escape(words), sanitize=False, tag="summary").classes("btn danger" if danger else "btn")
        with ui.element("div").classes("panel"):
            if told:
                sentence("", told)
            with ui.element("div").classes("row"):
                fields = [(ask, field_of(ask)) for ask in asked]
                place = ui.element("div")

                async def act() -> None:
                    how = {**(fixed or {}), **given(visitor, fields)}
                    await _done(visitor, verb, how, stays, call, place)

                async def go() -> None:
                    place.clear()
                    with place:
                        await guarded(visitor, act())

                button(words, go, kind="danger" if danger else "main-act")
            place.move(target_index=-1)


def field_of(ask: Ask) -> Field:
    """The field of a form, by what it holds."""
    return Field(ask.label, value=ask.value, choices=ask.choices, kind=FIELD_OF.get(ask.kind, ask.kind))


def given(visitor: Visitor, fields: Sequence[tuple[Ask, Field]]) -> dict[str, Any]:
    """The arguments that the fields hold; an empty one says nothing. Raises ArgumentError for what is no value."""
    found: dict[str, Any] = {}
    for ask, field in fields:
        text = field.value.strip()
        if not text and ask.needed:
            raise ArgumentError(f"{visitor.say('Fill this in first:')} {ask.label}")
        if text:
            found[ask.name] = value_of(visitor, ask, text)
    return found


def value_of(visitor: Visitor, ask: Ask, text: str) -> Any:
    """What the text of a field means. Raises ArgumentError."""
    kinds: Mapping[str, Callable[[str], Any]] = {
        "number": int, "decimal": float, "list": lambda each: each.replace(",", " ").split(), "places": str.split,
        "flag": bool, "numbers": lambda each: [int(one) for one in each.replace(",", " ").split()],
        "words": lambda each: [one.strip() for one in each.split(",") if one.strip()],
        "date": lambda day: datetime.fromisoformat(day).replace(tzinfo=UTC),
    }  # fmt: skip
    try:
        return kinds.get(ask.kind, str)(text)
    except ValueError:
        said = visitor.say("{field}: “{written}” is not what belongs here.", field=ask.label, written=text[:40])
        raise ArgumentError(said) from None


async def _done(
    visitor: Visitor, verb: str, given: Mapping[str, Any], stays: bool, call: Callable[..., Awaitable[Any]] | None,
    place: ui.element,
) -> None:  # fmt: skip
    if WORKSPACE_VERBS[verb].is_job:
        ui.navigate.to(f"/jobs/{await visitor.leave(verb, **given)}")
        return
    answer = await (call(**given) if call else visitor.call(verb, **given))
    if not stays:
        ui.navigate.reload()
        return
    with place:
        ui.html(f'<p role="status"><b>{escape(str((answer or {}).get("said") or ""))}</b></p>', sanitize=False)
        notes([str(note) for note in (answer or {}).get("notes") or ()])
        button(visitor.say("Show the page as it is now"), ui.navigate.reload)
