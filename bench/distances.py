"""Robust distances of one group of tests beside scikit-learn's: time, and how equal distances and verdicts are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from corecar.robust_covariance import distances, minimum_covariance_determinant

SUPPORT = 0.75
ALPHA = 1e-6
PROMISED = 5.0
"""Times as fast as scikit-learn, with equal verdicts."""
OUTLIERS = 0.001
"""Share of the parts that break the relation of the tests."""


def compare_distances(parts: int, tests: int, runs: int) -> dict[str, float]:
    """Medians of the seconds that both take, and how equal what they find is."""
    from sklearn.covariance import MinCovDet

    rows = _rows(parts, tests)
    own, own_cpu, ours = _timed(lambda: distances(rows, *minimum_covariance_determinant(rows, SUPPORT)), runs)
    peer, peer_cpu, theirs = _timed(
        lambda: MinCovDet(support_fraction=SUPPORT, random_state=0).fit(rows).dist_, max(min(runs, 3), 1)
    )
    limit = _limit(tests)
    return {
        "seconds": own, "cpu": own_cpu, "sklearn_seconds": peer, "sklearn_cpu": peer_cpu, "times": peer / own,
        "correlation": float(np.corrcoef(ours, theirs)[0, 1]),
        "largest_difference": float(np.abs(ours / theirs - 1).max()),
        "same_verdicts": float(((ours > limit) == (theirs > limit)).mean()),
        "rejected": int((ours > limit).sum()), "sklearn_rejected": int((theirs > limit).sum()),
    }  # fmt: skip


def print_distances(found: dict[str, float], parts: int, tests: int) -> None:
    """What `compare_distances` found, as lines."""
    verdict = "met" if found["times"] >= PROMISED and found["same_verdicts"] == 1 else "MISSED"
    print(f"\nrobust distances, one group: {parts:,} parts x {tests} tests")
    print(f"  ours {found['seconds']:.3f} s ({found['cpu']:.3f} s CPU), scikit-learn's MinCovDet "
          f"{found['sklearn_seconds']:.3f} s ({found['sklearn_cpu']:.3f} s CPU): {found['times']:.1f} times  {verdict} "
          f"(>= {PROMISED:g})")  # fmt: skip
    print(f"  correlation of the squared distances {found['correlation']:.9f}, largest relative difference "
          f"{found['largest_difference']:.2g}")  # fmt: skip
    print(f"  same verdicts at {ALPHA:g}: {found['same_verdicts']:.6f} of the parts "
          f"({found['rejected']} and {found['sklearn_rejected']} rejected)", flush=True)  # fmt: skip


def _timed(work: Callable[[], Any], runs: int) -> tuple[float, float, Any]:
    seconds, cpu = [], []
    found = None
    for _ in range(runs):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        found = work()
        seconds.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - begun_cpu)
    return float(np.median(seconds)), float(np.median(cpu)), found


def _rows(parts: int, tests: int) -> Any:
    """Correlated normal readings of unit spread, a few of whose parts lie off along no single test."""
    random = np.random.default_rng(1)
    rows = random.normal(size=(parts, tests)) @ random.normal(size=(tests, tests))
    rows /= rows.std(axis=0)
    odd = max(int(OUTLIERS * parts), 1)
    rows[:odd] += 2 * random.choice([-1.0, 1.0], size=(odd, tests))
    return rows


def _limit(tests: int) -> float:
    from scipy import special

    return float(special.chdtri(tests, ALPHA))
