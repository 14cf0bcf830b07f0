"""The tests of a pool that somebody names by number, name, or both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corecar.assess.pools import Pool, PooledTest
from corecar.errors import ArgumentError
from corecar.faults import alike


def chosen_tests(pool: Pool, words: Sequence[str] = ()) -> list[PooledTest]:
    """The tests with readings that are meant; all of them without a word.

    words   number, name, or number, name and pin as the answers say them: `1010 VDD_MIN`
    Raises  ArgumentError for a word that no test has
    """
    measured = [test for test in pool.tests if test.parametric]
    if not words:
        return measured
    found: dict[int, PooledTest] = {}
    for word in words:
        places = [place for place, test in enumerate(measured) if _is(test, str(word))]
        if not places:
            near = alike(str(word), [name.strip() for test in measured if (name := test.key[1])])
            raise ArgumentError(
                f'no test with readings has the number or name "{word}".{near} Choose among: {_few(measured)}.'
            )
        found |= {place: measured[place] for place in places}
    return list(found.values())


def one_test(pool: Pool, word: str) -> PooledTest:
    """The one test that is meant. Raises ArgumentError where it is none or several."""
    found = chosen_tests(pool, [word])
    if len(found) > 1:
        raise ArgumentError(f'"{word}" is {len(found)} tests: {_few(found)}. Name one of them so.')
    return found[0]


def limits_of(test: PooledTest) -> tuple[float | None, float | None]:
    """Low and high limit, None where the test has none [the test's unit]."""
    low, high = (float(limit) if np.isfinite(limit) else None for limit in (test.low, test.high))
    return low, high


def _is(test: PooledTest, word: str) -> bool:
    number, name = test.key[:2]
    return word in (str(number), name, (name or "").strip(), test.title)


def _few(tests: Sequence[PooledTest]) -> str:
    names = ", ".join(test.title for test in tests[:12])
    return f"{names} and {len(tests) - 12:,} more" if len(tests) > 12 else names or "none"
