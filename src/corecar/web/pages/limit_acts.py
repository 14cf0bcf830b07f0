"""What is done with a limit set: reviewed, approved by another person, released to the tester, retired, compared."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import ui

from corecar.store.limit_states import STEPS
from corecar.web.pages.exports import as_zip
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


def limit_acts(visitor: Visitor, facts: Row, others: Sequence[Row]) -> None:
    """A form for each step that the state of a limit set leads to, and for what it differs from in another one.

    facts  of the set, as `limits_show` tells them; others: sets that it can be held against
    """
    say, fixed = visitor.say, {"limit_set": str(facts["number"])}
    can = {step.action for step in STEPS if step.now == facts["state"]}
    reason = Ask("reason", say("Reason"), kind="long", needed=True)
    if "approve" in can:
        told = say("Another person approves than who proposed; your name and the reason stand in the history.")
        form(visitor, say("Approve these limits"), "limits_approve", [reason], fixed=fixed, told=told)
    if "release" in can:
        told = say("They come into force, what was in force before retires, and the tester's files go along as a zip.")
        asked = [Ask("reason", say("For which tester, with which test program"))]
        form(visitor, say("Release to the tester"), "limits_release", asked, told=told, stays=True,
             call=partial(_release, visitor, facts))  # fmt: skip
    if "review" in can:
        told = say("A review that was due is done; the limits stay as they are.")
        form(visitor, say("Note a review"), "limits_review", [reason], fixed=fixed, told=told)
    if "retire" in can:
        told = say("They go out of force for good; there is no way back.")
        form(visitor, say("Retire these limits"), "limits_retire", [reason], fixed=fixed, told=told, danger=True)
    names = {str(row["number"]): str(row["name"]) for row in others if row["number"] != facts["number"]}
    if names:
        ask = Ask("a", say("Limit set"), choices=names)
        form(visitor, say("Compare with another set"), "limits_diff", [ask], fixed={"b": str(facts["number"])})


async def _release(visitor: Visitor, facts: Row, **how: Any) -> Any:
    """Release a set, and hand the files for the tester over."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "limits"
        answer = await visitor.call("limits_release", limit_set=str(facts["number"]), out=folder, **how)
        content = as_zip(folder)
    ui.download.content(content, f"limits-{facts['number']}.zip", "application/zip")
    notes = [note for note in answer.get("notes") or () if str(folder) not in note]
    return {"said": answer["said"], "notes": notes}
