"""What an administrator changes: roles and accounts of people, parties; and whoever made a token revokes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corecar.bridge.access import ROLES
from corecar.chain.words import PARTY_KINDS
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


def people_acts(visitor: Visitor, people: Sequence[Row]) -> None:
    """The forms that change a role, and shut or open an account."""
    say = visitor.say
    names = {str(row["person"]): f"{row['person']} ({say.word(str(row['role']))})" for row in people}
    if not names:
        return
    roles = Ask("role", say("Role"), "engineer", choices={name: say.word(name) for name in ROLES})
    form(visitor, say("Change a role"), "people_change", [Ask("person", say("Name"), choices=names), roles])
    for active, words, told in (
        (True, say("Shut an account"), say("Its sessions and tokens open nothing any more; what it did stays.")),
        (False, say("Open an account again"), say("The person may act again as before.")),
    ):
        such = {str(row["person"]): str(row["person"]) for row in people if bool(row["active"]) is active}
        such.pop(visitor.person, None)
        if such:
            form(visitor, words, "people_change", [Ask("person", say("Name"), choices=such)],
                 fixed={"active": not active}, told=told, danger=active)  # fmt: skip


def party_acts(visitor: Visitor) -> None:
    """The form that adds a party."""
    say = visitor.say
    kinds = {"": say("none")} | {name: say.word(name) for name in PARTY_KINDS}
    asked = [Ask("party", say("Name"), needed=True), Ask("kind", say("Kind"), choices=kinds)]
    told = say("Somebody with whom things can be shared, or for whom people act.")
    form(visitor, say("Add a party"), "parties_add", asked, told=told)


def token_acts(visitor: Visitor, tokens: Sequence[Row]) -> None:
    """The form that revokes a token."""
    say = visitor.say
    choices = {str(row["token"]): f"{row['token']}: {row['name']} ({row['person']})" for row in tokens
               if not row["revoked"]}  # fmt: skip
    if choices:
        form(visitor, say("Revoke a token"), "tokens_revoke", [Ask("token", say("Token"), kind="number",
             choices=choices)], told=say("From now on it opens nothing."), danger=True)  # fmt: skip
