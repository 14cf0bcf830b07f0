"""From a path to its decompressed bytes: mapped, inflated whole, or inflated while someone reads.

What a file is shows in its first bytes, never in its name.
"""

from __future__ import annotations

import bz2
import lzma
import mmap
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np

from corecar.errors import DamagedSource, SourceMissing, UnknownFormat

INPUT_CHUNK = 1 << 16
"""Compressed bytes taken at a time: small, so that one chunk inflates to a few megabytes at most."""

WORKBOOK = "xl/workbook.xml"
"""The member of a zip that makes it an .xlsx workbook (ECMA-376, part 1)."""
GZIP = b"\x1f\x8b"
_MAGIC = (
    (GZIP, "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
SKIPPABLE = b"\x2a\x4d\x18"
"""Behind a byte 0x50 to 0x5F: a frame of zstd that holds no data, as pzstd writes one before each that does (RFC 8878,
3.1.2)."""


@dataclass
class Member:
    """One stream of bytes in a file: the file itself, or one member of a zip.

    name         what to call it in messages
    size         bytes on disk (of a zip member: compressed)
    compression  `gzip`, `bz2`, `xz`, `zstd`, `zip` or None
    cut          after reading: why the decompressed content ends early; empty when it does not
    note         after reading: what else is to be told
    """

    path: Path
    name: str
    size: int
    compression: str | None
    inner: str | None = None
    cut: str = ""
    note: str = ""
    consumed: int = 0

    def chunks(self) -> Iterator[bytes]:
        """The decompressed content piece by piece; a cut or corrupt end stops it and is told in `cut`."""
        try:
            with self._open() as handle:
                yield from self._inflated(handle)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error) as fault:
            self.cut = f"the {'compressed data is damaged' if self.compression else 'file cannot be read on'} ({fault})"

    def _inflated(self, handle: IO[bytes]) -> Iterator[bytes]:
        pieces: Iterator[bytes] = self._counted(handle)
        kind = self.compression
        if kind == "zip":
            first = next(pieces, b"")
            kind = compression_of(first)
            pieces = chain((first,), pieces)
        yield from _INFLATE[kind](pieces, self) if kind in _INFLATE else pieces

    def load(self) -> Any:
        """The whole decompressed content as uint8; a plain file is mapped, not copied."""
        if self.compression is None:
            if self.path.stat().st_size == 0:
                return np.empty(0, np.uint8)
            with self.path.open("rb") as handle:
                return np.frombuffer(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
        return np.frombuffer(b"".join(self.chunks()), np.uint8)

    def straight(self) -> Straight | None:
        """A plain or gzip file whose content goes straight into a buffer; None for any other member."""
        return Straight(self) if self.compression in (None, "gzip") and self.inner is None else None

    def head(self, length: int = 4096) -> bytes:
        """The first decompressed bytes."""
        taken = b""
        for piece in self.chunks():
            taken += piece
            if len(taken) >= length:
                break
        self.consumed = 0
        return taken[:length]

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        if self.inner is None:
            with self.path.open("rb") as handle:
                yield handle
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.inner) as handle:
                yield handle

    def _counted(self, handle: IO[bytes]) -> Iterator[bytes]:
        size = INPUT_CHUNK if self.compression else 1 << 22
        while piece := handle.read(size):
            self.consumed += len(piece)
            yield piece


class Straight:
    """A file whose content goes into its reader's buffer. At anything odd it raises one of `faults`, of which
    `Member.chunks` can tell more."""

    def __init__(self, member: Member) -> None:
        from isal import igzip, isal_zlib

        self.faults: Any = (OSError, EOFError, zlib.error, isal_zlib.error)
        self._member = member
        self._packed = member.path.open("rb", buffering=0 if member.compression is None else -1)
        self._file: Any = self._packed if member.compression is None else igzip.open(self._packed)

    def read_into(self, buffer: memoryview) -> int:
        """Fill the beginning of a buffer; returns how much, 0 at the end."""
        count = int(self._file.readinto(buffer))
        self._member.consumed = self._packed.tell()
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._packed.close()


def compression_of(head: bytes) -> str | None:
    """The compression that a file's first bytes show, or None.

    >>> compression_of(b"BZh91AY"), compression_of(b"FAR:")
    ('bz2', None)
    """
    if head[1:4] == SKIPPABLE and head[0] & 0xF0 == 0x50:
        return "zstd"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def members(path: str | Path) -> list[Member]:
    """The streams of bytes in a file: one, or one per member of a zip.

    Raises SourceMissing when there is no file, UnknownFormat when it is empty or holds nothing.
    """
    file = Path(path)
    if not file.exists():
        raise SourceMissing(file, "there is no such file.", advice="Check the path.")
    if file.is_dir():
        raise SourceMissing(file, "this is a directory.", advice="Name the files in it.")
    try:
        size = file.stat().st_size
        with file.open("rb") as handle:
            compression = compression_of(handle.read(8))
    except OSError as fault:
        raise SourceMissing(
            file, f"the file can't be opened ({fault.strerror}).", advice="Check its rights."
        ) from fault
    if size == 0:
        raise UnknownFormat(file, "the file is empty.", advice="Copy it again from the tester.")
    if compression != "zip":
        return [Member(file, shown(path), size, compression)]
    return _zip_members(file)


def shown(path: str | Path) -> str:
    """A path as text that every table and database takes, whatever bytes its name has.

    >>> shown("a" + chr(0xDCFF))
    'a\\\\udcff'
    """
    return str(path).encode("utf-8", "backslashreplace").decode()


def _of_the_system(name: str) -> bool:
    """A member that an operating system put beside the files, such as `__MACOSX/._lot.stdf`."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in (".DS_Store", "Thumbs.db")


def _zip_members(file: Path) -> list[Member]:
    try:
        with zipfile.ZipFile(file) as archive:
            inside = [item for item in archive.infolist() if not item.is_dir() and not _of_the_system(item.filename)]
    except zipfile.BadZipFile as fault:
        raise DamagedSource(
            file, f"the zip archive has no readable directory ({fault}).", advice="Copy it again from its source."
        ) from fault
    if any(item.filename == WORKBOOK for item in inside):
        raise UnknownFormat(
            file, "this is a workbook. Corecar writes workbooks but does not read them.",
            advice="Read the file that it was made from, or save its sheet as CSV: corecar datalog propose FILE.",
        )  # fmt: skip
    if not inside:
        raise UnknownFormat(file, "the zip archive holds no file.", advice="Copy it again from its source.")
    single = len(inside) == 1
    return [
        Member(
            file, shown(file) if single else shown(f"{file}!{item.filename}"), item.compress_size, "zip", item.filename
        )
        for item in inside
    ]


def _inflate_gzip(pieces: Iterator[bytes], member: Member) -> Iterator[bytes]:
    from isal import isal_zlib

    engine = isal_zlib.decompressobj(31)
    given = 0
    try:
        for piece in pieces:
            data = piece
            while data:
                if engine.eof:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    if data[:1] != GZIP[:1]:
                        member.note = "Bytes that are no gzip follow the gzip data; they were left out."
                        return
                    engine = isal_zlib.decompressobj(31)
                    continue
                inflated = engine.decompress(data)
                given += len(inflated)
                yield inflated
                data = engine.unused_data
    except isal_zlib.error as fault:  # type: ignore[misc]
        member.cut = f"the gzip data is damaged ({fault})"
        if member.compression == "gzip":
            yield from _unchecked(member.path.read_bytes(), given)
        return
    if not engine.eof and (given or member.consumed):
        member.cut = "the gzip data is cut short"


def _unchecked(raw: bytes, skip: int) -> Iterator[bytes]:
    """What gzip data holds from content byte `skip` on, checksums ignored, up to where it can't be inflated."""
    place, done = 0, 0
    while raw[place : place + 2] == GZIP:
        engine = zlib.decompressobj(-15)
        at = _deflate_start(raw, place)
        try:
            while not engine.eof and at < len(raw):
                piece = engine.decompress(raw[at : at + 4096])
                at += 4096
                yield piece[max(skip - done, 0) :]
                done += len(piece)
        except zlib.error:
            return
        place = min(at, len(raw)) - len(engine.unused_data) + 8


def _deflate_start(raw: bytes, place: int) -> int:
    """Where the compressed data of a gzip member begins behind its header (RFC 1952, 2.3)."""
    flags, at = raw[place + 3] if place + 3 < len(raw) else 0, place + 10
    if flags & 4:
        at += 2 + int.from_bytes(raw[at : at + 2], "little")
    for text in (8, 16):
        if flags & text:
            at = raw.find(b"\0", at) + 1 or len(raw)
    return at + 2 if flags & 2 else at


def _inflate_by(make: Any, what: str, errors: Any, padding: bytes = b"") -> Any:
    """An inflater over objects with `decompress`, `eof` and `unused_data`; members follow one another.

    padding  byte that may stand any number of times behind a member
    """

    def inflate(pieces: Iterator[bytes], member: Member) -> Iterator[bytes]:
        engine = make()
        try:
            for piece in pieces:
                data = piece
                while data:
                    if engine.eof:
                        data = data.lstrip(padding) if padding else data
                        if not data:
                            break
                        engine = make()
                    yield engine.decompress(data)
                    data = engine.unused_data if engine.eof else b""
        except errors as fault:
            member.cut = f"the {what} data is damaged ({fault})"
            return
        if not engine.eof:
            member.cut = f"the {what} data is cut short"

    return inflate


def _inflate_zstd(pieces: Iterator[bytes], member: Member) -> Iterator[bytes]:
    import zstandard

    yield from _inflate_by(lambda: zstandard.ZstdDecompressor().decompressobj(), "zstd", zstandard.ZstdError)(
        pieces, member
    )


_INFLATE: dict[str | None, Any] = {
    "gzip": _inflate_gzip,
    "bz2": _inflate_by(bz2.BZ2Decompressor, "bz2", (OSError, EOFError)),
    "xz": _inflate_by(lzma.LZMADecompressor, "xz", lzma.LZMAError, padding=b"\0"),
    "zstd": _inflate_zstd,
}
