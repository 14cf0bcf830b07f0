"""The processes of `corecar serve`: some that answer requests, some that do jobs, and one that keeps them going.

The processes share nothing but the workspace and the spool: each opens both by itself, from what the environment says.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from corecar.bridge.access import keeper
from corecar.bridge.ingest.discovery import quarantined_paths
from corecar.bridge.workspace import Workspace, identity_of, open_workspace
from corecar.errors import ArgumentError, Cancelled, CorecarError, DependencyMissing
from corecar.web.spool import PLACE, Spool, open_spool

if TYPE_CHECKING:
    from fastapi import FastAPI

WORKSPACE = "CORECAR_SERVED"
"""The environment variable by which the processes learn which workspace they serve."""
UPLOADS = "CORECAR_UPLOAD_LIMIT"
"""The environment variable that says how many bytes a request may have."""
UPLOAD_LIMIT = 4 << 30
LOOK_EVERY_S = 0.1
"""Between two looks for new jobs [s]."""
PATIENCE_S = 15.0
"""How long a process that is asked to stop may take [s]."""
SWEEP_EVERY_S = 600.0


@dataclass(frozen=True)
class Serving:
    """What is served, and how. workers: processes for requests; jobs: processes for long work."""

    workspace: str | None
    host: str = "127.0.0.1"
    port: int = 8600
    workers: int = 1
    jobs: int = 1


def app_of_environment() -> FastAPI:
    """The app in one process for requests."""
    from corecar.web.api import Served, make_app

    opened = open_workspace(os.environ.get(WORKSPACE) or None)
    served = Served(opened.store, spool_of(opened))
    app = make_app(served, upload_limit=int(os.environ.get(UPLOADS) or UPLOAD_LIMIT))
    from corecar.web.pages.every import add_pages

    add_pages(app, served)
    return app


def spool_of(opened: Workspace) -> Spool:
    """The spool of a workspace."""
    return open_spool(os.environ.get(PLACE), identity_of(opened.store.catalogue), opened.store.folder)


def serve(serving: Serving) -> None:
    """Serve until stopped by SIGINT or SIGTERM.

    Raises  ArgumentError for a port that is taken; DependencyMissing; WorkspaceError
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise DependencyMissing('serving needs more packages. Install them with: pip install "corecar[web]"') from error
    check_free(serving.host, serving.port)
    os.environ[WORKSPACE] = serving.workspace or ""
    with _job_workers(serving.jobs), _sweeping():
        uvicorn.run(
            "corecar.web.serving:app_of_environment", factory=True, host=serving.host, port=serving.port,
            workers=serving.workers, log_level="warning", access_log=False, timeout_graceful_shutdown=10,
            server_header=False, proxy_headers=True, forwarded_allow_ips="127.0.0.1",
        )  # fmt: skip


def check_free(host: str, port: int) -> None:
    """Raises ArgumentError for a port where something listens already, or an address that is not of this machine."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror
            raise ArgumentError(f"{host}:{port}: cannot be listened at ({reason}). Choose another --port.") from error


def work_at_jobs(workspace: str | None) -> None:
    """Do queued jobs of every party until SIGTERM or SIGINT; what is under way is asked to stop, and can be resumed."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    signal.signal(signal.SIGINT, lambda *_: asked.set())
    while not asked.is_set():
        try:
            with open_workspace(workspace) as opened:
                worker = Workspace(opened.store, keeper(opened.store.catalogue))
                worker.call("jobs_work", every=LOOK_EVERY_S, everyone=True, stopped=asked.is_set)
        except Cancelled:
            return
        except CorecarError:
            asked.wait(2.0)


@contextmanager
def _job_workers(count: int) -> Iterator[None]:
    """Keep so many processes at work on jobs; one that dies is started again."""
    context = multiprocessing.get_context("spawn")
    over = threading.Event()

    def start() -> BaseProcess:
        process = context.Process(target=work_at_jobs, args=(os.environ[WORKSPACE] or None,), name="corecar jobs")
        process.start()
        return process

    running = [start() for _ in range(count)]

    def keep() -> None:
        while not over.wait(1.0):
            for number, process in enumerate(running):
                if not process.is_alive() and not over.is_set():
                    running[number] = start()

    nurse = threading.Thread(target=keep, name="corecar jobs keeper", daemon=True)
    nurse.start()
    try:
        yield
    finally:
        over.set()
        nurse.join()
        _end(running)


def _end(running: list[BaseProcess]) -> None:
    for process in running:
        process.terminate()
    until = time.monotonic() + PATIENCE_S
    for process in running:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


@contextmanager
def _sweeping() -> Iterator[None]:
    """Delete what calls left in the spool long ago, now and then."""
    over = threading.Event()
    with open_workspace(os.environ[WORKSPACE] or None) as opened:
        spool = spool_of(opened)

    def sweep() -> None:
        while True:
            with suppress(CorecarError), open_workspace(os.environ[WORKSPACE] or None) as opened:
                spool.sweep(quarantined_paths(opened.store.catalogue))
            if over.wait(SWEEP_EVERY_S):
                return

    thread = threading.Thread(target=sweep, name="corecar spool", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
