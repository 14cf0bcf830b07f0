"""Worker processes of this machine: they start warm, end with their parent, and are replaced when killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from corecar.errors import ExecutorError
from corecar.store.executors.crew import Crew

P = ParamSpec("P")
T = TypeVar("T")

WARM = ("pyarrow.parquet", "pyarrow.compute", "corecar.formats", "corecar.assess", "corecar.store.executors.working")
"""Modules that the fork server imports once, so that its workers have them from the start."""

MOST_WORKERS = 61 if sys.platform == "win32" else 10_000
"""Windows waits for at most 63 things at once, two of which the pool needs itself."""

STARTS = 2
"""How often in a row workers may end before they are ready, until that counts as unable to start."""


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Processes(Crew):
    """A process pool that outlives the death of its workers.

    A pool of the standard library is broken for good when one of its workers is killed. Here the next task gets a new
    pool; what becomes of the tasks that were lost is for the caller to decide (`working.work`).
    """

    _ready: Future[int] | None
    """The first task of the present pool, which shows whether its workers can start."""

    def __init__(self, workers: int) -> None:
        self._workers = min(workers, MOST_WORKERS)
        self._context = _context()
        self._changing = threading.Lock()
        self._failed_starts = 0
        self._start()

    @property
    def workers(self) -> int:
        return self._workers

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """As any executor. Raises ExecutorError when the workers end as soon as they are started."""
        while True:
            with self._changing, _sigint_held(), _script_unseen():
                try:
                    self._ready = self._ready or self._pool.submit(os.getpid)
                    return self._pool.submit(function, *arguments, **named)
                except BrokenProcessPool:
                    self._replace()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As any executor."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def close(self, *, hurry: bool) -> None:
        """End the workers: in a hurry at once, wherever they are."""
        if hurry:
            self._lifeline.close()
        try:
            self._pool.shutdown(wait=True, cancel_futures=True)
        finally:
            self._lifeline.close()

    def _start(self) -> None:
        """A new pool, with its lifeline: a pipe that nobody writes to, of which the workers see the end.

        Its processes start with the first task, while the server may still be importing.
        """
        watched, self._lifeline = self._context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            self._workers, mp_context=self._context, initializer=_begin, initargs=(watched,)
        )
        self._ready = None

    def _replace(self) -> None:
        self.close(hurry=True)
        self._failed_starts = 0 if _succeeded(self._ready) else self._failed_starts + 1
        if self._failed_starts >= STARTS:
            raise ExecutorError(
                "worker processes end while they are being started; what they printed stands above. "
                "Work without processes: `inline` as the number of workers."
            )
        self._start()


def _succeeded(future: Future[int] | None) -> bool:
    return future is not None and future.done() and not future.cancelled() and future.exception() is None


def _context() -> Any:
    """How processes are made: forked by a server that has imported what is heavy, where the platform has that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(WARM))
    resource_tracker.ensure_running()  # which would lift what is held below
    with _sigint_held(), _script_unseen():  # the server and all that it forks inherit this
        forkserver.ensure_running()
    return context


@contextmanager
def _script_unseen() -> Iterator[None]:
    """Keep processes that are started meanwhile from running a script once more that does not expect it.

    The standard library runs the file of `__main__` in each of them, so that they know what it defines. A script
    without `if __name__ == "__main__":` would begin its work again in every one; what workers do for such a one is
    defined in Corecar.
    """
    script = sys.modules["__main__"]
    facts: dict[str, Any] = {name: vars(script)[name] for name in ("__file__", "__spec__") if name in vars(script)}
    if _expects_it(facts.get("__file__")):
        yield
        return
    vars(script).update(dict.fromkeys(facts))
    try:
        yield
    finally:
        vars(script).update(facts)


def _expects_it(script: str | None) -> bool:
    """Whether a script asks under which name it runs; no script at all does not matter."""
    try:
        return script is None or b"__name__" in Path(script).read_bytes()
    except OSError:
        return True


@contextmanager
def _sigint_held() -> Iterator[None]:
    """Keep Ctrl-C from processes that are started meanwhile, and from this one until they are: none is half begun."""
    masks = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else None
    try:
        with _sigint_later():
            yield
    finally:
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _sigint_later() -> Iterator[None]:
    """Remember Ctrl-C, which another thread may receive, and let it act at the end of the block."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or handler is None:
        yield
        return
    arrived: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if arrived:
            signal.raise_signal(signal.SIGINT)


def _begin(lifeline: Connection) -> None:
    """What a worker does first: leave Ctrl-C to its parent, and watch whether the parent is there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    """Wait for the end of the pipe, which comes when the parent closes it or dies, and end with it.

    Waiting for the pool's own queue is not enough: every worker holds the writing end of it too.
    """
    try:
        lifeline.poll(None)
    finally:
        os._exit(1)
