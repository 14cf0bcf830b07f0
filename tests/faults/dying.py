"""Processes that die on purpose: forked from this warm one, they do one piece of work until SIGKILL ends them."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from corecar.store.objects.folder import LocalObjects

WENT_WRONG = 70
LONGEST_S = 120
"""A child that takes longer hangs: it is ended, and the test fails [s]."""
Work = Callable[[], Any]
Boundary = Literal["changes", "statements"]
"""What counts as a step: what changes the store (files that appear or go, commits), or each SQL statement too."""


@dataclass(frozen=True)
class Death:
    """When a process is to die: at a step of its work, or after a time [s]."""

    step: int | None = None
    seconds: float = 0.0
    boundary: Boundary = "statements"

    def of(self, work: Work) -> bool:
        """Do the work in a process of its own that dies so; whether it died before it ended."""
        if self.step is not None:
            return dies_at(work, self.step, self.boundary)
        return killed_after(work, self.seconds)


def killed_after(work: Work, seconds: float) -> bool:
    """Do some work in a process of its own and kill it after a while; whether it was killed before it ended."""
    child = _forked(work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return _was_killed(child)


def dies_at(work: Work, step: int, boundary: Boundary = "changes") -> bool:
    """Do some work in a process of its own that kills itself at its n-th step; whether there were so many."""

    def dying() -> None:
        _count_steps(boundary, lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == step else None)
        work()

    return _was_killed(_forked(dying))


def measured(work: Work, boundary: Boundary = "statements") -> tuple[int, float]:
    """Do some work in a process of its own that lives; its steps and how long it took [s]."""
    listening, telling = os.pipe()

    def counting() -> None:
        last = [0]
        _count_steps(boundary, lambda number: last.__setitem__(0, number))
        begun = time.monotonic()
        work()
        os.write(telling, f"{last[0]} {time.monotonic() - begun}".encode())

    assert not _was_killed(_forked(counting))
    steps, seconds = os.read(listening, 100).decode().split()
    os.close(listening)
    os.close(telling)
    return int(steps), float(seconds)


def deaths(drawn: random.Random, steps: int, seconds: float) -> Iterator[Death]:
    """Deaths without end, drawn evenly over the steps of some work and over the time that it takes."""
    while True:
        yield Death(step=drawn.randint(1, steps)) if drawn.random() < 0.5 else Death(seconds=seconds * drawn.random())


def _forked(work: Work) -> int:
    child = os.fork()
    if child:
        return child
    signal.alarm(LONGEST_S)
    code = WENT_WRONG
    try:
        work()
        code = 0
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _was_killed(child: int) -> bool:
    """Whether SIGKILL ended a child; it may have ended well before, but not in another way."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the child ended with {status}"
    return status != 0


def _count_steps(boundary: Boundary, told: Callable[[int], Any]) -> None:
    """Tell the number of each step, before and after it happens; for the rest of this process."""
    lock, number = threading.Lock(), [0]

    def tick(*_: Any) -> None:
        with lock:
            number[0] += 1
            told(number[0])

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def both(*given: Any, **named: Any) -> Any:
            tick()
            answer = function(*given, **named)
            tick()
            return answer

        return both

    os.replace = around(os.replace)
    LocalObjects.delete = around(LocalObjects.delete)  # type: ignore[method-assign]
    DefaultDialect.do_commit = around(DefaultDialect.do_commit)  # type: ignore[method-assign]
    if boundary == "statements":
        event.listen(Engine, "before_cursor_execute", tick)
        event.listen(Engine, "after_cursor_execute", tick)


__all__ = ["Death", "deaths", "dies_at", "killed_after", "measured"]
