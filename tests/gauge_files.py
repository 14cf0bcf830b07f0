"""Tables and a lot of a gauge study whose truth is known: parts, sites and repeats drawn with given spreads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.lots import build_lot

import corecar

PARTS, SITES, TRIALS = 6, "AB", 3


def drawn(seed: int = 1, *, part_sd: float = 0.01, repeat_sd: float = 0.0005) -> list[tuple[str, str, float]]:
    """Part, site and reading [V], balanced."""
    random = np.random.default_rng(seed)
    parts = random.normal(1.2, part_sd, PARTS)
    return [
        (str(part + 1), site, round(float(parts[part] + random.normal(0, repeat_sd)), 6))
        for part in range(PARTS) for site in SITES for _ in range(TRIALS)
    ]  # fmt: skip


def gauge_table(path: Path, *, noisy: bool = True) -> Path:
    """A CSV with the readings of two tests, the second one with a gauge as unsteady as the parts."""
    good, poor = drawn(1), drawn(2, repeat_sd=0.01 if noisy else 0.0005)
    lines = [f"{part},{site},{value},{other}" for (part, site, value), (_, _, other) in zip(good, poor, strict=True)]
    path.write_text("\n".join(["part,site,vref,idd", *lines]) + "\n", encoding="utf-8")
    return path


def gauge_lot(path: Path, name: str = "GAUGE") -> Path:
    """A lot at final test whose six parts were measured three times at each of two sites: test 1000."""
    readings = drawn()
    lot = build_lot(
        [[value for _, _, value in readings]], low=[1.15], high=[1.25], numbers=[1000], names=["VREF"],
        part_id=[part for part, _, _ in readings], site=[SITES.index(site) + 1 for _, site, _ in readings],
        runs={"lot": [name], "product": ["PX"], "stage": ["final test"], "temperature": ["25"]},
        identity="part_id",
    )  # fmt: skip
    corecar.write(lot, path)
    return path
