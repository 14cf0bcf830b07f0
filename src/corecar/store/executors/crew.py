"""What every executor tells of itself, and the one that works in this process."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Crew(Executor):
    """An executor that knows how many tasks it works on at once, and what the death of a worker looks like."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many tasks are worked on at once, now."""

    def deaths(self, error: BaseException) -> int:
        """How many workers died while they held the task of which the future ended with this error; 0 if none did."""
        return 1 if isinstance(error, BrokenExecutor) else 0

    def close(self, *, hurry: bool) -> None:
        """End the workers; in a hurry what they are doing is broken off, else it is finished first."""
        self.shutdown(wait=not hurry, cancel_futures=True)


class Inline(Crew):
    """Runs each task in this process while it is submitted."""

    @property
    def workers(self) -> int:
        return 1

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """The call is over when this returns; Ctrl-C goes through to the caller."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future
