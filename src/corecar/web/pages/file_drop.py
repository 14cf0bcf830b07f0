"""A place where files are dropped or chosen and sent to a verb of the API; with fields where it asks for more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui import events
from nicegui.element import Element

from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.web.api import path_of
from corecar.web.callers import CSRF_HEADER, csrf_of
from corecar.web.pages.visitor import Visitor

LONGEST = 2_000
"""Letters of a reason that is told."""


@dataclass(frozen=True)
class Asked:
    """A field that goes along with the files.

    name     the verb's parameter; label: in words
    kind     `text`, `number`, `list` (words with commas between) or `choice`
    choices  of a choice: code and words; needed: nothing is sent without it
    """

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    choices: Mapping[str, str] | None = None
    needed: bool = False


class FileDrop(Element, component="file_drop.js"):
    """Files go to the API as its form takes them; then the page of their job is opened, or that of what was made.

    verb   that takes them; field: its parameter for the files
    fixed  further arguments of the verb
    opens  the address of what was made, with `{}` for the answer's `key`
    shows  draws the answer on this page instead
    """

    def __init__(
        self, visitor: Visitor, words: str, *, verb: str, field: str, fields: Sequence[Asked] = (), opens: str = "",
        key: str = "", several: bool = True, fixed: Mapping[str, Any] | None = None,
        shows: Callable[[Any], None] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._visitor = visitor
        props: dict[str, Any] = {
            "words": words,
            "failed": visitor.say("The files did not arrive. Try again."),
            "missing": visitor.say("Fill this in first:"), "refused": "",
            "to": path_of(WORKSPACE_VERBS[verb]), "field": field, "fields": [asdict(one) for one in fields],
            "opens": opens, "answered": key, "several": several, "fixed": dict(fixed or {}), "shown": shows is not None,
            "header": CSRF_HEADER, "token": csrf_of(visitor.secret),
        }  # fmt: skip
        self._props |= props
        self.on("refused", self._refused)
        if shows is not None:
            self.on("answered", lambda event: shows(event.args[0] if isinstance(event.args, list) else event.args))

    def _refused(self, event: events.GenericEventArguments) -> None:
        """Why files were not taken, in the words of the page."""
        said = event.args[0] if isinstance(event.args, list) else event.args
        self._props["refused"] = self._visitor.say.told(str(said)[:LONGEST])
        self.update()
