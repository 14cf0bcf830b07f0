"""Sign a memorandum: the PDF to sign, a signed one sent in, or a key that is used once and kept nowhere."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from nicegui import events, ui
from nicegui.element import Element

from corecar.web.callers import CSRF_HEADER, csrf_of
from corecar.web.pages.agreement_acts import guarding, taken
from corecar.web.pages.agreement_links import address_of
from corecar.web.pages.agreement_terms import choice_word
from corecar.web.pages.agreement_view import View
from corecar.web.pages.file_drop import LONGEST, FileDrop
from corecar.web.pages.parts import button, heading, notes
from corecar.web.pages.visitor import Visitor


class KeySigning(Element, component="key_signing.js"):
    """Fields for a key, its certificate and passphrase. They go to the server once, and the fields are emptied."""

    def __init__(self, visitor: Visitor, view: View) -> None:
        super().__init__()
        say = visitor.say
        self._visitor, self._count = visitor, 0
        home = address_of(view.number)
        self._props |= {
            "to": f"{home}/sign", "header": CSRF_HEADER, "token": csrf_of(visitor.secret), "refused": [],
            "about": {"party": view.party, "revision": view.revision},
            "opens": f"{home}?as={quote(view.party, safe='')}",
            "words": {
                "key": say("Key (PKCS#12 or PEM)"), "certificate": say("Certificate, where it is not in that file"),
                "passphrase": say("Passphrase"), "sign": say("Sign with this key"), "busy": say("Signing …"),
                "failed": say("It could not be signed. Try again."),
            },
        }  # fmt: skip
        self.on("refused", self._refused)

    def _refused(self, event: events.GenericEventArguments) -> None:
        """Why it was not signed, in the words of the page; counted, so that the same words are said again."""
        said = event.args[0] if isinstance(event.args, list) else event.args
        self._count += 1
        self._props["refused"] = [self._visitor.say.told(str(said)[:LONGEST]), self._count]
        self.update()


async def signing(visitor: Visitor, view: View) -> None:
    """The part of the page where one signs; nothing where that is not for the visitor."""
    say = visitor.say
    if "sign" not in view.ways or not visitor.may("agree_signed"):
        return
    with ui.element("section").props('id="sign"'):
        heading(say("Sign for {party}", party=view.party))
        language = choice_word(say, str(view.terms["language"]), "language")
        told = say("Your signature goes over all that were made before it. The language of the text is a term, now: "
                   "{language}; another one is a counter.", language=language)  # fmt: skip
        notes([told, *await _unknown(visitor, view)])
        place = ui.element("div")
        with ui.element("div").classes("bar"):
            button(say("Take the PDF to sign along"), guarding(visitor, place, lambda: taken(visitor, view, "pdf")))
        fixed: dict[str, Any] = {"number": view.number, "party": view.party, "revision": view.revision}
        FileDrop(visitor, say("Send the signed PDF in, or drop it here"), verb="agree_signed", field="file",
                 fixed=fixed, opens="/agreements/{}", key="number", several=False)  # fmt: skip
        ui.html(f"<h3>{escape(say('Or sign with a key here'))}</h3>", sanitize=False)
        notes([say("Key and passphrase are used for this one signature, in memory, and are written nowhere.")])
        KeySigning(visitor, view)


async def _unknown(visitor: Visitor, view: View) -> list[str]:
    """That a party has not said yet by which authority it signs, so that its signature would be refused."""
    rows = (await visitor.call("agree_authorities"))["rows"]
    if {str(row["party"]) for row in rows} & {view.party, visitor.party}:
        return []
    return [visitor.say("{party} has not said by which authority it signs: send its certificate in on the page "
                        "Agreements first.", party=view.party)]  # fmt: skip
