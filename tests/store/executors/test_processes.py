"""Worker processes: what happens when one is killed, on Ctrl-C, and when the parent is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.store.executors import tasks

from corecar.errors import WorkerLost
from corecar.store.executors import open_executor, work

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
PATIENCE_S = 30

proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")


def test_a_worker_that_is_killed_costs_no_task(tmp_path: Path) -> None:
    marks = [tmp_path / name for name in ("a", "b", "mortal", "c", "d", "e")]
    with open_executor("processes:2") as executor:
        outcomes = list(work(executor, tasks.kill_its_first_worker, marks))
    assert sorted(outcomes) == sorted((mark, mark.name) for mark in marks)
    assert marks[2].read_text("utf-8").count("\n") == 2


def test_a_task_that_kills_its_workers_is_told_and_takes_no_other_with_it() -> None:
    with open_executor("processes:2") as executor:
        outcomes = dict(work(executor, tasks.kill_its_worker, range(12), retries=1))
    lost = outcomes.pop(3)
    assert isinstance(lost, WorkerLost)
    assert lost.deaths == 2
    assert str(lost).startswith("3: 2 workers that tried it died")
    assert outcomes == {number: number for number in range(12) if number != 3}


def test_without_retries_a_lost_task_is_tried_once(tmp_path: Path) -> None:
    with open_executor("processes:1") as executor:
        ((_, lost),) = work(executor, tasks.kill_its_first_worker, [tmp_path / "mortal"], retries=0)
    assert isinstance(lost, WorkerLost)
    assert lost.deaths == 1


SCRIPT = (
    "from corecar.errors import ExecutorError\n"
    "from corecar.store.executors import open_executor, work\n"
    "try:\n"
    "    with open_executor('processes:1') as executor:\n"
    "        print(sum(number for _, number in work(executor, abs, range(-100, 0))))\n"
    "except ExecutorError as error:\n"
    "    print('told:', error)\n"
)


def printed_by(script: Path, text: str) -> str:
    script.write_text(text)
    done = subprocess.run(
        [sys.executable, str(script)], env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE_S * 2
    )
    return done.stdout


def test_workers_that_cannot_start_are_told_once_instead_of_per_task(tmp_path: Path) -> None:
    text = "if __name__ != '__main__':\n    raise SystemExit('not here')\n" + SCRIPT
    assert printed_by(tmp_path / "deadly.py", text).startswith(
        "told: worker processes end while they are being started"
    )


def test_a_script_that_guards_nothing_runs_once(tmp_path: Path) -> None:
    assert printed_by(tmp_path / "unguarded.py", SCRIPT) == "5050\n"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program with two busy workers, in a process group of its own."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.store.executors.tasks", str(tmp_path)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield started
    if living(started.pid):
        os.killpg(started.pid, signal.SIGKILL)
    started.communicate()


def living(group: int) -> set[int]:
    """Processes of a group that still run."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = entry.read_text("utf-8").rpartition(") ")
        except OSError:
            continue
        state, _, its_group, *_ = rest.split()
        if int(its_group) == group and state not in "ZX":
            found.add(int(entry.parent.name))
    return found


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.02)


def until_busy(folder: Path) -> None:
    until(lambda: sum((folder / name).exists() for name in ("one", "two", "three")) == 2, "two busy workers")


@proc
def test_ctrl_c_is_the_parents_alone_and_ends_the_workers(program: subprocess.Popen[str], tmp_path: Path) -> None:
    until_busy(tmp_path)
    os.killpg(program.pid, signal.SIGINT)
    _, told = program.communicate(timeout=PATIENCE_S)
    assert told.count("Traceback") == 1, told
    assert told.rstrip().endswith("KeyboardInterrupt")
    until(lambda: not living(program.pid), "the workers to end")


@proc
@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.2, 0.4, 0.6])
def test_ctrl_c_while_workers_start_is_the_parents_alone(
    program: subprocess.Popen[str], tmp_path: Path, delay_s: float
) -> None:
    until((tmp_path / "opened").exists, "the executor")
    time.sleep(delay_s)
    os.killpg(program.pid, signal.SIGINT)
    _, told = program.communicate(timeout=PATIENCE_S)
    assert "ForkServer" not in told, told
    assert "spawn_main" not in told, told
    assert "_process_worker" not in told, told
    assert told.rstrip().endswith("KeyboardInterrupt")
    until(lambda: not living(program.pid), "the workers to end")


@proc
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_parent_that_is_killed(
    program: subprocess.Popen[str], tmp_path: Path, how: signal.Signals
) -> None:
    until_busy(tmp_path)
    workers = living(program.pid) - {program.pid}
    assert len(workers) >= 2
    os.kill(program.pid, how)
    until(lambda: not living(program.pid), "the workers to end")


@proc
def test_an_error_in_the_block_does_not_wait_for_the_tasks_under_way(tmp_path: Path) -> None:
    def fail_with_a_task_under_way() -> None:
        with open_executor("processes:1") as executor:
            executor.submit(tasks.lie_down, tmp_path / "one")
            until(lambda: (tmp_path / "one").exists() and (tmp_path / "one").read_text("utf-8") != "", "the task")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_with_a_task_under_way()
    assert not Path(f"/proc/{(tmp_path / 'one').read_text('utf-8')}").exists()
