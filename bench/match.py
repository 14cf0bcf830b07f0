"""Benchmark of matching: needs against offers by size, and peers on the same pairs.

python bench/match.py             a minute: to 10,000 needs x 10,000 offers
python bench/match.py --small     seconds, to see that it runs
python bench/match.py --sizes 10000 --one-kind    all of them chips, so that every pair is looked at

Peers: `matching` plays the hospital-resident game of the pairs that fit, SciPy's `linear_sum_assignment` finds the
largest one-to-one sum on the dense table of their scores. Both answers have to be ours.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from corecar.chain.words import SUBJECTS
from corecar.match import Matches, Ways, match
from corecar.match.assignment import Market, largest, stable
from machine import describe_machine
from markets import FIRST, market

SIZES = (300, 1000, 3000, 10_000)
PROMISED_S = 10.0
"""For 10,000 needs x 10,000 offers."""
GAME_TO, DENSE_TO = 1000, 3000
"""Sizes up to which the peers are asked: a game of Python objects, a dense table."""
WAYS = {
    "largest by partners": Ways(), "stable by partners": Ways(method="stable"),
    "largest by quantity": Ways(by="quantity"), "stable by quantity": Ways(method="stable", by="quantity"),
}  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What some work gives, and the wall and CPU seconds it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def measured(size: int, kinds: tuple[str, ...]) -> dict[str, Any]:
    """All ways of choosing pairs of one market, and the peers on its pairs."""
    chain = market(size, kinds=kinds)
    report: dict[str, Any] = {"needs": size, "offers": size, "subjects": {}}
    found: Matches | None = None
    for name, ways in WAYS.items():
        found, spent = timed(lambda ways=ways: match(chain, day=FIRST, ways=ways))  # type: ignore[misc]
        assert found is not None
        report["subjects"][name] = {**spent, "taken": len(found.taken)}
    assert found is not None
    report |= {"fit": int(found.fits.sum()), "looked_at": len(found.need)}
    report["peers"] = {**_game(found, size), **_dense(found, size)}
    return report


def _one_to_one(found: Matches) -> Market:
    ones = [np.ones(len(side), np.int64) for side in (found.need, found.needs, found.offers)]
    return Market(found.need, found.offer, *ones)


def _game(found: Matches, size: int) -> dict[str, Any]:
    """The hospital-resident game: each need takes one offer, each offer three needs."""
    if size > GAME_TO:
        return {}
    from matching.games import HospitalResident

    plain = _one_to_one(found)
    market_ = Market(plain.need, plain.offer, plain.most, plain.wants, 3 * plain.gives)
    ours, spent = timed(lambda: stable(market_, found.scores.score, found.scores.offer))
    likes = _ranking(found.need, found.offer, found.scores.score)
    liked = _ranking(found.offer, found.need, found.scores.offer)
    rooms = dict.fromkeys(liked, 3)
    game = HospitalResident.create_from_dictionaries(likes, liked, rooms)
    theirs, peer = timed(lambda: game.solve(optimal="resident"))
    pairs = {(int(str(need)), int(str(offer))) for offer, needs in theirs.items() for need in needs}
    taken = np.flatnonzero(ours)
    same = pairs == set(zip(found.need[taken].tolist(), found.offer[taken].tolist(), strict=True))
    return {"matching, stable": {**peer, "ours": spent["seconds"], "same": same}}


def _ranking(of: Any, other: Any, score: Any) -> dict[int, list[int]]:
    order = np.lexsort((np.arange(len(of)), -score, of))
    found: dict[int, list[int]] = {}
    for one, two in zip(of[order].tolist(), other[order].tolist(), strict=True):
        found.setdefault(one, []).append(two)
    return found


def _dense(found: Matches, size: int) -> dict[str, Any]:
    """The largest one-to-one sum."""
    if size > DENSE_TO:
        return {}
    from scipy.optimize import linear_sum_assignment

    score = found.scores.score
    ours, spent = timed(lambda: largest(_one_to_one(found), score))
    table = np.zeros((len(found.needs), len(found.offers)))
    table[found.need, found.offer] = score
    rows, peer = timed(lambda: linear_sum_assignment(table, maximize=True))
    same = bool(np.isclose(table[rows].sum(), score @ ours, rtol=1e-9))
    return {"SciPy, largest one to one": {**peer, "ours": spent["seconds"], "same": same}}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--one-kind", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    kinds = SUBJECTS[:1] if chosen.one_kind else SUBJECTS
    report: dict[str, Any] = {"machine": describe_machine(), "sizes": {}}
    match(market(50, kinds=kinds), day=FIRST)
    for size in (120,) if chosen.small else chosen.sizes:
        row = measured(size, kinds)
        report["sizes"][str(size)] = row
        print(f"\n{size:,} needs x {size:,} offers: {row['fit']:,} pairs fit, {row['looked_at']:,} looked at")
        for name, one in row["subjects"].items():
            promise = f"  {'met' if one['seconds'] < PROMISED_S else 'MISSED'} (< {PROMISED_S:g} s)"
            told = promise if size >= 10_000 else ""
            print(f"  {name:<22} {one['seconds']:7.2f} s ({one['cpu']:.2f} s CPU), {one['taken']:,} pairs{told}")
        for name, one in row["peers"].items():
            answer = "the same answer" if one["same"] else "ANOTHER ANSWER"
            print(f"  {name:<26} {one['seconds']:7.3f} s, ours {one['ours']:.3f} s, {answer}")
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0 if all(one["same"] for row in report["sizes"].values() for one in row["peers"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
