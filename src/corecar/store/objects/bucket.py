"""Objects in an S3 bucket, through pyarrow.

An S3 upload appears when it is completed. pyarrow completes an open stream also when its block raises, so nothing
is streamed into a bucket: content is gathered in a temporary file and sent in one call once it is whole. The call
runs in a thread of its own, where no Ctrl-C can end it half-way; a killed process completes nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from corecar.errors import ArgumentError, OutputError, SourceError, SourceMissing
from corecar.store.objects import BUCKET_SCHEME, Stored, checked_key, checked_prefix, new_key
from corecar.store.objects.durable import Sink, durable_file, telling

DOWNLOAD = 1 << 23
"""Bytes asked of the server at a time."""

CONNECT_SECONDS = 10.0
"""How long a server may take to accept a connection; tried three times."""

KEYS_REFUSED = ("ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID")
NO_ANSWER = ("NETWORK_CONNECTION", "REQUEST_TIMEOUT", "curlCode")


def bucket_objects(url: str) -> BucketObjects:
    """The store at `s3://bucket/prefix`, its server and region taken from the environment now."""
    bucket, _, prefix = url.removeprefix(BUCKET_SCHEME).strip("/").partition("/")
    if not bucket:
        raise ArgumentError(f"{url}: this names no bucket. Give s3://bucket or s3://bucket/prefix.")
    if prefix:
        checked_key(prefix)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ("us-east-1" if endpoint else "")
    return BucketObjects(bucket, prefix, endpoint, region)


@dataclass(frozen=True)
class BucketObjects:
    """An ObjectStore in a bucket. What each method promises stands at `corecar.store.objects.ObjectStore`.

    endpoint  URL of the server; empty for AWS
    region    empty: as the AWS tools find it
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str

    @property
    def root(self) -> str:
        return BUCKET_SCHEME + "/".join(part for part in (self.bucket, self.prefix) if part)

    def writer(self, key: str) -> Any:
        return self._gathered(new_key(key))

    def unnamed_writer(self, prefix: str) -> Any:
        checked_key(prefix)
        return self._gathered(None)

    def put_bytes(self, key: str, data: bytes) -> None:
        import pyarrow as pa

        self._send(new_key(key), pa.py_buffer(data))

    def put_file(self, local: str | Path, key: str) -> None:
        self._send(new_key(key), _mapped(Path(local)))

    def open_input(self, key: str) -> Any:
        with self.reading(key):
            return self.filesystem().open_input_file(self.path(key))

    @contextmanager
    def reading(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._unreadable(key, error) from error

    def fetch(self, key: str, local: str | Path) -> None:
        with self.open_input(key) as source, durable_file(local) as sink:
            while piece := self._piece(key, source):
                sink.write(piece)

    def size(self, key: str) -> int:
        with self.reading(key):
            facts = self._facts(key)
            if not facts.is_file:
                raise FileNotFoundError
            return int(facts.size)

    def exists(self, key: str) -> bool:
        with self.reading(key):
            return bool(self._facts(key).is_file)

    def delete(self, key: str) -> None:
        path = self.path(key)
        with self._writing(key):
            try:
                self.filesystem().delete_file(path)
            except FileNotFoundError:
                return

    def list(self, prefix: str = "") -> Iterator[Stored]:
        folder = checked_prefix(prefix).rpartition("/")[0]
        with self.reading(prefix):
            found = [one for one in self._below(folder) if one.key.startswith(prefix)]
        return iter(sorted(found, key=lambda one: one.key))

    def unfinished(self, prefix: str = "") -> Iterator[Stored]:
        checked_prefix(prefix)
        return iter(())

    def local_path(self, key: str) -> Path | None:
        checked_key(key)
        return None

    def filesystem(self) -> Any:
        return _connected(self.endpoint, self.region, os.getpid())

    def path(self, key: str) -> str:
        return "/".join(part for part in (self.bucket, self.prefix, checked_key(key)) if part)

    @contextmanager
    def _gathered(self, key: str | None) -> Iterator[Sink]:
        with telling(tempfile.gettempdir()):
            folder = Path(tempfile.mkdtemp(prefix="corecar-"))
        try:
            with Sink(folder / "content", folder, key=key, synced=False) as sink:
                yield sink
            if sink.key is not None:
                self._send(new_key(sink.key), _mapped(sink.path))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _send(self, key: str, content: Any) -> None:
        def send() -> None:
            stream = self.filesystem().open_output_stream(self.path(key))
            stream.write(content)
            stream.close()

        with self._writing(key):
            _undisturbed(send)

    def _piece(self, key: str, source: Any) -> bytes:
        with self.reading(key):
            return bytes(source.read(DOWNLOAD))

    def _facts(self, key: str) -> Any:
        facts = self.filesystem().get_file_info(self.path(key))
        if not facts.is_file and not self._has_bucket():
            raise FileNotFoundError
        return facts

    def _below(self, folder: str) -> Iterator[Stored]:
        from pyarrow import fs

        base = "/".join(part for part in (self.bucket, self.prefix) if part)
        place = f"{base}/{folder}" if folder else base
        try:
            found = self.filesystem().get_file_info(fs.FileSelector(place, recursive=True))
        except FileNotFoundError:
            if not self._has_bucket():
                raise
            return
        for facts in found:
            if facts.is_file:
                yield Stored(facts.path[len(base) + 1 :], int(facts.size), facts.mtime)

    def _has_bucket(self) -> bool:
        """False only when the server says that there is none; where it says nothing, the bucket is not at fault."""
        from pyarrow import fs

        try:
            return bool(self.filesystem().get_file_info(self.bucket).type != fs.FileType.NotFound)
        except OSError:
            return True

    @contextmanager
    def _writing(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem, advice = self._reason(error)
            raise OutputError(f"{self._place(key)}: could not be written: {problem} {advice}") from error

    def _unreadable(self, key: str, error: OSError) -> SourceError:
        if isinstance(error, FileNotFoundError) and self._has_bucket():
            return SourceMissing(self._place(key), "there is no such object.", advice="Check the key and the bucket.")
        problem, advice = self._reason(error)
        kind = SourceMissing if isinstance(error, FileNotFoundError) else SourceError
        return kind(self._place(key), problem, advice=advice)

    def out_of_reach(self, error: BaseException) -> str:
        """Why the whole bucket cannot be read and what to do, where an error says so; "" where one object is not."""
        if not any(mark in str(error) for mark in (*NO_ANSWER, *KEYS_REFUSED, "NO_SUCH_BUCKET")):
            return ""
        problem, advice = self._reason(error)
        return f"{self.root}: {problem} {advice}"

    def _reason(self, error: BaseException) -> tuple[str, str]:
        """What went wrong, and what to do now."""
        text = str(error)
        server = self.endpoint or "AWS"
        if any(mark in text for mark in NO_ANSWER):
            return f"the object store {server} does not answer.", "Check AWS_ENDPOINT_URL and the network, then repeat."
        if any(mark in text for mark in KEYS_REFUSED):
            advice = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do in this bucket."
            return f"the object store {server} refuses the access keys.", advice
        if "NO_SUCH_BUCKET" in text or not self._has_bucket():
            return f"there is no bucket {self.bucket} at {server}.", "Create it or check CORECAR_LAKE."
        return f"{text.rstrip('.')}.", "Check the object store, then repeat."

    def _place(self, key: str) -> str:
        return f"{self.root}/{key}" if key else self.root


@lru_cache(maxsize=16)
def _connected(endpoint: str, region: str, process: int) -> Any:
    """One connection per server and process: the AWS library does not survive a fork."""
    from pyarrow import fs

    return fs.S3FileSystem(
        endpoint_override=endpoint or None,
        region=region or None,
        scheme="http" if endpoint.startswith("http://") else "https",
        connect_timeout=CONNECT_SECONDS,
    )


def _mapped(local: Path) -> Any:
    """A local file's content as one Arrow buffer, mapped rather than read. Raises SourceMissing, SourceError."""
    import pyarrow as pa

    try:
        if local.stat().st_size == 0:
            return pa.py_buffer(b"")
        return pa.memory_map(str(local)).read_buffer()
    except FileNotFoundError as error:
        raise SourceMissing(local, "there is no such file.", advice="Check the path.") from error
    except OSError as error:
        raise SourceError(local, f"the file can't be read ({error}).", advice="Check its rights.") from error


def _undisturbed(work: Callable[[], None]) -> None:
    """Run in a thread of its own: Python raises Ctrl-C in the main thread only."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
