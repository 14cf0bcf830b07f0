"""Verify by drop: who signed a PDF when, and everything that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.web.pages.agreement_links import address_of
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.parts import back, facts, notes, sentence, table
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
SHOWN = ("party", "verdict", "person", "organisation", "signed", "timestamp", "authority", "revision", "serial")
"""What is told of a signature, in this order."""


async def verify(visitor: Visitor, request: Request) -> None:
    """The page: anybody who is logged in drops a PDF; nothing of it is kept."""
    say = visitor.say
    back(say("Agreements"), "/agreements")
    sentence(say("Who signed it, and does it hold?"),
             say("Each signature is judged by the authorities that its party told this workspace. Nothing is kept of "
                 "the file."))  # fmt: skip

    def show(answer: Any) -> None:
        place.clear()
        with place:
            _verdict(visitor, visitor.told(answer))

    FileDrop(visitor, say("Drop a PDF here, or choose one"), verb="agree_examine", field="file", several=False,
             shows=show)  # fmt: skip
    place = ui.element("div").props('aria-live="polite"')


def _verdict(visitor: Visitor, answer: Row) -> None:
    """The verdict: a sentence, a line for each signature, each finding, what else there is to know."""
    say, about = visitor.say, answer["facts"]
    wrong = [{"party": row["party"], "found": say.told(str(row["found"])), "code": row["code"]}
             for row in answer["wrong"]]  # fmt: skip
    tone, word = _verdict_word(say, wrong)
    ui.html(f'<p class="verdict"><span class="state {tone}">{escape(word)}</span></p>', sanitize=False)
    sentence(str(answer["said"]))
    rows = [{**row, "verdict": "holds" if row["holds"] else "does not hold"} for row in answer["signatures"]]
    table(visitor, [{name: row[name] for name in SHOWN} for row in rows], "signatures",
          title=say("Signatures, in the order in which they were made"))  # fmt: skip
    table(visitor, wrong, "findings", title=say("What speaks against it"))
    notes([str(each) for each in answer["notes"]])
    facts(say, {name: value for name, value in about.items() if name != "well"})
    if about["number"] and about["stands_here"] != "unknown":
        ui.link(say("To the memorandum {number} here", number=about["number"]), address_of(str(about["number"])))


def _verdict_word(say: Words, wrong: Sequence[Row]) -> tuple[str, str]:
    """How a verdict is marked, and its word: it holds, holds so far, or does not."""
    if not wrong:
        return "good", say("It holds")
    if all(row["code"] == "missing" for row in wrong):
        return "attention", say("It holds so far; signatures are missing")
    return "bad", say("It does not hold")
