"""The answer of a verb as Python gets it: a dict that shows itself in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corecar.showing import Showing


class Answer(dict[str, Any], Showing):
    """What a verb answers: `said`, `facts`, `rows` and other tables, `notes`; `details` is for programs.

    verb  whose answer it is

    >>> Answer("lots", {"said": "No lot.", "rows": []})["said"]
    'No lot.'
    """

    drawn_by = "bridge.answered:drawn"

    def __init__(self, verb: str, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self.verb = verb

    def __reduce__(self) -> tuple[Any, ...]:
        return (Answer, (self.verb, dict(self)))


def answered(verb: str, answer: Any) -> Any:
    """An answer that shows itself, where it is a mapping; tables and texts as they are."""
    return Answer(verb, answer) if isinstance(answer, Mapping) else answer


def drawn(answer: Answer) -> str:
    """An answer as HTML."""
    from corecar.report.notebook import answer_html

    return answer_html(answer, answer.verb)
