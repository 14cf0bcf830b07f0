"""Where a Delta table is published: a folder, or the lake's own bucket; what is asked of either."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corecar.atomic import refused, sibling_of, whole_file
from corecar.errors import DamagedSource, SourceMissing
from corecar.store.objects import ObjectStore

LOG, LOCK = "_delta_log", ".lock"


class Place(Protocol):
    """The files of one Delta table and its log."""

    @property
    def root(self) -> str:
        """The folder or URL, as readers of Delta take it."""

    def held(self, name: str) -> int | None:
        """Bytes that a file of the lake has; None when it is missing."""

    def bring(self, names: Iterable[str]) -> int:
        """Have files of the lake stand beside the log; how many were copied."""

    def log(self) -> list[str]:
        """Names in the log, sorted."""

    def read(self, name: str) -> bytes:
        """A file of the log. Raises SourceError, OSError."""

    def put_new(self, name: str, content: bytes) -> bool:
        """Add a file to the log, whole; False when somebody else's bears the name. Raises OutputError."""

    def put(self, name: str, content: bytes) -> None:
        """Put a file into the log, whole, in place of one of the same name. Raises OutputError."""


@dataclass(frozen=True)
class FolderPlace:
    """A table in a folder.

    home    where the files of the lake stand
    folder  where the log and, by hard links, the files shall stand; the same folder, or another
    """

    home: Path
    folder: Path

    @property
    def root(self) -> str:
        return str(self.folder)

    def held(self, name: str) -> int | None:
        path = self.home / name
        return path.stat().st_size if path.is_file() else None

    def bring(self, names: Iterable[str]) -> int:
        if self.folder == self.home:
            return 0
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused(self.folder, error) from error
        return sum(self._link(name) for name in names)

    def log(self) -> list[str]:
        return sorted(path.name for path in (self.folder / LOG).glob("*"))

    def read(self, name: str) -> bytes:
        return (self.folder / LOG / name).read_bytes()

    def put_new(self, name: str, content: bytes) -> bool:
        place = self.folder / LOG / name
        sibling = sibling_of(place)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(sibling, content)
            return _put_if_absent(sibling, place)
        except OSError as error:
            raise refused(place, error) from error
        finally:
            sibling.unlink(missing_ok=True)

    def put(self, name: str, content: bytes) -> None:
        with whole_file(self.folder / LOG / name) as sibling:
            _write(sibling, content)

    def _link(self, name: str) -> int:
        """Have a file in the other folder, without using space where it takes hard links; 1 when it was copied."""
        try:
            os.link(self.home / name, self.folder / name)
        except FileExistsError:
            return 0
        except OSError:
            with whole_file(self.folder / name) as sibling:
                shutil.copyfile(self.home / name, sibling)
            return 1
        return 0


@dataclass(frozen=True)
class ObjectPlace:
    """A table in an object store, where the files of the lake stand.

    prefix  of the table's keys: `lake/parts`
    alone   called before a version is put; raises unless nobody else may put one now. Servers differ in whether they
            can put an object only if it is absent, so whoever publishes must be the only one
    """

    objects: ObjectStore
    prefix: str
    alone: Callable[[], None]

    @property
    def root(self) -> str:
        return f"{self.objects.root}/{self.prefix}"

    def held(self, name: str) -> int | None:
        try:
            return self.objects.size(f"{self.prefix}/{name}")
        except SourceMissing:
            return None

    def bring(self, names: Iterable[str]) -> int:
        return 0

    def log(self) -> list[str]:
        start = f"{self.prefix}/{LOG}/"
        return [stored.key.removeprefix(start) for stored in self.objects.list(start)]

    def read(self, name: str) -> bytes:
        key = f"{self.prefix}/{LOG}/{name}"
        with self.objects.open_input(key) as file, self.objects.reading(key):
            return bytes(file.read())

    def put_new(self, name: str, content: bytes) -> bool:
        self.alone()
        if self.objects.exists(f"{self.prefix}/{LOG}/{name}"):
            return False
        self.put(name, content)
        return True

    def put(self, name: str, content: bytes) -> None:
        self.objects.put_bytes(f"{self.prefix}/{LOG}/{name}", content)


def check_sizes(place: Place, sizes: Iterable[tuple[str, int]]) -> None:
    """A table that names a missing file can't be read at all, so none is published. Raises DamagedSource."""
    for name, size in sizes:
        held = place.held(name)
        if held != size:
            problem = f"{size} bytes were expected, {'it is missing' if held is None else f'it has {held}'}."
            raise DamagedSource(f"{place.root}/{name}", problem, advice="Restore it from a copy of the workspace.")


def _write(place: Path, content: bytes) -> None:
    with place.open("xb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _put_if_absent(sibling: Path, place: Path) -> bool:
    """Give a finished file its name unless the name is taken; a hard link does that in one step."""
    try:
        os.link(sibling, place)
    except FileExistsError:
        return False
    except OSError:
        return _renamed_if_absent(sibling, place)
    return True


def _renamed_if_absent(sibling: Path, place: Path) -> bool:
    """The same where there are no hard links: Windows renames onto no file; elsewhere a lock dies with its process."""
    if os.name == "nt":
        try:
            os.rename(sibling, place)
        except FileExistsError:
            return False
        return True
    import fcntl

    with (place.parent / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.exists():
            return False
        os.rename(sibling, place)
    return True
