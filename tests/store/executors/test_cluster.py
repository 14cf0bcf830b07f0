"""A real scheduler and real workers, with TLS, on the loopback."""

from __future__ import annotations

import importlib.util
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.store.executors import tasks
from tests.store.executors.conftest import RunningCluster, certificates, needed

from corecar.errors import ArgumentError, DependencyMissing, ExecutorError, WorkerLost
from corecar.store.executors import open_executor, work

UNUSED = "tls://127.0.0.1:9"


def test_the_same_bits_come_from_this_process_from_others_and_from_a_cluster(
    cluster: RunningCluster, fictional_lot: Path
) -> None:
    traps = sorted((Path(__file__).resolve().parents[4] / "shared" / "data" / "traps").glob("1[0-9]_*.stdf"))
    digests = {}
    for spec in ("inline", "processes:2", cluster.address):
        with open_executor(spec, settings=cluster.settings) as executor:
            digests[spec] = dict(work(executor, tasks.digest, [fictional_lot, *traps]))
    inline, processes, cluster_wide = digests.values()
    assert inline == processes == cluster_wide
    assert [type(found) for found in inline.values()] == [str] * (1 + len(traps))


def test_the_address_and_certificates_may_all_be_settings(cluster: RunningCluster) -> None:
    with open_executor(settings={**cluster.settings, "CORECAR_CLUSTER": cluster.address}) as executor:
        assert executor.workers == 2
        assert sorted(work(executor, tasks.square, range(30))) == [(number, number**2) for number in range(30)]


def test_the_command_line_takes_files_in_through_a_cluster(
    cluster: RunningCluster, fictional_lot: Path, tmp_path: Path
) -> None:
    house = tmp_path / "house"
    environment = {**os.environ, **cluster.settings, "CORECAR_CLUSTER": cluster.address}
    for words in (["init", str(house)], ["ingest", str(fictional_lot), "-w", str(house)]):
        done = subprocess.run(
            [sys.executable, "-m", "corecar", *words], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 new file, 1 run, ")


def test_the_same_task_twice_is_done_twice(cluster: RunningCluster, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with open_executor(cluster.address, settings=cluster.settings) as executor:
        list(work(executor, tasks.kill_its_first_worker, [mark, mark, mark]))
    assert mark.read_text("utf-8").count("\n") == 3


def test_errors_of_tasks_come_back_from_a_cluster_as_from_elsewhere(cluster: RunningCluster) -> None:
    with open_executor(cluster.address, settings=cluster.settings) as executor:
        there = dict(work(executor, tasks.refuse, range(8)))
    with open_executor("inline") as executor:
        here = dict(work(executor, tasks.refuse, range(8)))
    assert {task: repr(outcome) for task, outcome in there.items()} == {
        task: repr(outcome) for task, outcome in here.items()
    }


def test_stop_takes_back_what_waits_in_the_cluster(cluster: RunningCluster) -> None:
    outcomes: list[int] = []
    with open_executor(cluster.address, settings=cluster.settings) as executor:
        for task, _ in work(executor, tasks.wait_a_little, range(10_000), stop=lambda: len(outcomes) >= 3):
            outcomes.append(task)
        assert 3 <= len(outcomes) < 10
        assert list(work(executor, tasks.square, [7])) == [(7, 49)]


def test_every_task_has_one_result_though_a_worker_is_killed_midway(cluster: RunningCluster) -> None:
    outcomes = []
    with open_executor(cluster.address, settings=cluster.settings) as executor:
        for outcome in work(executor, tasks.wait_a_little, range(60)):
            outcomes.append(outcome)
            if len(outcomes) == 10:
                cluster.kill_worker("second")
    assert sorted(outcomes, key=lambda outcome: outcome[0]) == [(number, number) for number in range(60)]
    cluster.start_worker("second again")


def test_a_task_that_no_worker_survives_is_told_and_takes_no_other_with_it(cluster: RunningCluster) -> None:
    """The scheduler gives a task up with its fourth worker; tried again alone, it costs four more."""
    for number in range(8):
        cluster.start_worker(f"victim {number}")
    with open_executor(cluster.address, settings=cluster.settings) as executor:
        outcomes = dict(work(executor, tasks.kill_its_worker, range(6)))
    lost = outcomes.pop(3)
    assert isinstance(lost, WorkerLost)
    assert lost.deaths == 8
    assert outcomes == {number: number for number in range(6) if number != 3}
    cluster.start_worker("survivor")


def test_a_scheduler_that_ends_midway_is_told_once(
    mortal_cluster: RunningCluster, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = []

    def lose_the_scheduler() -> None:
        with open_executor(mortal_cluster.address, settings=mortal_cluster.settings) as executor:
            for outcome in work(executor, tasks.wait_a_little, range(10_000)):
                outcomes.append(outcome)
                if len(outcomes) == 5:
                    mortal_cluster.scheduler.kill()

    logging.getLogger("distributed.client").addHandler(caplog.handler)
    began = time.monotonic()
    with pytest.raises(ExecutorError):
        lose_the_scheduler()
    logging.getLogger("distributed.client").removeHandler(caplog.handler)
    assert len(outcomes) < 100
    assert [record.name for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert time.monotonic() - began < 60


def test_a_stranger_is_not_let_in(cluster: RunningCluster, tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        pytest.raises(ExecutorError, match=r"certificate"),
        open_executor(cluster.address, settings=certificates(tmp_path)),
    ):
        pass
    assert time.monotonic() - began < 40


def test_a_scheduler_that_is_not_there_is_told(cluster: RunningCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corecar.store.executors.cluster.CONNECT_S", 1)
    with (
        pytest.raises(ExecutorError, match=r"tls://127\.0\.0\.1:9: "),
        open_executor(UNUSED, settings=cluster.settings),
    ):
        pass


def test_certificates_that_are_not_there_are_told(tmp_path: Path) -> None:
    needed("distributed")
    gone = {f"CORECAR_TLS_{name}": str(tmp_path / name) for name in ("CA", "CERT", "KEY")}
    with pytest.raises(ArgumentError, match="CORECAR_TLS_CA"), open_executor(UNUSED, settings=gone):
        pass


def test_tls_without_certificates_is_refused() -> None:
    needed("distributed")
    with pytest.raises(ArgumentError, match="needs certificates"), open_executor(UNUSED, settings={}):
        pass


@pytest.mark.parametrize("host", ["10.0.0.7", "scheduler.fab", "[2001:db8::1]", "127.example.org"])
def test_without_tls_only_this_machine_is_talked_to(host: str) -> None:
    with pytest.raises(ArgumentError, match="CORECAR_CLUSTER_PLAIN"), open_executor(f"tcp://{host}:8786", settings={}):
        pass


def test_without_distributed_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DependencyMissing, match=r"corecar\[cluster\]"), open_executor(UNUSED):
        pass
    assert importlib.util.find_spec("corecar.store.executors.cluster") is not None
