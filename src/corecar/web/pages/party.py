"""One party: the memoranda that it is in, how it kept its word, by which authorities it signs."""

from __future__ import annotations

from starlette.requests import Request

from corecar.web.pages.agreement_links import shown_memoranda
from corecar.web.pages.agreement_view import titled
from corecar.web.pages.missing import Missing, near
from corecar.web.pages.parts import back, notes, sentence, table
from corecar.web.pages.visitor import Visitor


async def party(visitor: Visitor, request: Request) -> None:
    """The page: a party of the workspace, or of a memorandum that the visitor sees."""
    say, name = visitor.say, str(request.path_params["party"])
    every = (await visitor.call("agree_list"))["rows"]
    known = {str(row["party"]) for row in (await visitor.call("parties_list"))["rows"]}
    known |= {each for row in every for each in str(row["parties"]).split(", ")}
    if name not in known:
        told = say("There is no party {party} that you may see.", party=name)
        raise Missing(told, near(name, known, "/parties/{}"), (say("Agreements"), "/agreements"))
    titled(name)
    back(say("Agreements"), "/agreements")
    rows = (await visitor.call("agree_list", of=name))["rows"]
    held = sum(row["state"] == "signed" for row in rows)
    told = say("{party} is in memoranda: {count}; of them hold: {held}.", party=name, count=len(rows), held=held)
    sentence(told if rows else say("There is no memorandum with {party} that you may see.", party=name))
    shown_memoranda(visitor, rows, f"memoranda-of-{name}")
    scores = (await visitor.call("agree_scorecard", of=name))["rows"]
    table(visitor, scores, f"scorecard-{name}", title=say("How it kept its word"))
    if not scores:
        notes([say("It has no score: no memorandum that was signed has it promise a quantity.")])
    signs = [row for row in (await visitor.call("agree_authorities"))["rows"] if row["party"] == name]
    table(visitor, signs, f"authorities-{name}", title=say("By which authorities it signs"))
