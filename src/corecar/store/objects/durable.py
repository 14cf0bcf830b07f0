"""A file on disk that is whole or absent, also after a power cut: written beside its place, synced, renamed, synced."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from corecar.atomic import refused, sibling_of
from corecar.errors import OutputError

BUFFER = 1 << 20
"""Bytes gathered before the disk is asked."""

UNFINISHED = ".part"
"""How the name of a file ends that is still being written; it begins with a dot."""

_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free space on it, then repeat."),
    errno.EDQUOT: ("the quota of this disk is used up", "Free space or have the quota raised, then repeat."),
    errno.EROFS: ("the disk is mounted read-only", "Mount it writable or name another folder."),
    errno.EACCES: ("writing there is not permitted", "Have the folder's rights changed or name another folder."),
    errno.EPERM: ("writing there is not permitted", "Have the folder's rights changed or name another folder."),
    errno.ENOTDIR: ("a file stands where a folder is needed", "Move that file away or name another folder."),
    errno.EEXIST: ("a file stands where a folder is needed", "Move that file away or name another folder."),
    errno.EISDIR: ("a folder stands where the file belongs", "Move that folder away or choose another name."),
}


class Sink(io.BufferedWriter):
    """A binary file to write to.

    key   where the content will appear; may be set until the block ends. None: nowhere, it is thrown away.
    path  the file that holds the content meanwhile.
    """

    def __init__(self, path: Path, place: str | Path, *, key: str | None = None, synced: bool = True) -> None:
        self.key = key
        self.path = path
        super().__init__(_TellingFile(path, place, synced), BUFFER)


class _TellingFile(io.FileIO):
    """A file whose refusals arrive as OutputError of the place that it stands in for; synced when it closes."""

    def __init__(self, path: Path, place: str | Path, synced: bool) -> None:
        self.place = place
        self.synced = synced
        super().__init__(path, "xb")

    def write(self, data: object) -> int:
        with telling(self.place):
            return super().write(data)  # type: ignore[arg-type]

    def close(self) -> None:
        if not self.closed:
            try:
                with telling(self.place):
                    self._sync()
            finally:
                super().close()

    def _sync(self) -> None:
        if self.synced:
            os.fsync(self.fileno())


@contextmanager
def durable_file(path: str | Path) -> Iterator[Sink]:
    """A sink that takes the place of `path`, folders included, when the block ends without an error.

    Raises  OutputError: disk full, mounted read-only, no permission, or a folder stands there.
    """
    target = Path(path)
    make_folder(target.parent)
    with scratch(target) as sink:
        yield sink
        sink.close()
        settle(sink.path, target)


@contextmanager
def scratch(target: Path, *, key: str | None = None) -> Iterator[Sink]:
    """A sink to an unfinished file beside `target`, whose folder exists; what is left of it at the end is removed."""
    with telling(target):
        sink = Sink(sibling_of(target), target, key=key)
    try:
        with sink:
            yield sink
    finally:
        with suppress(OSError):
            sink.path.unlink(missing_ok=True)


def settle(unfinished: Path, target: Path) -> None:
    """Rename a synced file to its place so that the rename outlives a power cut. Raises OutputError."""
    make_folder(target.parent)
    with telling(target):
        os.replace(unfinished, target)
        _sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents so that they outlive a power cut. Raises OutputError."""
    missing = [place for place in (folder, *folder.parents) if not place.is_dir()]
    with telling(folder):
        for place in reversed(missing):
            place.mkdir(exist_ok=True)
            _sync_folder(place.parent)


def is_unfinished(name: str) -> bool:
    """Whether a file's name is that of one still being written."""
    return name.startswith(".") and name.endswith(UNFINISHED)


@contextmanager
def telling(place: str | Path) -> Iterator[None]:
    """Whatever the system refuses in the block arrives as OutputError of this place."""
    try:
        yield
    except OSError as error:
        raise write_refused(place, error) from error


def write_refused(place: str | Path, error: OSError) -> OutputError:
    """What to tell when the system did not let something be written."""
    if error.errno not in _REASONS:
        return refused(place, error)
    reason, advice = _REASONS[error.errno]
    return OutputError(f"{place}: could not be written: {reason}. {advice}")


def _sync_folder(folder: Path) -> None:
    """Have a folder's list of names on disk. Windows has no such call and keeps the list by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
