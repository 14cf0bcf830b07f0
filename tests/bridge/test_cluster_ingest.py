"""Files come in through a real cluster, and one of its workers is killed on the way: every lot is there once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.bridge.houses import house_in, lake_hashes, small_lot
from tests.store.executors.conftest import RunningCluster, mortal_cluster

__all__ = ["mortal_cluster"]

LOTS = 12


def test_a_worker_killed_in_the_middle_costs_no_lot_and_doubles_none(
    mortal_cluster: RunningCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = mortal_cluster
    for name, value in cluster.settings.items():
        monkeypatch.setenv(name, value)
    for seed in range(1, LOTS + 1):
        small_lot(tmp_path, seed)
    victim = next(iter(cluster.workers))
    with house_in(tmp_path / "far") as far, house_in(tmp_path / "near") as near:
        met = threading.Event()

        def report(done: int, total: int, what: str) -> None:
            if done and not met.is_set():
                met.set()
                cluster.kill_worker(victim)

        taken = far.ingest([tmp_path], workers=cluster.address, report=report)
        assert met.is_set()
        assert (taken["new"], taken["quarantined"]) == (LOTS, 0)
        assert len(far.lots()["rows"]) == LOTS
        far.vacuum(keep_days=0, silent_minutes=0)
        assert (far.verify()["sound"], far.verify()["unlisted"]) == (True, [])
        near.ingest([tmp_path], workers="inline")
        assert lake_hashes(far) == lake_hashes(near)
