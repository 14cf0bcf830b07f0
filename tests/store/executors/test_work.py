"""Many tasks, a few at a time, each with one outcome: in this process and in others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from tests.store.executors.tasks import refuse, square, square_root, wait_a_little

from corecar.errors import ArgumentError, CorecarError, DamagedSource
from corecar.store.executors import Crew, Inline, open_executor, work


@pytest.fixture(scope="module", params=["inline", "processes:2"])
def executor(request: pytest.FixtureRequest) -> Iterator[Crew]:
    with open_executor(request.param) as opened:
        yield opened


class Tasks:
    """Numbers without end, of which it is known how many were asked for."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[int]:
        for number in count():
            self.taken = number + 1
            yield number


def test_every_task_has_one_result(executor: Crew) -> None:
    assert sorted(work(executor, square, range(50))) == [(number, number * number) for number in range(50)]


def test_no_tasks_are_no_results(executor: Crew) -> None:
    assert list(work(executor, square, [])) == []


def test_never_more_tasks_are_taken_than_the_window_holds(executor: Crew) -> None:
    tasks = Tasks()
    for finished, _ in enumerate(work(executor, square, tasks, window=5), 1):
        assert tasks.taken <= finished + 5
        if finished == 40:
            break


def test_without_a_window_two_tasks_per_worker_are_taken(executor: Crew) -> None:
    tasks = Tasks()
    next(work(executor, wait_a_little, tasks))
    assert tasks.taken == (1 if isinstance(executor, Inline) else 4)


def test_an_error_is_the_outcome_of_its_own_task(executor: Crew) -> None:
    outcomes = dict(work(executor, refuse, range(8)))
    assert [number for number, outcome in outcomes.items() if outcome == number] != []
    assert {number for number, outcome in outcomes.items() if isinstance(outcome, Exception)} == {3, 4, 5}
    damaged = outcomes[3]
    assert isinstance(damaged, DamagedSource)
    assert damaged.offset == 3


def test_an_error_that_cannot_travel_comes_as_one_that_can(executor: Crew) -> None:
    outcomes = dict(work(executor, refuse, [4, 5]))
    assert isinstance(outcomes[4], CorecarError)
    assert str(outcomes[4]) == "Stubborn: needs two"
    assert str(outcomes[5]) == "refuse asked the process to end (code 7)."


def test_an_unexpected_error_carries_the_place_where_it_was_raised(executor: Crew) -> None:
    ((_, outcome),) = work(executor, square_root, ["no number"])
    assert isinstance(outcome, ValueError)
    assert "return math.sqrt(float(text))" in outcome.__notes__[0]


def test_stop_lets_what_has_begun_finish_and_begins_nothing_more(executor: Crew) -> None:
    tasks = Tasks()
    outcomes: list[int] = []
    for task, _ in work(executor, wait_a_little, tasks, window=20, stop=lambda: len(outcomes) >= 3):
        outcomes.append(task)
    assert len(outcomes) >= 3
    assert tasks.taken <= len(outcomes) + 20
    assert len(outcomes) < 15  # of the 20 under way; a pool holds one call more than it has workers


def test_a_stop_from_the_start_begins_nothing(executor: Crew) -> None:
    tasks = Tasks()
    assert list(work(executor, square, tasks, stop=lambda: True)) == []
    assert tasks.taken == 0


def test_leaving_the_loop_takes_back_what_has_not_begun(executor: Crew) -> None:
    waiting = work(executor, wait_a_little, range(100), window=100)
    next(waiting)
    waiting.close()  # type: ignore[attr-defined]
    assert list(work(executor, square, [7])) == [(7, 49)]  # long before a hundred waits are over


def test_an_error_of_the_tasks_themselves_goes_through(executor: Crew) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the folder is gone")

    with pytest.raises(OSError, match="the folder is gone"):
        list(work(executor, square, broken()))


def test_a_function_that_no_other_process_finds_is_refused(executor: Crew) -> None:
    with pytest.raises(ArgumentError, match="top level of a module"):
        list(work(executor, lambda number: number, [1]))


@pytest.mark.parametrize(("window", "retries"), [(0, 2), (None, -1)])
def test_a_window_or_retries_that_make_no_sense_are_refused(window: int | None, retries: int) -> None:
    with pytest.raises(ArgumentError):
        list(work(Inline(), square, [1], window=window, retries=retries))


@pytest.mark.parametrize(
    "spec", ["threads", "processes:0", "processes:-1", "processes:two", "http://127.0.0.1:1", "tls://host", "tls://a:b"]
)
def test_a_spec_that_names_no_executor_is_refused(spec: str) -> None:
    with pytest.raises(ArgumentError), open_executor(spec):
        pass


@pytest.mark.parametrize(("spec", "workers"), [("processes", 0), ("inline", 2), ("tls://127.0.0.1:1", 2)])
def test_a_number_of_workers_that_cannot_be_is_refused(spec: str, workers: int) -> None:
    with pytest.raises(ArgumentError), open_executor(spec, workers):
        pass


def test_one_setting_says_where_work_is_done() -> None:
    with open_executor(settings={"CORECAR_CLUSTER": "inline"}) as executor:
        assert isinstance(executor, Inline)
    with open_executor("processes:3", settings={"CORECAR_CLUSTER": "inline"}) as executor:
        assert executor.workers == 3
