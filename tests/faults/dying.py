"""Processes that die on purpose: forked from this warm one, they do one piece of work and end at a chosen moment."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from corecar.store import durable, local_objects
from corecar.store.catalogue import Catalogue
from corecar.store.local_objects import LocalObjects

DIED, WENT_WRONG = 77, 70


def killed_after(work: Callable[[], Any], seconds: float) -> bool:
    """Do some work in a process of its own and kill it after a while; whether it was killed before it ended."""
    child = _forked(work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def dies_at(work: Callable[[], Any], step: int) -> bool:
    """Do some work in a process of its own that dies at its n-th step; whether there were so many."""

    def counted() -> None:
        with _dying_at(step):
            work()

    status = os.waitpid(_forked(counted), 0)[1]
    assert os.WIFEXITED(status), status
    assert os.WEXITSTATUS(status) in (0, DIED)
    return os.WEXITSTATUS(status) == DIED


def moments(seed: int, count: int, longest: float) -> list[float]:
    """Moments to kill at, drawn evenly over the time that the work takes [s]."""
    drawn = random.Random(seed)
    return [(number + drawn.random()) * longest / count for number in range(count)]


def _forked(work: Callable[[], Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = WENT_WRONG
    try:
        work()
        code = 0
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


@contextmanager
def _dying_at(step: int) -> Iterator[None]:
    """Count what changes the store, before and after each: files that appear or go, transactions that commit."""
    left = [step]

    def tick() -> None:
        left[0] -= 1
        if left[0] == 0:
            os._exit(DIED)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def both(*given: Any, **named: Any) -> Any:
            tick()
            answer = function(*given, **named)
            tick()
            return answer

        return both

    writing = Catalogue.writing

    @contextmanager
    def counted_writing(self: Catalogue) -> Iterator[Any]:
        tick()
        with writing(self) as session:
            yield session
            session.flush()
            tick()
        tick()

    local_objects.settle = durable.settle = around(durable.settle)  # type: ignore[attr-defined]
    LocalObjects.delete = around(LocalObjects.delete)  # type: ignore[method-assign]
    Catalogue.writing = counted_writing  # type: ignore[method-assign]
    yield
