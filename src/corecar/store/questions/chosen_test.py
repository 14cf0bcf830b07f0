"""Which test a question is about: by number, name, pin and kind, or by a pattern of the name; just one."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from corecar.errors import ArgumentError, QuestionError

IDENTITY = ("number", "name", "pin", "kind")
"""Columns that make two readings the same test (docs/explanation/test-identity.md)."""

TOLD_KINDS = {"functional": "(functional)"}
"""Kinds that are said beside a test: the others show by their pin, or by having none."""

SHOWN = 10
"""Candidates that an error lists."""
LISTED = 'All are listed by: corecar sql "select distinct number, name, pin from tests order by all"'


@dataclass(frozen=True)
class TestKey:
    """A test as a person names it; None leaves open.

    number  TEST_NUM
    name    its name, or a pattern with `*` and `?` where no test has just this name; `` for a test without a name; or
            the whole test as an error lists it
    pin     of a multiple-result test; `` for a test that has none
    kind    `parametric`, `multiple` or `functional`, where a program gives number and name to tests of several
    """

    __test__ = False  # the name begins like that of a pytest class, and it is none

    number: int | None = None
    name: str | None = None
    pin: str | None = None
    kind: str | None = None

    def __str__(self) -> str:
        parts = [f"{what} {value}" for what, value in vars(self).items() if value is not None]
        return ", ".join(parts) or "any test"


@dataclass(frozen=True, order=True)
class Identity:
    """A test as the lake knows it: number, name, pin and kind, `` where the lake has null."""

    number: int
    name: str
    pin: str
    kind: str = ""

    def __str__(self) -> str:
        pin = f"pin {self.pin}" if self.pin else ""
        return " ".join(part for part in (str(self.number), self.name, pin, TOLD_KINDS.get(self.kind, "")) if part)


def as_key(test: TestKey | int | str) -> TestKey:
    """A number, a name or pattern, or a key as it is."""
    if isinstance(test, TestKey):
        return test
    return TestKey(number=test) if isinstance(test, int) else TestKey(name=test)


def checked_key(key: TestKey) -> TestKey:
    """The key, when it says something that a test can have. Raises ArgumentError."""
    if key.number is None and key.name is None:
        raise ArgumentError("no test was named. Give its number, its name, or a pattern of its name such as *LEAK*.")
    if key.number is not None and not 0 <= key.number < 1 << 32:
        raise ArgumentError(f"test number {key.number}: STDF numbers tests from 0 to {(1 << 32) - 1}.")
    return key


def the_one(key: TestKey, identities: Sequence[Identity]) -> Identity:
    """The one test that a key names. Raises QuestionError, listing candidates, when none or several fit."""
    found = matching(key, identities)
    if len(found) == 1:
        return found[0]
    if found:
        raise QuestionError(f"{key}: {len(found)} tests fit: {_some(found)}. Name one by number, name, pin and kind.")
    close = _close(key, identities)
    hint = f" Close to it: {_some(close)}." if close else ""
    raise QuestionError(f"{key}: no test fits among the {len(identities):,} of these runs.{hint} {LISTED}")


def matching(key: TestKey, identities: Sequence[Identity]) -> list[Identity]:
    """The tests that a key may mean, sorted. A name that some test has exactly is no pattern."""
    found = [
        test
        for test in sorted(set(identities))
        if key.number in (None, test.number) and key.pin in (None, test.pin) and key.kind in (None, test.kind)
    ]
    if key.name is None:
        return found
    return (
        [test for test in found if test.name == key.name]
        or [test for test in found if fnmatchcase(test.name, key.name)]
        or [test for test in found if str(test) == key.name]
    )


def _close(key: TestKey, identities: Sequence[Identity]) -> list[Identity]:
    """Tests that may have been meant: first those of this number, then those whose name, then whose number is alike."""
    asked = [str(text) for text in (key.number, key.name) if text not in (None, "")]
    names = set(_alike(asked, {test.name for test in identities}))
    digits = [] if key.number is None else [str(key.number)]
    numbers = set(_alike(digits, {str(test.number) for test in identities}))
    ranks = {
        test: 0 if test.number == key.number else 1 if test.name in names else 2
        for test in identities
        if test.number == key.number or test.name in names or str(test.number) in numbers
    }
    return sorted(ranks, key=lambda test: (ranks[test], test))


def _alike(asked: Sequence[str], there: Collection[str]) -> Iterator[str]:
    """Texts that hold one that was asked for, or are spelled much like it."""
    for text in asked:
        yield from (one for one in there if text.lower() in one.lower())
        yield from difflib.get_close_matches(text, there, n=SHOWN, cutoff=0.5)


def _some(tests: Sequence[Identity]) -> str:
    listed = "; ".join(str(test) for test in tests[:SHOWN])
    return listed + (f"; and {len(tests) - SHOWN:,} more" if len(tests) > SHOWN else "")
