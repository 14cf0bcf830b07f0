"""Who else sees a lot, a plan, a meeting or a table of the chain, and the forms that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corecar.web.pages.forms import Ask, form
from corecar.web.pages.parts import heading, sentence
from corecar.web.pages.visitor import Visitor


async def sharing(visitor: Visitor, verbs: tuple[str, str], fixed: Mapping[str, Any], shared: Sequence[str]) -> None:
    """The parties that something is shared with; forms that share it and share it no more, for whom may.

    verbs  that share and that share no more; fixed: what names the thing, as both take it
    shared  the parties that see it beside its owner, who alone is shown this
    """
    share, unshare = verbs
    if not visitor.may(share):
        return
    every = [str(row["party"]) for row in (await visitor.call("parties_list"))["rows"]]
    others = {name: name for name in every if name not in (*shared, visitor.party)}
    if not others and not shared:
        return
    say = visitor.say
    heading(say("Who else sees it"))
    sentence("", say("It is shared with {parties}.", parties=say(", ").join(shared)) if shared
             else say("It is shared with nobody."))  # fmt: skip
    if others:
        told = say("The party sees it from now on, also as it will be, and nothing else of yours.")
        form(visitor, say("Share it"), share, [Ask("party", say("Party"), choices=others)], fixed=fixed, told=told)
    if shared:
        told = say("The party sees it no more; what it has seen it has seen.")
        seen = {name: name for name in shared}
        form(visitor, say("Share it no more"), unshare, [Ask("party", say("Party"), choices=seen)], fixed=fixed,
             told=told)  # fmt: skip
