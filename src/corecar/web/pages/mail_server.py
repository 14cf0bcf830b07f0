"""The mail server on the page Admin: where mail is handed over, and a letter that shows that it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, get_args

from corecar.bridge.mail.settings import PASSWORD, Security
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.parts import facts, heading, notes, sentence
from corecar.web.pages.visitor import Visitor


async def mail_server_section(visitor: Visitor, readable: bool) -> None:
    """The mail server as it is set, the form that sets it, and a trial letter. readable: the visitor has an address."""
    say = visitor.say
    shown = await visitor.call("mail_show")
    settings: Mapping[str, Any] = (shown.get("details") or {}).get("settings") or {}
    heading(say("Mail server"))
    facts(say, shown["facts"])
    if not settings:
        sentence("", say("No mail server is set, so no mail is sent."))
    told = [
        say("What was set before is replaced whole. The password stands in a variable of the server's environment.")
    ]
    if settings.get("file"):
        told.append(say("It is read from {file} as long as server and name stay and no variable is named.",
                        file=settings["file"]))  # fmt: skip
    form(visitor, say("Set the mail server"), "mail_set", _asked(visitor, settings), told=" ".join(told), stays=True,
         call=partial(_set, visitor, bool(settings.get("file"))))  # fmt: skip
    if settings and readable:
        form(visitor, say("Send a trial letter to me"), "mail_try", [], stays=True)
    elif settings:
        notes([say("Tell above where you read mail; then a trial letter can be sent.")])


async def _set(visitor: Visitor, in_a_file: bool, **how: Any) -> Any:
    """Set the mail server; a password in a file of the server stays there until a variable is named."""
    kept = {"keep_password": True} if in_a_file and "user" in how and "password_variable" not in how else {}
    return await visitor.call("mail_set", **how, **kept)


def _asked(visitor: Visitor, settings: Mapping[str, Any]) -> list[Ask]:
    say = visitor.say

    def now(name: str) -> str:
        return "" if settings.get(name) is None else str(settings[name])

    named = {"starttls": "STARTTLS", "tls": "TLS", "none": say("none")}
    secure = {kind: named[kind] for kind in get_args(Security)}
    return [
        Ask("host", say("Server"), now("host"), needed=True),
        Ask("sender", say("Mails are from"), now("sender"), needed=True),
        Ask("security", say("Encryption"), now("security") or "starttls", choices=secure),
        Ask("port", say("Port (empty: the usual one)"), now("port"), "number"),
        Ask("user", say("Log in as (empty: no log-in)"), now("user")),
        Ask("password_variable", say("Variable with the password (empty: {name})", name=PASSWORD), now("variable")),
        Ask("url", say("Address of these pages, for links in mails"), now("url")),
    ]  # fmt: skip
