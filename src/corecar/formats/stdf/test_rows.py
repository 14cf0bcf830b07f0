"""The kernel's table of tests: which test a record is about, and the pins of one with several results."""

from __future__ import annotations

from corecar.compiled import compiled, inlined, inner
from corecar.formats.stdf.chunks import begin_chunks, number_readings
from corecar.formats.stdf.kernel_state import (
    ARENA,
    ARENA_TABLE,
    BUCKETS_ROOM,
    BUCKETS_TABLE,
    LAST_TEST,
    LIMIT_UNKNOWN,
    NAMELESS,
    PIN,
    SEEN,
    START,
    T_CHAIN,
    T_CHILD,
    T_CHILDREN,
    T_FIRST_AT,
    T_FIRST_LENGTH,
    T_FOLLOWING,
    T_HIGH,
    T_HIGH_STATE,
    T_KIND,
    T_LOW,
    T_LOW_STATE,
    T_NAME_AT,
    T_NAME_LENGTH,
    T_NUMBER,
    T_PARENT,
    T_PARM_FLAGS,
    T_PARM_KNOWN,
    T_PIN,
    T_SEEN_AT,
    T_SEEN_SITE,
    T_VARIANT,
    TEST_ROW,
    TESTS,
    TESTS_TABLE,
)
from corecar.formats.stdf.loads import (
    copy_bytes,
    get_slot,
    load_i4,
    load_i8,
    load_u1,
    load_u2,
    load_u4,
    load_u8,
    put_slot,
    store_1,
    store_4,
    store_8,
)


@inlined
def test_row(state: int, test: int) -> int:
    at: int = get_slot(state, TESTS_TABLE) + TEST_ROW * test
    return at


@inlined
def keep(state: int, source: int, length: int) -> int:
    """Copy bytes into the arena; the caller has made sure of the room."""
    at = get_slot(state, ARENA)
    copy_bytes(get_slot(state, ARENA_TABLE) + at, source, length)
    put_slot(state, ARENA, at + length)
    return at


@inlined
def _equal(left: int, right: int, length: int) -> bool:
    """Are two stretches of bytes equal? Eight at a time, the last eight overlapping those before."""
    if length < 8:
        for i in range(length):  # noqa: SIM110 (no generators in compiled code)
            if load_u1(left + i, False) != load_u1(right + i, False):
                return False
        return True
    for i in range(0, length - 8, 8):
        if load_u8(left + i, False) != load_u8(right + i, False):
            return False
    return load_u8(left + length - 8, False) == load_u8(right + length - 8, False)


@inlined
def _is(state: int, row: int, kind: int, number: int, name: int, length: int) -> bool:
    """Is this row the test of that kind, number and name? An empty name asks for kind and number only."""
    if load_u4(row + T_NUMBER, False) != number or load_u1(row + T_KIND, False) != kind:
        return False
    if length == 0:
        return True
    if load_i4(row + T_NAME_LENGTH, False) != length:
        return False
    return _equal(get_slot(state, ARENA_TABLE) + load_i8(row + T_NAME_AT, False), name, length)


@inner
def _add_test(state: int, kind: int, number: int, name: int, length: int) -> int:
    test = get_slot(state, TESTS)
    put_slot(state, TESTS, test + 1)
    row = test_row(state, test)
    store_4(row + T_NUMBER, number)
    store_1(row + T_KIND, kind)
    store_8(row + T_NAME_AT, keep(state, name, length))
    store_4(row + T_NAME_LENGTH, length)
    store_8(row + T_FIRST_AT, -1)
    store_4(row + T_FIRST_LENGTH, 0)
    store_1(row + T_LOW_STATE, LIMIT_UNKNOWN)
    store_1(row + T_HIGH_STATE, LIMIT_UNKNOWN)
    store_4(row + T_LOW, 0)
    store_4(row + T_HIGH, 0)
    store_4(row + T_CHILDREN, 0)
    store_1(row + T_PARM_KNOWN, 0)
    store_1(row + T_PARM_FLAGS, 0)
    store_4(row + T_FOLLOWING, -1)
    store_4(row + T_CHAIN, -1)
    store_4(row + T_SEEN_SITE, -1)
    store_8(row + T_SEEN_AT, -1)
    store_4(row + T_CHILD, -1)
    store_4(row + T_VARIANT, -1)
    store_4(row + T_PIN, -1)
    store_4(row + T_PARENT, -1)
    begin_chunks(row)
    return test


@inlined
def _bucket(number: int, kind: int, room: int) -> int:
    return (number * 2654435761 + kind * 40503) & (room - 1)


