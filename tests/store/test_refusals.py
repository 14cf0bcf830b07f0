"""What is told when a disk or a server refuses, and that nothing half-written is left."""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.object_server import ObjectServer

from corecar.errors import OutputError, SourceError, SourceMissing
from corecar.store.objects import ObjectStore, open_objects


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of that size in memory, mounted at a new folder; a skip where mounting is not permitted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk needs root: {mounted.stderr.decode()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def write_much(objects: ObjectStore, key: str) -> None:
    with objects.writer(key) as sink:
        for _ in range(8):
            sink.write(bytes(1 << 20))


@pytest.mark.parametrize("write", [write_much, lambda objects, key: objects.put_bytes(key, bytes(8 << 20))])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, write: Callable[[ObjectStore, str], None]) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        objects = open_objects(disk / "store")
        objects.put_bytes("a/small", b"x")
        with pytest.raises(OutputError, match=r"store/a/b: could not be written: the disk is full\. Free space"):
            write(objects, "a/b")
        assert [one.key for one in objects.list()] == ["a/small"]
        assert list(objects.unfinished()) == []
        objects.put_bytes("a/b", bytes(1 << 20))


def test_a_full_temporary_folder_is_told(bucket: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        monkeypatch.setattr("tempfile.tempdir", str(disk))
        with pytest.raises(OutputError, match=rf"{disk}/corecar-.*the disk is full"):
            write_much(bucket, "a/b")
        assert list(bucket.list()) == []
        assert list(disk.iterdir()) == []


def test_a_read_only_disk_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        open_objects(disk).put_bytes("a", b"x")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for key in ("b", "new/b"):
            with pytest.raises(OutputError, match="mounted read-only"):
                open_objects(disk).put_bytes(key, b"x")
        with pytest.raises(OutputError, match="mounted read-only"):
            open_objects(disk).delete("a")
        assert open_objects(disk).size("a") == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(OutputError, match="writing there is not permitted"):
        open_objects(tmp_path / "locked").put_bytes("a", b"x")


def test_a_folder_in_the_place_of_an_object_is_told(tmp_path: Path) -> None:
    objects = open_objects(tmp_path)
    objects.put_bytes("a/b", b"x")
    with pytest.raises(OutputError, match="a folder stands where the file belongs"):
        objects.put_bytes("a", b"x")
    with pytest.raises(SourceMissing, match="directory"):
        objects.fetch("a", tmp_path / "out")


WRITES: list[Callable[[ObjectStore], object]] = [
    lambda objects: objects.put_bytes("a/b", b"x"),
    lambda objects: write_much(objects, "a/b"),
]
READS: list[Callable[[ObjectStore], object]] = [
    lambda objects: objects.open_input("a/b"),
    lambda objects: objects.size("a/b"),
    lambda objects: objects.exists("a/b"),
    lambda objects: list(objects.list()),
    lambda objects: list(objects.list("a/")),
]


def refused(objects: ObjectStore, problem: str) -> None:
    """Every call is refused with this problem, where, and what to do now."""
    for kind, calls in ((OutputError, WRITES), (SourceError, READS)):
        for call in calls:
            with pytest.raises(kind, match=problem) as told:
                call(objects)
            assert str(told.value).startswith(objects.root)


def test_a_missing_bucket_is_told(bucket: ObjectStore) -> None:
    refused(open_objects("s3://no-such-bucket/house"), r"there is no bucket no-such-bucket at http.*Create it")


def test_wrong_keys_are_told(bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch, object_server: ObjectServer) -> None:
    script = (
        "import sys; from tests.store.test_refusals import refused; from corecar.store.objects import open_objects; "
        "refused(open_objects(sys.argv[1]), r'refuses the access keys\\. Check AWS_ACCESS_KEY_ID')"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment = os.environ | object_server.environment() | {name: "wrong"}
        elsewhere = subprocess.run(
            [sys.executable, "-c", script, bucket.root], env=environment, capture_output=True, check=False
        )
        assert elsewhere.returncode == 0, elsewhere.stderr.decode()


def test_a_server_that_does_not_answer_is_told(bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        refused(open_objects("s3://corecar/house"), r"http://127\.0\.0\.1:\d+ does not answer\. Check AWS_ENDPOINT_URL")
        with pytest.raises(OutputError, match="does not answer"):
            open_objects("s3://corecar/house").delete("a")


class Line:
    """A line to the server on which only so many bytes pass; then it dies, or rests until `go` is set."""

    def __init__(self, server: ObjectServer, passes: int, *, rests: bool = False) -> None:
        self.far = ("127.0.0.1", int(server.endpoint.rpartition(":")[2]))
        self.left = passes
        self.rests = rests
        self.used_up, self.go = threading.Event(), threading.Event()

    @contextmanager
    def opened(self) -> Iterator[str]:
        """Yields the URL of the near end."""
        line = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                line.carry(self.request)

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as near:
            serving = threading.Thread(target=near.serve_forever, args=(0.05,))
            serving.start()
            try:
                yield f"http://127.0.0.1:{near.server_address[1]}"
            finally:
                self.left, self.rests = 0, False
                self.go.set()
                near.shutdown()
                serving.join()

    def carry(self, near: socket.socket) -> None:
        with socket.create_connection(self.far) as far:
            back = threading.Thread(target=self._pass_on, args=(far, near, False))
            back.start()
            self._pass_on(near, far, True)
            back.join()

    def _pass_on(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while (not counted or self._may_pass()) and (piece := source.recv(1 << 16)):
                self.left -= len(piece) if counted else 0
                target.sendall(piece)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _may_pass(self) -> bool:
        if self.left > 0:
            return True
        self.used_up.set()
        return self.rests and self.go.wait(20)


def test_a_line_that_fails_during_an_upload_leaves_nothing(
    bucket: ObjectStore, object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(24 << 20)
    with Line(object_server, passes=13 << 20).opened() as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line)
        with pytest.raises(OutputError, match="could not be written"):
            open_objects(bucket.root).put_bytes("a/b", content)
    assert list(bucket.list()) == []
    bucket.put_bytes("a/b", content)
    assert [one.bytes for one in bucket.list()] == [len(content)]


SENDING = """
import signal, sys
from corecar.store.objects import open_objects
signal.signal(signal.SIGINT, signal.default_int_handler)
open_objects(sys.argv[1]).put_bytes("a/b", bytes(24 << 20))
"""


@pytest.mark.parametrize(("sign", "appears"), [(signal.SIGKILL, False), (signal.SIGINT, True)])
def test_a_program_stopped_during_an_upload_leaves_all_or_nothing(
    bucket: ObjectStore, object_server: ObjectServer, sign: signal.Signals, appears: bool
) -> None:
    line = Line(object_server, passes=13 << 20, rests=True)
    with line.opened() as url:
        environment = os.environ | {"AWS_ENDPOINT_URL": url}
        with subprocess.Popen(
            [sys.executable, "-c", SENDING, bucket.root], env=environment, stderr=subprocess.PIPE
        ) as sending:
            assert line.used_up.wait(30)
            sending.send_signal(sign)
            line.go.set()
            assert sending.wait(30) != 0
    assert [one.bytes for one in bucket.list()] == ([24 << 20] if appears else [])
