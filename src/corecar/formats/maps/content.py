"""The content of a map's file: all of it, never more than a map can be."""

from __future__ import annotations

from pathlib import Path

from corecar.errors import SourceMissing, UnknownFormat
from corecar.file_kinds import wrong_kind

MAP = "a wafer map (SEMI G85, SEMI E142, SINF or KLARF)"

MOST_BYTES = 64 * 1024 * 1024
"""A map of four million dies has a quarter of it."""


def content_of(path: Path) -> bytes:
    """The bytes of a file. Raises SourceMissing, UnknownFormat for one larger than any map."""
    if path.is_dir():
        raise wrong_kind(path, MAP)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnknownFormat(path, f"more than {MOST_BYTES:,} bytes: no wafer map is as large.")
        return path.read_bytes()
    except OSError as error:
        raise SourceMissing(path, f"cannot be opened ({error.strerror}).", advice="Check the path.") from error


def text_of(path: Path) -> str:
    """The text of a file, in UTF-8 or else Latin-1."""
    return decoded(content_of(path))


def decoded(content: bytes) -> str:
    """Bytes as text, in UTF-8 or else Latin-1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
