"""What the PDF of a memorandum holds besides its pages: the terms, the text as plain text, fields for signatures.

Whatever a hostile file does to its reader comes out as `DamagedSource`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from corecar.agree.canonical import sha256_of
from corecar.agree.quiet import quiet
from corecar.errors import CorecarError, DamagedSource, UnknownFormat

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader

TERMS_FILE = "terms.json"
TEXT_FILE = "memorandum.txt"
"""Names of the attachments: the terms as JSON, and the text from which the pages were set."""


@dataclass(frozen=True)
class Attached:
    """Names of what a kind of document carries.

    content  what a machine reads, by whose hash a signature says what it is for
    text     the plain text from which the pages were set; empty where the content alone says what they have to
    """

    content: str
    text: str = ""


MEMORANDUM = Attached(TERMS_FILE, TEXT_FILE)
LARGEST_BYTES = 50_000_000
"""A file above it is refused unread: a memorandum of a hundred pages has a hundredth of that."""
LARGEST_STREAM = 20_000_000
"""Bytes that a stream of the file may unpack into: an attachment, a font, a picture."""
MOST_PAGES = 500
MOST_REVISIONS = 100
"""Each signature makes a revision; a file of more is refused, since each is compared with those after it."""
MOST_NAMES = 1000
"""Entries of the attachments' name tree that are looked at."""


@dataclass(frozen=True)
class Contained:
    """The attachments of one revision of a PDF, by name; a name that several bear has several.

    broken  names of attachments that cannot be unpacked, and why
    """

    files: dict[str, tuple[bytes, ...]]
    broken: dict[str, str] = dataclass_field(default_factory=dict)

    def only(self, name: str) -> bytes | None:
        """The one attachment of a name; None when there is none, or several."""
        found = self.files.get(name, ())
        return found[0] if len(found) == 1 else None

    def hash_of(self, name: str) -> str:
        """SHA-256 of the one attachment of a name; empty without it."""
        found = self.only(name)
        return "" if found is None else sha256_of(found)


@contextmanager
def told_damage(place: str) -> Iterator[None]:
    """Whatever a broken or hostile PDF makes its reader raise, as `DamagedSource`."""
    try:
        with quiet("pyhanko"), quiet("pypdf"):
            yield
    except CorecarError:
        raise
    except RecursionError:
        raise DamagedSource(place, "is nested deeper than a PDF has reason to be.", advice=ASK_AGAIN) from None
    except Exception as error:  # a reader of hostile bytes may fail in any way, and each of them means the same
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise DamagedSource(place, f"cannot be read as a PDF ({told}).", advice=ASK_AGAIN) from error


ASK_AGAIN = "It was cut or changed on its way: ask for the file again."


def opened(document: bytes, place: str) -> PdfFileReader:
    """A reader of a PDF in memory.

    Raises  UnknownFormat when it is no PDF, is locked or far too large; DamagedSource when it is broken
    """
    if len(document) > LARGEST_BYTES:
        raise UnknownFormat(place, f"has {len(document):,} bytes; a memorandum has {LARGEST_BYTES:,} at most.")
    if not document.startswith(b"%PDF-"):
        raise UnknownFormat(place, "is not a PDF: it does not begin with %PDF-.", advice="Give the signed PDF.")
    from pyhanko.pdf_utils.decode_limits import DecodeLimits, StreamDecodeLimits
    from pyhanko.pdf_utils.reader import PdfFileReader

    limits = DecodeLimits(per_stream=StreamDecodeLimits(max_output_size=LARGEST_STREAM))
    with told_damage(place):
        reader = PdfFileReader(BytesIO(document), strict=True, decode_limits=limits)
        if reader.encrypted:
            raise UnknownFormat(place, "is locked with a password.", advice="Give the file as it was signed.")
        if reader.total_revisions > MOST_REVISIONS:
            raise UnknownFormat(place, f"has {reader.total_revisions:,} revisions; {MOST_REVISIONS} at most are read.")
        _ = reader.root
    return reader


def contained_in(reader: PdfFileReader, place: str, revision: int | None = None) -> Contained:
    """The attachments of a PDF, of its last revision or an earlier one (0 is the first). Raises DamagedSource."""
    with told_damage(place):
        root = reader.root if revision is None else reader.get_historical_root(revision)
        files: dict[str, tuple[bytes, ...]] = {}
        broken: dict[str, str] = {}
        for specification in _specifications(_entry(_entry(root, "/Names"), "/EmbeddedFiles")):
            name = str(_entry(specification, "/UF") or specification["/F"])
            try:
                files[name] = (*files.get(name, ()), _content(specification, f"{place}: {name}"))
            except DamagedSource as error:
                broken[name] = error.problem
    return Contained(files, broken)


def _specifications(tree: Any) -> Iterator[Any]:
    """The file specifications of a name tree, each node once however its branches are knotted."""
    waiting, seen = [tree] if tree is not None else [], 0
    while waiting and seen < MOST_NAMES:
        node = waiting.pop()
        pairs = _entry(node, "/Names") or ()
        for place in range(1, len(pairs), 2):
            seen += 1
            yield pairs[place]
        children = _entry(node, "/Kids") or ()
        waiting.extend(children[place] for place in range(len(children)))
        seen += 1


def _entry(node: Any, name: str) -> Any:
    """An entry of a dictionary of a PDF, followed to what it refers to; None where there is none."""
    try:
        return None if node is None else node[name]
    except KeyError:
        return None


def _content(specification: Any, place: str) -> bytes:
    with told_damage(place):
        data: bytes = specification["/EF"]["/F"].data
    return data


def field_of(party: str) -> str:
    """The name of a party's signature field. A dot would make a field within a field, so it is written as %2E.

    >>> field_of("Yue Ling Co."), field_of("OSAT-1")
    ('Yue Ling Co%2E', 'OSAT-1')
    """
    return party.replace("%", "%25").replace(".", "%2E")


def pages_text(document: bytes, place: str) -> str:
    """What the pages of a PDF say, without blanks. Raises UnknownFormat above `MOST_PAGES`; DamagedSource."""
    import pypdf

    with told_damage(place):
        pages = pypdf.PdfReader(BytesIO(document)).pages
        if len(pages) > MOST_PAGES:
            raise UnknownFormat(place, f"has {len(pages):,} pages; {MOST_PAGES} at most are read.")
        return without_blanks("".join(page.extract_text() for page in pages))


def without_blanks(text: str) -> str:
    """A text without blanks and line ends, which typesetting moves.

    >>> without_blanks("a b\\n c")
    'abc'
    """
    return re.sub(r"\s+", "", text)


def lines_not_said(text: str, pages: str) -> list[str]:
    """The lines of a text that pages do not say; `pages` as of `pages_text`."""
    return [line for line in text.split("\n") if without_blanks(line) and without_blanks(line) not in pages]
