"""What is done with a meeting: what came of a pair is told, it is cancelled, others are let see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from corecar.bridge.match.meetings import Outcome
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.sharing import sharing
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


async def meeting_acts(visitor: Visitor, number: str, found: Row) -> None:
    """The forms of a meeting, for its owner.

    found  the answer of `meeting_show`
    """
    say, of = visitor.say, found["details"]
    if of["owner"] != visitor.party:
        return
    fixed = {"meeting": int(number)}
    if not found["facts"]["cancelled"]:
        told = say("A next step says what, by whom and until when. What was told before stays on record.")
        form(visitor, say("Tell what came of a pair"), "meeting_record", _asked(visitor, found["rows"]), fixed=fixed,
             told=told)  # fmt: skip
        if not found["history"]:
            reason = Ask("reason", say("Reason"), kind="long", needed=True)
            told = say("It stays on record and counts nowhere.")
            form(visitor, say("Cancel this meeting"), "meeting_cancel", [reason], fixed=fixed, told=told, danger=True)
    await sharing(visitor, ("meeting_share", "meeting_unshare"), fixed, of["shared_with"])


def _asked(visitor: Visitor, pairs: Sequence[Row]) -> list[Ask]:
    """The fields of what came of a pair; the first pair of which nothing was told stands in the choice."""
    say = visitor.say
    choices = {str(row["pair"]): f"{row['pair']}: {row['needed_by']}, {row['offered_by']}" for row in pairs}
    first = next((str(row["pair"]) for row in pairs if not row["outcome"]), "")
    return [
        Ask("pair", say("Pair"), first, "number", choices, needed=True),
        Ask("outcome", say("What came of it"), choices={name: say.word(name) for name in get_args(Outcome)}),
        Ask("note", say("What was said"), kind="long"),
        Ask("next_step", say("Next step")),
        Ask("responsible", say("Who does it")),
        Ask("due", say("Until when"), kind="date"),
    ]  # fmt: skip