@inner
def _find_test(state: int, slot: int, kind: int, number: int, name: int, length: int) -> int:
    """The row of a test by kind, number and name; a new row when there is none.

    An empty name stands for the test of that number that this head and site ran last, as far as that shows, else for
    the one run last anywhere. A name arriving for a number that had none so far names that test.
    """
    buckets, room = get_slot(state, BUCKETS_TABLE), get_slot(state, BUCKETS_ROOM)
    bucket = _bucket(number, kind, room)
    head = load_i4(buckets + 4 * bucket, False)
    while head >= 0:
        row = test_row(state, head)
        if load_u4(row + T_NUMBER, False) == number and load_u1(row + T_KIND, False) == kind:
            break
        bucket = (bucket + 1) & (room - 1)
        head = load_i4(buckets + 4 * bucket, False)
    if head < 0:
        test = _add_test(state, kind, number, name, length)
        store_4(buckets + 4 * bucket, test)
        return test
    if length == 0:
        put_slot(state, NAMELESS, get_slot(state, NAMELESS) + 1)
        return _seen_last(state, head, slot)
    test, last, nameless = int(head), int(head), -1
    while test >= 0:
        row = test_row(state, test)
        if _is(state, row, kind, number, name, length):
            return test
        if load_i4(row + T_NAME_LENGTH, False) == 0:
            nameless = test
        last = test
        test = load_i4(row + T_CHAIN, False)
    if nameless >= 0:
        row = test_row(state, nameless)
        store_8(row + T_NAME_AT, keep(state, name, length))
        store_4(row + T_NAME_LENGTH, length)
        return nameless
    test = _add_test(state, kind, number, name, length)
    store_4(test_row(state, last) + T_CHAIN, test)
    while head >= 0:
        row = test_row(state, head)
        number_readings(row)
        head = load_i4(row + T_CHAIN, False)
    return test


@inner
def _seen_last(state: int, head: int, slot: int) -> int:
    """Of the tests in a chain the one seen last at this head and site; else the one seen last."""
    best, best_at, here, here_at = head, -1, -1, -1
    test = head
    while test >= 0:
        row = test_row(state, test)
        at = load_i8(row + T_SEEN_AT, False)
        if at > best_at:
            best, best_at = test, at
        if at > here_at and load_i4(row + T_SEEN_SITE, False) == slot:
            here, here_at = test, at
        test = load_i4(row + T_CHAIN, False)
    return here if here >= 0 else best


@inner
def resolve_test(state: int, slot: int, kind: int, number: int, name: int, length: int) -> int:
    """The row of the test that a record is about: nearly always the one that followed last time."""
    last_at = get_slot(state, LAST_TEST) + 4 * slot
    last = test_row(state, load_i4(last_at, False))
    test = load_i4(last + T_FOLLOWING, False)
    if test < 0 or not _is(state, test_row(state, test), kind, number, name, length):
        test = _find_test(state, slot, kind, number, name, length)
        store_4(last + T_FOLLOWING, test)
    store_4(last_at, test)
    seen, row = get_slot(state, SEEN) + 1, test_row(state, test)
    put_slot(state, SEEN, seen)
    store_4(row + T_SEEN_SITE, slot)
    store_8(row + T_SEEN_AT, seen)
    return test


@inner
def _add_pins(state: int, group: int, results: int, indexes: int, swap: bool) -> int:
    """A block of `results` rows of a group, one per pin; `indexes` is the address of RTN_INDX or 0."""
    first = get_slot(state, TESTS)
    number = load_u4(test_row(state, group) + T_NUMBER, False)
    for k in range(results):
        row = test_row(state, _add_test(state, PIN, number, state, 0))
        number_readings(row)
        store_4(row + T_PARENT, group)
        store_4(row + T_PIN, load_u2(indexes + 2 * k, swap) if indexes else -2 - k)
    return first


@inlined
def _pins_fit(state: int, group: int, results: int, indexes: int, swap: bool) -> bool:
    """Has this group enough pins, and the same ones as far as they are known? Then unknown ones are learned."""
    row = test_row(state, group)
    if load_i4(row + T_CHILDREN, False) < results:
        return False
    if indexes == 0:
        return True
    first = test_row(state, load_i4(row + T_CHILD, False))
    for k in range(results):
        pin = load_i4(first + TEST_ROW * k + T_PIN, False)
        if pin >= 0 and pin != load_u2(indexes + 2 * k, swap):
            return False
    for k in range(results):
        store_4(first + TEST_ROW * k + T_PIN, load_u2(indexes + 2 * k, swap))
    return True


@inner
def pin_group(state: int, test: int, results: int, indexes: int, swap: bool) -> int:
    """The group of pin rows that fits a record; groups of one test hang in a list."""
    row = test_row(state, test)
    if load_i4(row + T_CHILD, False) < 0:
        store_4(row + T_CHILD, _add_pins(state, test, results, indexes, swap))
        store_4(row + T_CHILDREN, results)
        return test
    group = test
    while not _pins_fit(state, group, results, indexes, swap):
        following = load_i4(test_row(state, group) + T_VARIANT, False)
        if following < 0:
            fresh = _add_test(state, START, load_u4(row + T_NUMBER, False), state, 0)
            store_4(test_row(state, group) + T_VARIANT, fresh)
            fresh_row = test_row(state, fresh)
            store_4(fresh_row + T_PARENT, test)
            store_4(fresh_row + T_CHILD, _add_pins(state, fresh, results, indexes, swap))
            store_4(fresh_row + T_CHILDREN, results)
            return fresh
        group = following
    return group


@compiled
def rehash(state: int, old: int, old_room: int) -> None:
    """Hang the chains of an old hash table into the state's larger, empty one."""
    buckets, room = get_slot(state, BUCKETS_TABLE), get_slot(state, BUCKETS_ROOM)
    for i in range(old_room):
        test = load_i4(old + 4 * i, False)
        if test >= 0:
            row = test_row(state, test)
            bucket = _bucket(load_u4(row + T_NUMBER, False), load_u1(row + T_KIND, False), room)
            while load_i4(buckets + 4 * bucket, False) >= 0:
                bucket = (bucket + 1) & (room - 1)
            store_4(buckets + 4 * bucket, test)
