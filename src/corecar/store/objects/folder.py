"""Objects in a local folder: one file each, durable once it appears."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corecar.errors import SourceError, SourceMissing
from corecar.store.objects import Stored, checked_key, checked_prefix, new_key
from corecar.store.objects.durable import (
    BUFFER,
    Sink,
    durable_file,
    is_unfinished,
    make_folder,
    scratch,
    settle,
    telling,
)


@dataclass(frozen=True)
class LocalObjects:
    """An ObjectStore in a folder. What each method promises stands at `corecar.store.objects.ObjectStore`."""

    root: str

    def writer(self, key: str) -> Any:
        return durable_file(self._file(new_key(key)))

    @contextmanager
    def unnamed_writer(self, prefix: str) -> Iterator[Sink]:
        near = self._file(prefix)
        make_folder(near.parent)
        with scratch(near) as sink:
            yield sink
            sink.close()
            if sink.key is not None:
                settle(sink.path, self._file(new_key(sink.key)))

    def put_bytes(self, key: str, data: bytes) -> None:
        with self.writer(key) as sink:
            sink.write(data)

    def put_file(self, local: str | Path, key: str) -> None:
        with _reading(local):
            source = open(local, "rb")  # noqa: SIM115
        with source, self.writer(key) as sink, _reading(local):
            shutil.copyfileobj(source, sink, BUFFER)

    def open_input(self, key: str) -> Any:
        import pyarrow as pa

        with self.reading(key):
            return pa.OSFile(str(self._file(key)), "rb")

    def reading(self, key: str) -> Any:
        return _reading(self._file(key))

    def fetch(self, key: str, local: str | Path) -> None:
        with self.reading(key):
            source = self._file(key).open("rb")
        with source, durable_file(local) as sink, self.reading(key):
            shutil.copyfileobj(source, sink, BUFFER)

    def out_of_reach(self, error: BaseException) -> str:
        """Always "": a folder has no server that could be at fault."""
        return ""

    def size(self, key: str) -> int:
        with self.reading(key):
            return self._file(key).stat().st_size

    def exists(self, key: str) -> bool:
        return self._file(key).is_file()

    def delete(self, key: str) -> None:
        with telling(self._file(key)):
            self._file(key).unlink(missing_ok=True)

    def list(self, prefix: str = "") -> Iterator[Stored]:
        return (one for one in self._all(prefix) if not is_unfinished(one.key.rpartition("/")[2]))

    def unfinished(self, prefix: str = "") -> Iterator[Stored]:
        folder, _, start = checked_prefix(prefix).rpartition("/")
        below = self._all(f"{folder}/" if folder else "")
        return (one for one in below if _is_unfinished_under(one.key, folder, start))

    def local_path(self, key: str) -> Path | None:
        return self._file(key)

    def filesystem(self) -> Any:
        from pyarrow import fs

        return fs.LocalFileSystem()

    def path(self, key: str) -> str:
        return str(self._file(key))

    def _file(self, key: str) -> Path:
        return Path(self.root, *checked_key(key).split("/"))

    def _all(self, prefix: str) -> Iterator[Stored]:
        folder = checked_prefix(prefix).rpartition("/")[0]
        with _reading(Path(self.root, folder)):
            found = [one for one in _below(Path(self.root, folder), folder) if one.key.startswith(prefix)]
        return iter(sorted(found, key=lambda one: one.key))


def _is_unfinished_under(key: str, folder: str, start: str) -> bool:
    """Whether a key is an unfinished file whose later name begins with `folder/start`; its own begins with a dot."""
    rest = key[len(folder) + 1 :] if folder else key
    above, _, name = rest.rpartition("/")
    later = f"{above}/{name[1:]}" if above else name[1:]
    return is_unfinished(name) and later.startswith(start)


def _below(folder: Path, key: str) -> Iterator[Stored]:
    """The files under a folder; one that vanishes meanwhile is left out."""
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            inner = f"{key}/{entry.name}" if key else entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _below(folder / entry.name, inner)
            elif (stored := _stored(entry, inner)) is not None:
                yield stored


def _stored(entry: os.DirEntry[str], key: str) -> Stored | None:
    try:
        facts = entry.stat()
    except FileNotFoundError:
        return None
    return Stored(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))


@contextmanager
def _reading(place: str | Path) -> Iterator[None]:
    """Whatever the system refuses in the block arrives as SourceError of this file."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceMissing(
            place, "there is no such file.", advice="Check the path, and that its disk is mounted."
        ) from error
    except IsADirectoryError as error:
        raise SourceMissing(place, "this is a directory, a file was expected.", advice="Name a file in it.") from error
    except OSError as error:
        raise SourceError(
            place, f"the file can't be read ({error.strerror or error}).", advice="Check its rights and the disk."
        ) from error
