"""A real cluster on this machine: a scheduler and two workers that trust only certificates made for the test."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60
LOOPBACK = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
"""Also without a dashboard a page of figures is served, at every address of the machine unless told otherwise."""


@dataclass
class RunningCluster:
    """Where the cluster is, what its clients need, and its worker processes by name."""

    address: str
    scheduler: subprocess.Popen[bytes]
    settings: dict[str, str]
    folder: Path
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start_worker(self, name: str) -> None:
        """One more worker of one thread, which nobody starts again when it is killed."""
        self.workers[name] = started(
            [*("dask_worker", self.address, "--no-nanny", "--nthreads", "1", "--name", name)],
            self.settings,
            self.folder / name,
        )

    def kill_worker(self, name: str) -> None:
        self.workers[name].send_signal(signal.SIGKILL)
        self.workers[name].wait(PATIENCE_S)


def started(words: list[str], settings: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """One process of the cluster; what it prints goes to a file in its folder."""
    folder.mkdir()
    module, *arguments = words
    tls = [
        *("--tls-ca-file", settings["CORECAR_TLS_CA"]),
        *("--tls-cert", settings["CORECAR_TLS_CERT"]),
        *("--tls-key", settings["CORECAR_TLS_KEY"]),
    ]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments, *tls, *LOOPBACK],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def certificates(folder: Path) -> dict[str, str]:
    """A certificate authority of the test's own and one certificate by it, as settings."""
    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    return {f"CORECAR_TLS_{name.upper()}": str(folder / f"{name}.pem") for name in ("ca", "cert", "key")}


def address_of(scheduler: subprocess.Popen[bytes], file: Path) -> str:
    """The address that a scheduler writes into its file once it listens."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and scheduler.poll() is None:
        try:
            return str(json.loads(file.read_text("utf-8"))["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    pytest.fail((file.parent / "log").read_text("utf-8", "replace"))


def needed(module: str) -> None:
    """Skip without an optional package; fail where everything is required."""
    if importlib.util.find_spec(module) is None:
        if os.environ.get("CORECAR_REQUIRE") == "1":
            pytest.fail(f"{module} is missing: install the extra `test`")
        pytest.skip(f"{module} is not installed; it comes with the extra `test`")


@contextmanager
def running_cluster(folder: Path) -> Iterator[RunningCluster]:
    """A scheduler on a free port of the loopback and two workers, with TLS."""
    needed("distributed")
    needed("trustme")
    settings = certificates(folder)
    file = folder / "scheduler" / "address.json"
    scheduler = started(
        ["dask_scheduler", "--protocol", "tls", "--port", "0", "--scheduler-file", str(file)],
        settings,
        file.parent,
    )
    running = RunningCluster("", scheduler, settings, folder)
    try:
        running.address = address_of(scheduler, file)
        running.start_worker("first")
        running.start_worker("second")
        yield running
    finally:
        for process in (*running.workers.values(), scheduler):
            process.kill()
            process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """The cluster of a module's tests."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def mortal_cluster(tmp_path: Path) -> Iterator[RunningCluster]:
    """A cluster that a test may ruin."""
    with running_cluster(tmp_path) as running:
        yield running
