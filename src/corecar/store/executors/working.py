"""Many tasks through one executor: a few at a time, each with exactly one outcome."""

from __future__ import annotations

import io
import pickle
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from corecar.errors import ArgumentError, CorecarError, ExecutorError, WorkerLost
from corecar.store.executors.crew import Crew

Task = TypeVar("Task")
Result = TypeVar("Result")

PATIENCE_S = 0.5
"""How long to wait for a task before `stop` is asked again."""


def work(
    executor: Crew,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    window: int | None = None,
    retries: int = 2,
    stop: Callable[[], bool] | None = None,
) -> Iterator[tuple[Task, Result | Exception]]:
    """Call `function(task)` for every task; yields (task, result or error) as they end.

    function  a function of a module, so that other processes find it by its name
    tasks     taken one by one as there is room, so that it may be endless
    window    tasks handed over at once; twice the executor's workers unless given
    retries   how often a task is tried again of which the worker died
    stop      asked as outcomes come and twice a second; once it is true nothing more is begun, also no second try, and
              what cannot be taken back any more is finished and yielded
    Raises    ArgumentError when the function cannot be found from another process; ExecutorError when no worker can be
              had at all. What goes wrong in one task is its outcome: the error it raised, or WorkerLost.

    When a worker dies, nobody can say which of the tasks then under way was the cause. They are tried again one at a
    time: the one that kills its worker when alone is the culprit, and takes no other with it.
    Leaving the loop early cancels what has not begun.
    """
    together = work_together(executor, function, tasks, window=window, retries=retries, stop=stop)
    with closing(together):
        for outcomes in together:
            yield from outcomes


def work_together(
    executor: Crew,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    window: int | None = None,
    retries: int = 2,
    stop: Callable[[], bool] | None = None,
) -> Generator[list[tuple[Task, Result | Exception]]]:
    """The same; yields lists of the outcomes that are there at one moment, for a caller who is slower than the workers.

    As `work`, and Raises as it.
    """
    _check(function, window, retries)
    line = _Line(executor, function, iter(tasks), window, retries)
    stopping = False
    try:
        while True:
            stopping = stopping or (stop is not None and stop())
            line.cancel() if stopping else line.fill()
            if not line.under_way:
                return
            outcomes = list(line.ended())
            if outcomes:
                yield outcomes
    finally:
        line.cancel()


def _check(function: Callable[..., Any], window: int | None, retries: int) -> None:
    if window is not None and window < 1:
        raise ArgumentError(f"window={window}: at least one task must be under way. Leave it out.")
    if retries < 0:
        raise ArgumentError(f"retries={retries}: cannot be negative. Use 0 to try each task once.")
    try:
        pickle.dumps(function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ArgumentError(
            f"{function!r}: other processes cannot find this function: {error}. Define it at the top level of a module."
        ) from error


@dataclass
class _Entry(Generic[Task]):
    """A task under way, how many workers have died with it, and whether it has the executor to itself."""

    task: Task
    deaths: int = 0
    alone: bool = False


class _Line(Generic[Task, Result]):
    """Tasks on their way: not begun, under way, suspected of having killed their worker."""

    def __init__(
        self,
        executor: Crew,
        function: Callable[[Task], Result],
        tasks: Iterator[Task],
        window: int | None,
        retries: int,
    ) -> None:
        self._executor = executor
        self._function = function
        self._tasks = tasks
        self._window = window
        self._retries = retries
        self._suspects: deque[_Entry[Task]] = deque()
        self.under_way: dict[Future[Any], _Entry[Task]] = {}

    def fill(self) -> None:
        """Hand over as many tasks as there is room for; a suspect only when nothing else is under way."""
        if self._suspects:
            if not self.under_way:
                entry = self._suspects.popleft()
                entry.alone = True
                self._submit(entry)
            return
        room = self._room()
        while room > len(self.under_way):
            try:
                future = self._submit(_Entry(next(self._tasks)))
            except StopIteration:
                return
            if future.done():  # as inline: its outcome first, then the next task
                return

    def ended(self) -> Iterator[tuple[Task, Result | Exception]]:
        """Outcomes of the tasks that have ended; none when that takes longer than the patience."""
        done, _ = wait(self.under_way, timeout=PATIENCE_S, return_when=FIRST_COMPLETED)
        for future in done:
            entry = self.under_way.pop(future)
            outcome = self._outcome(entry, future)
            if outcome is not None:
                yield outcome

    def cancel(self) -> None:
        """Take back what has not begun; what has stays under way."""
        self._suspects.clear()
        for future in [future for future in self.under_way if future.cancel()]:
            del self.under_way[future]

    def _room(self) -> int:
        if any(entry.alone for entry in self.under_way.values()):
            return 0
        return self._window or 2 * self._executor.workers

    def _submit(self, entry: _Entry[Task]) -> Future[Result]:
        future = self._executor.submit(_attempt, self._function, entry.task)
        self.under_way[future] = entry
        return future

    def _outcome(self, entry: _Entry[Task], future: Future[Any]) -> tuple[Task, Result | Exception] | None:
        """The task with its result or error; None when it is to be tried again."""
        try:
            return (entry.task, future.result())
        except CancelledError as error:
            raise ExecutorError(
                "the connection to the workers broke off with tasks under way. See that they run, then repeat."
            ) from error
        except Exception as error:
            return self._lost(entry, error) if self._executor.deaths(error) else (entry.task, error)

    def _lost(self, entry: _Entry[Task], error: Exception) -> tuple[Task, Exception] | None:
        entry.deaths += self._executor.deaths(error)
        if entry.deaths > self._retries and (entry.alone or not self._retries):
            lost = WorkerLost(repr(entry.task), entry.deaths)
            lost.__cause__ = error
            return (entry.task, lost)
        self._suspects.append(entry)
        return None


def _attempt(function: Callable[[Task], Result], task: Task) -> Result:
    """Call the function where the work is done; an error that cannot travel comes as one that can."""
    try:
        return function(task)
    except SystemExit as error:
        raise CorecarError(f"{function.__qualname__} asked the process to end (code {error.code}).") from None
    except Exception as error:
        if not isinstance(error, CorecarError):
            error.add_note("".join(traceback.format_exception(error)))
        if not _travels(error):
            raise CorecarError(f"{type(error).__name__}: {error}") from None
        raise


def _travels(error: Exception) -> bool:
    """Whether an error can be sent to another process; one that cannot be unpickled would break the whole pool.

    Asked by the rules of the class alone: tblib, where it is imported, teaches pickle what others cannot read.
    """
    packed = io.BytesIO()
    try:
        pickler = pickle.Pickler(packed)
        pickler.dispatch_table = {}
        pickler.dump(error)
        return isinstance(pickle.loads(packed.getvalue()), type(error))
    except Exception:
        return False
