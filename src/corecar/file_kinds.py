"""What a file looks like, by its first bytes: so that a file of the wrong kind is told in one clear line."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
import re
import tomllib
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from corecar.errors import SourceMissing, UnknownFormat

HEAD = 4096
"""Bytes at the beginning that a file is told by."""

MAGIC = (
    (b"\x02\x00\x00\x0a", "an STDF file"),
    (b"\x00\x02\x00\x0a", "an STDF file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.xls)"),
    (b"PK", "a zip archive"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)
"""Beginnings of files that are no UTF-8 text, and what such a file is called."""

TEXTS = (
    (r"\s*FAR:A", "an ATDF file"),
    (r"\s*<(\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<?(\w+:)?(MapData|Maps?)\b", "a wafer map (XML)"),
    (r"\s*<(!doctype )?html", "an HTML page"),
    (r"\s*<", "XML"),
    (r"\s*FileVersion\s", "a wafer map (KLARF)"),
    (r"\s*DEVICE\s*:", "a wafer map (SINF)"),
)
"""Beginnings of texts, as regular expressions without regard to case."""

WIDE = ("binary data", "text in UTF-16")
NO_TABLES = frozenset({*(words for _, words in MAGIC), *(words for _, words in TEXTS), "JSON"}) - {*WIDE}
"""What can't be a text of rows and cells; `WIDE` only where its encoding is not of 16 or 32 bits a character."""

PACKED = ((b"\x1f\x8b", "gzip", gzip.open), (b"BZh", "bz2", bz2.open), (b"\xfd7zXZ\x00", "xz", lzma.open))


def look_of(path: str | Path) -> str:
    """What a file looks like, with its article; a folder and an empty file are told too. Raises SourceMissing."""
    file = Path(path)
    if file.is_dir():
        return "a folder"
    try:
        with file.open("rb") as handle:
            head = handle.read(HEAD)
    except OSError as error:
        raise SourceMissing(path, f"the file can't be opened ({error.strerror}).", advice="Check the path.") from error
    for magic, name, opened in PACKED:
        if head.startswith(magic):
            return _packed(file, name, opened)
    if head.startswith(b"PK"):
        return _archive(file)
    return look_of_content(head)


def look_of_content(head: bytes) -> str:
    """What content looks like that begins with these bytes.

    >>> look_of_content(b"Serial,Bin\\n1,2\\n"), look_of_content(b"")
    ('a CSV table', 'an empty file')
    """
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        return "an empty file"
    known = next((words for magic, words in MAGIC if head.startswith(magic)), None)
    if known:
        return known
    cut = head[: head.rfind(b"\n") + 1] or head if len(head) >= HEAD else head
    try:
        text = cut.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = cut.decode("latin-1")
        if any(byte < 9 or 13 < byte < 32 for byte in cut):
            return "binary data"
    if "\0" in text:
        return "binary data"
    return next((words for pattern, words in TEXTS if re.match(pattern, text, re.IGNORECASE | re.DOTALL)), _prose(text))


def wrong_kind(path: str | Path, expected: str, advice: str = "") -> UnknownFormat:
    """The error for a file of the wrong kind: what it looks like, and what was expected."""
    return UnknownFormat(path, f"this looks like {look_of(path)}; expected {expected}.", advice=advice)


def checked_table(path: str | Path, head: bytes, expected: str = "a CSV table", *, encoding: str = "utf-8") -> None:
    """Raises UnknownFormat for content that is no text of rows and cells.

    head      its first bytes
    encoding  what it is said to be in: text of 16 or 32 bits a character looks like binary data
    """
    look = look_of_content(head)
    wide = "16" in encoding or "32" in encoding
    if look in NO_TABLES or (look in WIDE and not wide):
        raise UnknownFormat(path, f"this looks like {look}; expected {expected}.", advice="Check which file it is.")


def text_of(path: str | Path, expected: str, advice: str = "") -> str:
    """The text of a file, in UTF-8 with or without a byte-order mark.

    expected  what it should be, with its article: for the message
    Raises    SourceMissing; UnknownFormat for a folder, or content that is no UTF-8 text
    """
    file = Path(path)
    if file.is_dir():
        raise wrong_kind(path, expected, advice)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        look = look_of(path)
        if look in ("a text file", "a CSV table", "TOML", "JSON"):
            at = f"byte {error.start:_} is no UTF-8"
            raise UnknownFormat(path, f"{at}; expected {expected} in UTF-8.", advice="Save it as UTF-8.") from None
        raise wrong_kind(path, expected, advice) from None
    except OSError as error:
        raise SourceMissing(
            path, f"the file can't be opened ({error.strerror}).", advice=advice or "Check the path."
        ) from error
    if "\0" in text:
        raise wrong_kind(path, expected, advice)
    return text


def toml_of(path: str | Path, expected: str, advice: str = "") -> dict[str, Any]:
    """The content of a TOML file. Raises SourceMissing, and UnknownFormat for anything else.

    expected  as in `text_of`
    """
    return toml_content(text_of(path, expected, advice), str(path), expected, advice)


def toml_content(text: str, name: str, expected: str, advice: str = "") -> dict[str, Any]:
    """The content of a TOML text. Raises UnknownFormat naming the line, or what the text looks like instead."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        look = look_of_content(text[:HEAD].encode())
        if look in ("a text file", "TOML"):
            raise UnknownFormat(name, f"not TOML: {error}; expected {expected}.", advice=advice) from None
        raise UnknownFormat(name, f"this looks like {look}; expected {expected}.", advice=advice) from None


def json_of(path: str | Path, expected: str, advice: str = "") -> Any:
    """The content of a JSON file. Raises SourceMissing, and UnknownFormat for anything else; as `toml_of`."""
    text = text_of(path, expected, advice)
    try:
        return json.loads(text)
    except ValueError as error:
        look = look_of_content(text[:HEAD].encode())
        broken = f"the JSON breaks off or is malformed ({error})" if look == "JSON" else f"this looks like {look}"
        raise UnknownFormat(path, f"{broken}; expected {expected}.", advice=advice) from None


def _packed(file: Path, name: str, opened: Any) -> str:
    try:
        with opened(file, "rb") as handle:
            return f"{look_of_content(handle.read(HEAD))}, packed by {name}"
    except (OSError, EOFError, lzma.LZMAError):
        return f"damaged {name} data"


def _archive(file: Path) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return "a damaged zip archive"
    kinds = (("xl/workbook.xml", "a workbook (.xlsx)"), ("word/document.xml", "a Word document"))
    return next((words for member, words in kinds if member in names), "a zip archive")


def _prose(text: str) -> str:
    """TOML, JSON, CSV or any other text."""
    if re.match(r"\s*(\{|\[\s*([\[{\"\d\]-]|true|false|null))", text) and not re.match(
        r"\s*\[\[\s*[\w-]+\s*\]\]", text
    ):
        return "JSON"
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")][:40]
    if any(re.fullmatch(r"\s*\[\[?[\w .\"-]+\]\]?\s*(#.*)?", line) for line in lines):
        return "TOML"
    for mark in (",", ";", "\t"):
        counts = Counter(line.count(mark) for line in lines)
        most, often = max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        if most and len(lines) > 1 and 2 * often > len(lines):
            return "a CSV table"
    if lines and all(re.match(r"\s*[\w.\"-]+\s*=", line) for line in lines):
        return "TOML"
    return "a text file"
