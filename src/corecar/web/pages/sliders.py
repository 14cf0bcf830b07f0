"""A slider with its value beside it, remembered in the address of the page."""

from __future__ import annotations

from html import escape

from nicegui import ui

from corecar.web.pages.parts import REMEMBER_JS, Field


class Slider(Field):
    """A number that is slid.

    low, high, step  of the number; unit: behind it; signed: whether more is written with a plus
    remembered       its name in the address; empty where it is not kept there
    """

    def __init__(
        self, label: str, value: int, low: int, high: int, *, unit: str = "%", step: int = 1, signed: bool = True,
        remembered: str = "",
    ) -> None:  # fmt: skip
        self.value = str(min(max(value, low), high))
        behind = unit if unit == "%" else f" {unit}"
        sign = "(v > 0 ? '+' : '') + " if signed else ""
        show = (
            "const v = +e.target.value; e.target.parentElement.querySelector('output').textContent = "
            f"{sign}String(v).replace('-', '−') + '{behind}';"
        )
        shown = f"{int(self.value):+d}" if signed and int(self.value) else self.value
        with ui.element("div").classes("field slider"):
            name = f"f{id(self)}"
            ui.html(f'<label for="{name}">{escape(label)}</label>', sanitize=False)
            made = ui.element("input").props(f'id="{name}" type="range"')
            for word, number in (("min", low), ("max", high), ("step", step), ("value", self.value)):
                made.props[word] = number
            ui.html(f"{escape(shown.replace('-', '−'))}{escape(behind)}", sanitize=False, tag="output")
            made.on("input", js_handler=f"e => {{{show}}}")
            keep = REMEMBER_JS.format(name=remembered) if remembered else ""
            made.on("change", self._changed, js_handler=f"e => {{{keep}emit(e.target.value)}}")


def whole(text: str | None, low: int, high: int, otherwise: int) -> int:
    """A whole number of an address between two ends; what else stands there is `otherwise`."""
    try:
        return min(max(int(text or ""), low), high)
    except ValueError:
        return otherwise
