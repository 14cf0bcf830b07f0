"""The processes of `corecar serve`: one for pages and API, more for the API alone, some that do jobs.

Pages keep what somebody looks at in memory, so one process serves them all; what programs ask of the API can be
answered by further processes at the next port. The processes share nothing but the workspace and the spool: each opens
both by itself, from what the environment says.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from corecar.bridge.access import keeper
from corecar.bridge.ingest.discovery import quarantined_paths
from corecar.bridge.mail.alerts import Known
from corecar.bridge.mail.sending import send_due
from corecar.bridge.workspace import Workspace, identity_of, open_workspace
from corecar.errors import ArgumentError, Cancelled, CorecarError, DependencyMissing
from corecar.web.spool import PLACE, Spool, open_spool

if TYPE_CHECKING:
    from fastapi import FastAPI

    from corecar.web.api import Served

WORKSPACE = "CORECAR_SERVED"
"""The environment variable by which the processes learn which workspace they serve."""
UPLOADS = "CORECAR_UPLOAD_LIMIT"
"""The environment variable that says how many bytes a request may have."""
UPLOAD_LIMIT = 4 << 30
LOOK_EVERY_S = 0.1
"""Between two looks for new jobs [s]."""
FAILED = 3
"""Exit status of a process that could not begin to listen."""
PATIENCE_S = 15.0
"""How long a process that is asked to stop may take [s]."""
SWEEP_EVERY_S = 600.0
MAIL_EVERY = "CORECAR_MAIL_EVERY"
"""The environment variable that says how many seconds lie between two looks for mail that is due."""
MAIL_EVERY_S = 60.0


@dataclass(frozen=True)
class Serving:
    """What is served, and how.

    port     of pages and API; workers: further processes for the API alone, at the next port; jobs: for long work
    """

    workspace: str | None
    host: str = "127.0.0.1"
    port: int = 8600
    workers: int = 0
    jobs: int = 1


def app_of_environment() -> FastAPI:
    """The app with pages, of which there is one process."""
    from corecar.web.pages.every import add_pages

    app, served = _api()
    add_pages(app, served)
    return app


def api_of_environment() -> FastAPI:
    """The app without pages, in any number of processes."""
    return _api()[0]


def _api() -> tuple[FastAPI, Served]:
    from corecar.web.api import Served, make_app

    opened = open_workspace(os.environ.get(WORKSPACE) or None)
    served = Served(opened.store, spool_of(opened))
    return make_app(served, upload_limit=int(os.environ.get(UPLOADS) or UPLOAD_LIMIT)), served


def spool_of(opened: Workspace) -> Spool:
    """The spool of a workspace."""
    return open_spool(os.environ.get(PLACE), identity_of(opened.store.catalogue), opened.store.folder)


def serve(serving: Serving, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until stopped by SIGINT or SIGTERM.

    ready   called once the pages are answered
    Raises  ArgumentError for a port that is taken; DependencyMissing; WorkspaceError
    """
    try:
        import nicegui  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        raise DependencyMissing('serving needs more packages. Install them with: pip install "corecar[web]"') from error
    check_free(serving.host, serving.port)
    if serving.workers:
        check_free(serving.host, serving.port + 1)
    os.environ[WORKSPACE] = serving.workspace or ""
    signal.signal(signal.SIGTERM, _asked_to_stop)
    with _job_workers(serving.jobs), _api_workers(serving), _sweeping(), _mailing():
        _listen("app_of_environment", serving.host, serving.port, ready=ready)


def _asked_to_stop(number: int, frame: object) -> None:
    """End as one that returns does.

    Uvicorn raises the signal once more when it has ended; by itself that would end this process at once, and leave
    those behind that it started.
    """
    raise SystemExit(0)


def _listen(app: str, host: str, port: int, workers: int = 1, ready: Callable[[], None] = lambda: None) -> None:
    """Answer requests until stopped.

    ready  called once one process answers them; of several it is not known
    """
    import uvicorn

    class Telling(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    about: dict[str, Any] = {
        "app": f"corecar.web.serving:{app}", "factory": True, "host": host, "port": port, "workers": workers,
        "log_level": "warning", "access_log": False, "timeout_graceful_shutdown": 10, "server_header": False,
        "proxy_headers": True, "forwarded_allow_ips": "127.0.0.1",
    }  # fmt: skip
    if workers > 1:
        uvicorn.run(**about)
        return
    server = Telling(uvicorn.Config(**about))
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(FAILED)


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
    """Do queued jobs of every party until SIGTERM, SIGINT or the end of whoever started this.

    What is under way is asked to stop, and can be resumed.
    """
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    signal.signal(signal.SIGINT, lambda *_: asked.set())
    parent = multiprocessing.parent_process()

    def over() -> bool:
        return asked.is_set() or (parent is not None and not parent.is_alive())

    while not over():
        try:
            with open_workspace(workspace) as opened:
                worker = Workspace(opened.store, keeper(opened.store.catalogue))
                worker.call("jobs_work", every=LOOK_EVERY_S, everyone=True, stopped=over)
        except Cancelled:
            return
        except CorecarError:
            asked.wait(2.0)


@contextmanager
def _api_workers(serving: Serving) -> Iterator[None]:
    """Processes for the API alone, at the next port."""
    if not serving.workers:
        yield
        return
    context = multiprocessing.get_context("spawn")
    about = ("api_of_environment", serving.host, serving.port + 1, serving.workers)
    process = context.Process(target=_listen, args=about, name="corecar api")
    process.start()
    try:
        yield
    finally:
        _end([process])


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


@contextmanager
def _mailing() -> Iterator[None]:
    """Send mail that is due, in this process alone, however many others answer requests or do jobs."""
    every = float(os.environ.get(MAIL_EVERY) or MAIL_EVERY_S)
    over = threading.Event()
    known: Known = {}

    def send() -> None:
        while not over.wait(every):
            try:
                with open_workspace(os.environ[WORKSPACE] or None) as opened:
                    send_due(opened.store, known=known, stopped=over.is_set)
            except CorecarError:
                pass  # the database is away; what is due then waits for the next look
            except Exception:
                logging.getLogger(__name__).exception("mail could not be sent; it is tried again")

    thread = threading.Thread(target=send, name="corecar mail", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_S)
