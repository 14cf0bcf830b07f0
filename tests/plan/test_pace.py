"""One thread or all, whichever was faster lately."""

from __future__ import annotations

from corecar.plan.pace import EVERY, Pace


def test_each_way_is_tried_then_the_faster_one_and_the_other_now_and_then() -> None:
    pace = Pace()
    chosen = []
    for _ in range(2 * EVERY):
        chosen.append(pace.chosen())
        with pace():
            pass
        pace.seconds[chosen[-1]] = 1.0 if chosen[-1] == 1 else 3.0  # other work keeps a core busy
    assert chosen[:2] == [1, None]
    assert [place for place, threads in enumerate(chosen) if threads is None] == [1, EVERY]
    pace.seconds = {1: 2.0, None: 1.0}
    pace.blocks = 1
    assert pace.chosen() is None, "the other work has ended"
