"""What Corecar writes into a file that must not be forgotten, whatever the file is turned into later.

A file whose limits were changed for study is never shippable. A file that was damaged, and of which a copy was made
that looks whole, may miss parts. Both are told by an ATR, the first by texts too; every writer hands them on.
"""

from __future__ import annotations

from collections.abc import Iterable

from corecar.lot import Lot

NEVER_SHIPPABLE = "NEVER SHIPPABLE: limits changed by corecar relimit, for study only"
"""What marks a file with other limits; its DTR and USER_TXT begin with it."""
RELIMIT = f"corecar relimit: {NEVER_SHIPPABLE}"
"""CMD_LINE of the ATR in such a file."""
REPAIR = "corecar repair"
"""CMD_LINE of the ATR in a file in which something was lost or closed; one that was whole gets none."""
CONVERT, ANONYMISE, WRITE = (f"corecar {verb} --salvage" for verb in ("convert", "anonymise", "write"))
"""CMD_LINE of the ATR in a copy that holds what was whole of a damaged file."""
LOSSES = {
    REPAIR: "Repaired by corecar repair",
    CONVERT: "Salvaged by corecar convert",
    ANONYMISE: "Salvaged by corecar anonymise",
    WRITE: "Salvaged by corecar",
}
"""CMD_LINE of an ATR -> how the warning begins that a reader of such a file gets."""
BETWEEN = "; "
"""What keeps several marks apart in one text."""
STILL_MISSING = ": the tester's file was damaged or broke off, and what was lost is still missing."


def losses(commands: Iterable[str]) -> list[str]:
    """A warning for each CMD_LINE that tells of a damaged file.

    >>> losses(["corecar grade", "corecar repair"])
    ["Repaired by corecar repair: the tester's file was damaged or broke off, and what was lost is still missing."]
    """
    found = dict.fromkeys(command for command in commands if command in LOSSES)
    return [LOSSES[command] + STILL_MISSING for command in found]


def tells_loss(text: str) -> bool:
    """Whether a warning, or a text handed on with a lot, says that records were lost before the file was written."""
    return text.endswith(STILL_MISSING)


def mark_in(text: str) -> str:
    """The part of a free text that must stay when the text is blanked: a mark, or nothing.

    >>> mark_in("corecar repair"), mark_in("ask Ms Vogel")
    ('corecar repair', '')
    """
    if text in LOSSES or text == RELIMIT:
        return text
    return NEVER_SHIPPABLE if text.startswith(NEVER_SHIPPABLE) else ""


def marks_of(lot: Lot) -> list[str]:
    """What must be handed on with a lot: that it is never shippable, that records of its files were lost."""
    studied = any(text.startswith(NEVER_SHIPPABLE) for text in lot.texts["text"].to_pylist() if text)
    told = [warning for source in lot.sources for warning in source.warnings if tells_loss(warning)]
    fresh = [LOSSES[WRITE] + STILL_MISSING] * any(source.salvaged for source in lot.sources)
    return list(dict.fromkeys([*[NEVER_SHIPPABLE] * studied, *told, *fresh]))
