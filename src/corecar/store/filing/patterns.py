"""Regular expressions that cannot hang: RE2's, as Arrow brings it, takes time in proportion to the text.

So neither a pattern such as `(a+)+$` nor a long path costs more than microseconds. In return there are no
look-arounds and no back-references; a pattern with one is refused when the mapping is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 500
"""Characters of a pattern; a longer one is a look-up table in disguise."""
WHOLE = "corecar_whole"


class BadPattern(ValueError):
    """What is wrong with a pattern, in words."""


@dataclass(frozen=True)
class Pattern:
    """A regular expression that is searched for anywhere in a text.

    written   as the mapping has it
    prepared  the same with every group named, or as one group when it has none
    group     the group that is the answer: the one named as wanted, else the first, else the whole match
    """

    written: str
    prepared: str
    group: str

    def find(self, text: str) -> str | None:
        """The group of the first match, empty when it took no part in it; None where nothing matches."""
        clean = text.encode("utf-8", "replace").decode()
        found = pc.extract_regex(pa.array([clean], pa.string()), self.prepared)[0].as_py()
        return None if found is None else str(found[self.group])


def pattern(written: str, wanted: str = "") -> Pattern:
    """Prepare a pattern; `wanted` is the group taken before the first one.

    Raises BadPattern for a pattern that is too long or not to be understood.

    >>> pattern("_([0-9]+)C[._]").find("lot7_125C.stdf")
    '125'
    """
    if len(written) > LONGEST:
        raise BadPattern(f"{len(written)} characters, at most {LONGEST} are taken; use a table for a list of names")
    prepared = _all_named(written)
    try:
        pc.match_substring_regex(pa.array([""]), written)
        groups = [field.name for field in pc.extract_regex(pa.array([""]), prepared).type]
        if not groups:
            prepared = f"(?P<{WHOLE}>{written})"
            groups = [field.name for field in pc.extract_regex(pa.array([""]), prepared).type]
    except pa.ArrowInvalid as fault:
        problem = str(fault).removeprefix("Invalid regular expression: ")
        raise BadPattern(f"{problem} (look-arounds and back-references are not taken)") from fault
    return Pattern(written, prepared, wanted if wanted in groups else groups[0])


def _all_named(written: str) -> str:
    """The pattern with a name for each group that has none."""
    pieces, place, unnamed = [], 0, 0
    while place < len(written):
        stop = _end_of_item(written, place)
        item = written[place:stop]
        if item == "(" and written[stop : stop + 1] != "?":
            unnamed += 1
            item = f"(?P<corecar_{unnamed}>"
        pieces.append(item)
        place = stop
    return "".join(pieces)


def _end_of_item(written: str, place: int) -> int:
    """The end of one item of a pattern: an escape, a quoted stretch, a class of characters, or one character."""
    if written.startswith("\\Q", place):
        end = written.find("\\E", place)
        return len(written) if end < 0 else end + 2
    if written[place] == "\\":
        return place + 2
    return _end_of_class(written, place) if written[place] == "[" else place + 1


def _end_of_class(written: str, place: int) -> int:
    """The end of `[...]`: a bracket right behind its beginning is a character, and so is one in `[:alpha:]`."""
    at = place + (2 if written.startswith("[^", place) else 1)
    first = at
    while at < len(written):
        if written.startswith("[:", at) and ":]" in written[at + 2 :]:
            at = written.index(":]", at + 2) + 2
        elif written[at] == "\\":
            at += 2
        elif written[at] == "]" and at > first:
            return at + 1
        else:
            at += 1
    return len(written)
