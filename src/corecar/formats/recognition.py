"""What an input is: a tester file by its first bytes, a CSV datalog by the mapping beside it."""

from __future__ import annotations

import re
from pathlib import Path

HEAD = 64
"""Bytes at the beginning of a file that show what it is; an ATDF may begin with blank lines."""
FAR_HEADS = {b"\x02\x00\x00\x0a": False, b"\x00\x02\x00\x0a": True}
"""The first four bytes of a stream: REC_LEN 2, type 0, subtype 10; True where that reads as big endian."""
COMPANIONS = (".toml", ".truth.json")
"""Ends of names of files that belong to a tester file: the mapping of a CSV datalog, the truth of a simulated lot."""
_FAR_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*FAR:(A[^A-Za-z0-9 :\r\n])?")


def looks_like_atdf(head: bytes) -> bool:
    """Does the content begin as ATDF does, with a FAR line in text? Blanks and a byte-order mark may precede it."""
    return _FAR_LINE.match(head) is not None


def is_atdf(head: bytes) -> bool:
    """Whether content that begins with these bytes is ATDF: its FAR line goes on with `A` and a separator."""
    found = _FAR_LINE.match(head)
    return found is not None and found[1] is not None


def is_tester_file(head: bytes) -> bool:
    """Whether content that begins with these bytes is STDF or ATDF."""
    return head[:4] in FAR_HEADS or looks_like_atdf(head)


def is_companion(name: str | Path) -> bool:
    """Whether a file belongs to a tester file and is none.

    >>> is_companion("lot.truth.json"), is_companion("lot.stdf")
    (True, False)
    """
    return str(name).lower().endswith(COMPANIONS)


def mapping_beside(path: str | Path) -> Path | None:
    """The mapping that stands beside a CSV file: `lot.csv.toml` or `lot.toml`; None when there is none."""
    file = Path(path)
    places = (file.with_name(file.name + ".toml"), file.with_suffix(".toml"))
    return next((place for place in places if place != file and place.is_file()), None)
