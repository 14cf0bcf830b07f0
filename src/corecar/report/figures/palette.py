"""Colours by meaning, light and dark. A drawing names a class; what the class looks like stands here alone.

Fails take the palette of Okabe and Ito (colour-blind safe) in the order of their counts.
"""

from __future__ import annotations

_CIVIDIS = ("00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838")
SCALE_CLASSES = 19
"""Classes of the colour scale for readings and shares."""


def _between(place: float) -> str:
    """The colour at a place from 0 to 1 of the scale."""
    at = min(int(place * (len(_CIVIDIS) - 1)), len(_CIVIDIS) - 2)
    rest = place * (len(_CIVIDIS) - 1) - at
    pairs = [(int(_CIVIDIS[at][i : i + 2], 16), int(_CIVIDIS[at + 1][i : i + 2], 16)) for i in (0, 2, 4)]
    return "#" + "".join(f"{round(one + (other - one) * rest):02x}" for one, other in pairs)


COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#16191d"),
    "ink": ("#1d2126", "#e6e8ea"),
    "quiet": ("#5c646d", "#a3abb4"),
    "line": ("#b9c0c7", "#4a525b"),
    "faint": ("#e8ebee", "#262b31"),
    "pass": ("#b7c9bb", "#4c6153"),
    "fail-1": ("#d55e00", "#e8711a"),
    "fail-2": ("#0072b2", "#3b95cf"),
    "fail-3": ("#e69f00", "#e69f00"),
    "fail-4": ("#cc79a7", "#cc79a7"),
    "fail-5": ("#56b4e9", "#7cc6ef"),
    "fail-6": ("#f0e442", "#f0e442"),
    "fail-7": ("#009e73", "#12b88a"),
    "fail-8": ("#4d4d4d", "#c4c4c4"),
    "unknown": ("#dfe2e6", "#343a41"),
    "accent": ("#1f5f8b", "#7db8de"),
    "good": ("#2f6b46", "#86c79d"),
    "attention": ("#8a5a00", "#e2b04a"),
    "bad": ("#a3341f", "#f08a73"),
    "mark": ("#b23a00", "#ff8a4d"),
    "light-green": ("#8fc7a3", "#3f7a55"),
    "light-orange": ("#f2b04c", "#b97a1a"),
    "light-red": ("#c7372b", "#d4564a"),
    "on-light": ("#1d2126", "#f2f4f5"),
    "on-red": ("#ffffff", "#ffffff"),
}
"""Name: (on a light page, on a dark page)."""

FAIL_COLOURS = 8
"""Fail bins beyond these share the last colour, and the legend says so."""

RULES: dict[str, str] = {
    ".paper": "fill:{paper}",
    ".pass": "fill:{pass}",
    **{f".fail-{rank}": f"fill:{{fail-{rank}}}" for rank in range(1, FAIL_COLOURS + 1)},
    ".failed": "fill:{quiet}",
    ".unknown": "fill:{unknown}",
    ".excluded": "fill:{line}",
    ".reject": "fill:{paper};stroke:{ink}",
    ".reject-line": "fill:none;stroke:{ink}",
    ".wafer": "fill:{faint};stroke:{line}",
    ".axis": "fill:none;stroke:{quiet}",
    ".grid": "fill:none;stroke:{faint}",
    ".spec": "fill:none;stroke:{ink};stroke-width:1.4",
    ".derived": "fill:none;stroke:{accent};stroke-width:1.4;stroke-dasharray:5 3",
    ".band": "fill:{accent};fill-opacity:0.14",
    ".band-strong": "fill:{accent};fill-opacity:0.3",
    ".course": "fill:none;stroke:{accent};stroke-width:1.4",
    ".box": "fill:{pass};stroke:{quiet};stroke-width:1",
    ".middle": "fill:none;stroke:{ink};stroke-width:1.8",
    ".cross": "fill:none;stroke:{mark};stroke-width:1.4",
    **{f".scale-{step}": f"fill:{_between(step / (SCALE_CLASSES - 1))}" for step in range(SCALE_CLASSES)},
    ".dot": "fill:{accent}",
    ".ring": "fill:{paper};stroke:{quiet}",
    ".link": "fill:none;stroke:{line};stroke-width:1.4",
    ".link-maybe": "fill:none;stroke:{line};stroke-width:1.4;stroke-dasharray:4 3",
    ".node": "fill:{faint};stroke:{quiet}",
    ".node-asked": "fill:{faint};stroke:{accent};stroke-width:2.4",
    ".node-maybe": "fill:{paper};stroke:{quiet};stroke-dasharray:4 3",
    **{f".light-{light}": f"fill:{{light-{light}}}" for light in ("green", "orange", "red")},
    ".better": "fill:{fail-2}",
    ".worse": "fill:{fail-1}",
    ".in-time": "fill:{pass}",
    ".late": "fill:{light-orange}",
    ".short": "fill:{light-red}",
    "text": "fill:{ink};font-size:11px",
    ".small": "font-size:10px",
    "text.title": "font-size:16px;font-weight:600",
    "text.quiet": "fill:{quiet}",
    "text.accent": "fill:{accent}",
    "text.letter": "font-size:7.5px",
    "text.on-green": "fill:{on-light};fill-opacity:0.55",
    "text.on-orange": "fill:{on-light};font-weight:600",
    "text.on-red": "fill:{on-red};font-weight:600",
    "text.on-dark": "fill:#ffffff",
    "text.on-bright": "fill:#1d2126",
    "text.halo": "stroke:{paper};stroke-width:3px;stroke-linejoin:round;paint-order:stroke",
}
"""CSS of the drawings; `{name}` stands for a colour of `COLOURS`."""


def fail_class(rank: int) -> str:
    """Class of the fail bin at this place (from 1) in the order of counts."""
    return f"fail-{min(rank, FAIL_COLOURS)}"


def drawing_css(colours: dict[str, str], scope: str = "") -> str:
    """The drawings' rules with these colours, one selector a line, each below `scope`."""
    lines = []
    for selector, rule in RULES.items():
        for name, colour in colours.items():
            rule = rule.replace(f"{{{name}}}", colour)
        lines.append(f"{scope}{selector}{{{rule}}}")
    return "\n".join(lines)


def light() -> dict[str, str]:
    """Colours on paper."""
    return {name: pair[0] for name, pair in COLOURS.items()}


def dark() -> dict[str, str]:
    """Colours on a dark page."""
    return {name: pair[1] for name, pair in COLOURS.items()}


def variables() -> dict[str, str]:
    """Colours as CSS variables, for a page that can change between light and dark."""
    return {name: f"var(--{name})" for name in COLOURS}
