"""Where the files of a workspace lie: a local folder or an S3 bucket, used in the same way.

An object has a key (`lake/tests/0a1b-77.parquet`) and appears whole or not at all. Nothing is appended to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from corecar.errors import ArgumentError
from corecar.store.objects.durable import Sink, is_unfinished

if TYPE_CHECKING:
    from corecar.store.objects.bucket import BucketObjects
    from corecar.store.objects.folder import LocalObjects

BUCKET_SCHEME = "s3://"

REWRITTEN = (".zst", ".gz")
"""Endings of names at which an S3 server in use (SeaweedFS 4.48) gives back other bytes than it was given."""


@dataclass(frozen=True)
class Stored:
    """One object as a listing shows it.

    bytes     its size
    modified  when it appeared, with time zone
    """

    key: str
    bytes: int
    modified: datetime


class ObjectStore(Protocol):
    """What a store can do. Every instance can be pickled; none carries credentials with it.

    Reading raises SourceMissing where there is no such object and SourceError where the store can't be read.
    Writing and deleting raise OutputError. A key that leaves the store raises ArgumentError.
    """

    @property
    def root(self) -> str:
        """The folder or `s3://bucket/prefix`, as `open_objects` takes it."""

    def writer(self, key: str) -> AbstractContextManager[Sink]:
        """A sink; its content appears under `key` when the block ends without an error."""

    def unnamed_writer(self, prefix: str) -> AbstractContextManager[Sink]:
        """A sink whose `key` is set before the block ends, since it follows from the content; unset, nothing appears.

        prefix  begins the name of what is unfinished, as `unfinished` lists it: folder and session token
        """

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store these bytes."""

    def put_file(self, local: str | Path, key: str) -> None:
        """Store a copy of a local file."""

    def open_input(self, key: str) -> Any:
        """The object as a pyarrow.NativeFile with random access. Read it inside `reading(key)`."""

    def reading(self, key: str) -> AbstractContextManager[None]:
        """What pyarrow or the system raises in the block arrives as SourceError of this object."""

    def fetch(self, key: str, local: str | Path) -> None:
        """Copy an object to a local file, which appears whole or not at all."""

    def out_of_reach(self, error: BaseException) -> str:
        """Why the whole store cannot be read and what to do, where an error says so; "" where one object is not."""

    def size(self, key: str) -> int:
        """Bytes of an object."""

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""

    def delete(self, key: str) -> None:
        """Remove an object, finished or not; an absent one is fine."""

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """The objects whose key begins so, by key; unfinished ones are left out."""

    def unfinished(self, prefix: str = "") -> Iterator[Stored]:
        """What writers that were killed have left, by key; also what writers are writing now."""

    def local_path(self, key: str) -> Path | None:
        """The file that holds the object, or None where it has no path on this machine."""

    def filesystem(self) -> Any:
        """The pyarrow.fs.FileSystem in which `path(key)` is to be read."""

    def path(self, key: str) -> str:
        """The object's path in `filesystem()`."""


def open_objects(root: str | Path) -> LocalObjects | BucketObjects:
    """The store at a local folder, which need not exist yet, or at `s3://bucket/prefix`, whose bucket must.

    For a bucket the server and the keys come from AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY, or from what else the AWS tools read (profiles, roles).
    Raises ArgumentError for another scheme or a URL without a bucket.

    >>> open_objects("lake").root.endswith("lake")
    True
    """
    place = str(root)
    if place.startswith(BUCKET_SCHEME):
        from corecar.store.objects.bucket import bucket_objects

        return bucket_objects(place)
    if "://" in place:
        raise ArgumentError(f"{place}: Corecar stores in a folder or in s3://bucket/prefix. Give one of these.")
    from corecar.store.objects.folder import LocalObjects

    return LocalObjects(str(Path(place).absolute()))


def checked_key(key: str) -> str:
    """A key that stays inside its store and names one object. Raises ArgumentError.

    >>> checked_key("files/ab/cd.zstd")
    'files/ab/cd.zstd'
    """
    parts = key.split("/")
    if not all(part not in ("", ".", "..") for part in parts) or "\\" in key or "\0" in key or ":" in parts[0]:
        raise ArgumentError(
            f"{key!r}: a key is a path inside the store, such as lake/tests/x.parquet; it has no empty part, no '..', "
            "no backslash and no drive. Give such a key."
        )
    return key


def new_key(key: str) -> str:
    """A key to write to: one that listings show and every server keeps as it is. Raises ArgumentError."""
    if is_unfinished(checked_key(key).rpartition("/")[2]):
        raise ArgumentError(f"{key!r}: such names mark unfinished files, which no listing shows. Choose another name.")
    if key.endswith(REWRITTEN):
        raise ArgumentError(f"{key!r}: some S3 servers alter objects of such names. End it in .zstd or otherwise.")
    return key


def checked_prefix(prefix: str) -> str:
    """A beginning of keys that stays inside the store: empty, a folder with or without '/', or part of a name."""
    if prefix:
        checked_key(prefix.rstrip("/") if prefix.endswith("/") and not prefix.endswith("//") else prefix)
    return prefix
