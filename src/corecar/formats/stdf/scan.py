"""The hot kernel: one pass over STDF records that joins parts, tests and readings as it goes.

`scan` takes bytes and the address of a state, works until the bytes, a table or the stream end, and says why it
stopped. It resolves what the records leave out: the open part of each (head, site), the test that a nameless repeat
belongs to, the limits carried over from the first record of a test. Records that are not hot are copied aside.
The state it works on stands in `kernel_state`.
"""

from __future__ import annotations

from corecar.compiled import compiled, inlined, inner
from corecar.formats.stdf.chunks import LONGEST, emit, number_readings
from corecar.formats.stdf.kernel_state import (
    A_AT,
    A_CODE,
    A_LENGTH,
    A_OFFSET,
    A_PARTS,
    A_SEQUENCE,
    ARENA,
    ARENA_ROOM,
    ASIDE_ROW,
    ASIDES,
    ASIDES_ROOM,
    ASIDES_TABLE,
    BUCKETS_ROOM,
    CLOSED,
    COUNTS,
    CUT_FIELD,
    END,
    FAR,
    FTR,
    FULL_ARENA,
    FULL_ASIDE,
    FULL_LIMITS,
    FULL_PARTS,
    FULL_READINGS,
    FULL_TESTS,
    FUNCTIONAL,
    IMPLICIT,
    INNER_AT,
    KNOWN,
    L_AT,
    L_HIGH,
    L_HIGH_STATE,
    L_LOW,
    L_LOW_STATE,
    L_PART,
    L_TEST,
    LAST_RECORD,
    LAST_TEST,
    LENGTHS,
    LIMIT_GIVEN,
    LIMIT_ROW,
    LIMITS,
    LIMITS_ROOM,
    LIMITS_TABLE,
    MPR,
    MULTIPLE,
    NAN,
    NEW_STREAM,
    NO_LIMIT,
    OPEN,
    OPEN_PART,
    P_CLOSED_AT,
    P_COUNT,
    P_FLAGS,
    P_HARD,
    P_HEAD,
    P_ID_AT,
    P_ID_LENGTH,
    P_OFFSET,
    P_SITE,
    P_SOFT,
    P_STATE,
    P_TEXT_AT,
    P_TEXT_LENGTH,
    P_TIME,
    P_X,
    P_Y,
    PARAMETRIC,
    PART_NO_VERDICT,
    PART_ROW,
    PARTIAL,
    PARTS,
    PARTS_ROOM,
    PARTS_TABLE,
    PIR,
    POSITION,
    PRR,
    PRR_SURPLUS,
    PTR,
    READINGS,
    RESULT_INVALID,
    SEQUENCE,
    SHELF_AT,
    SHELF_END,
    SHELF_WANTED,
    SHORT,
    STRAY,
    SUSPECT,
    SWALLOWING,
    T_CHILD,
    T_CHILDREN,
    T_FIRST_AT,
    T_FIRST_LENGTH,
    T_HIGH,
    T_HIGH_STATE,
    T_KIND,
    T_LOW,
    T_LOW_STATE,
    T_NUMBERED,
    T_PARM_FLAGS,
    T_PARM_KNOWN,
    TEST_ROW,
    TESTS,
    TESTS_ROOM,
    UNCLOSED,
    UNOPENED,
    WANTED,
)
from corecar.formats.stdf.lengths import (
    FTR_FIXED,
    MPR_FIXED,
    PRR_FIXED,
    PTR_FIXED,
    holds_records,
    is_new_length,
    is_swallowing,
    odd,
    text_length,
)
from corecar.formats.stdf.loads import (
    byte_pair,
    get_slot,
    load_i2,
    load_i4,
    load_i8,
    load_r4,
    load_u1,
    load_u2,
    load_u4,
    put_slot,
    store_1,
    store_2,
    store_4,
    store_8,
)
from corecar.formats.stdf.test_rows import keep, pin_group, resolve_test, test_row


@inner
def _begin_part(state: int, slot: int, how: int, offset: int) -> int:
    part = get_slot(state, PARTS)
    put_slot(state, PARTS, part + 1)
    row = get_slot(state, PARTS_TABLE) + PART_ROW * part
    for i in range(0, PART_ROW, 8):
        store_8(row + i, 0)
    store_1(row + P_STATE, how)
    store_1(row + P_HEAD, slot >> 8)
    store_1(row + P_SITE, slot & 255)
    store_2(row + P_X, -32768)
    store_2(row + P_Y, -32768)
    store_2(row + P_HARD, 65535)
    store_2(row + P_SOFT, 65535)
    store_8(row + P_OFFSET, offset)
    store_8(row + P_CLOSED_AT, -1)
    store_4(get_slot(state, OPEN_PART) + 4 * slot, part)
    store_4(get_slot(state, LAST_TEST) + 4 * slot, 0)
    return part


@inlined
def _part_of(state: int, slot: int, offset: int) -> int:
    """The open part of a (head, site); a reading before any PIR opens one, which only a PRR makes real."""
    part = load_i4(get_slot(state, OPEN_PART) + 4 * slot, False)
    if part < 0:
        part = _begin_part(state, slot, IMPLICIT, offset)
        odd(state, STRAY, offset)
    return part


@inner
def _check_limits(state: int, test: int, part: int, option: int, body: int, end: int, swap: bool) -> None:
    """Take the first record's limits as the test's own; log those of a later record that differ, and number readings of
    the test from then on, so that it is known which of them each is of.

    OPT_FLAG bits 6 and 7 say there is no limit and win over bits 4 and 5, which say: as in the first record.
    """
    row = test_row(state, test)
    flag = load_u1(option, False)
    test_low, test_high = load_u4(row + T_LOW, False), load_u4(row + T_HIGH, False)
    test_low_state, test_high_state = load_u1(row + T_LOW_STATE, False), load_u1(row + T_HIGH_STATE, False)
    low, high, low_state, high_state = test_low, test_high, test_low_state, test_high_state
    if flag & 0x40:
        low_state = NO_LIMIT
    elif not flag & 0x10 and option + 8 <= end:
        low = load_u4(option + 4, swap)
        low_state = LIMIT_GIVEN
    if flag & 0x80:
        high_state = NO_LIMIT
    elif not flag & 0x20 and option + 12 <= end:
        high = load_u4(option + 8, swap)
        high_state = LIMIT_GIVEN
    if load_i8(row + T_FIRST_AT, False) < 0:
        store_8(row + T_FIRST_AT, keep(state, body, end - body))
        store_4(row + T_FIRST_LENGTH, end - body)
        store_4(row + T_LOW, low)
        store_4(row + T_HIGH, high)
        store_1(row + T_LOW_STATE, low_state)
        store_1(row + T_HIGH_STATE, high_state)
        return
    same_low = low_state == test_low_state and (low_state != LIMIT_GIVEN or low == test_low)
    same_high = high_state == test_high_state and (high_state != LIMIT_GIVEN or high == test_high)
    if same_low and same_high:
        return
    entry = get_slot(state, LIMITS)
    put_slot(state, LIMITS, entry + 1)
    at = get_slot(state, LIMITS_TABLE) + LIMIT_ROW * entry
    store_4(at + L_TEST, test)
    store_4(at + L_PART, part)
    store_4(at + L_AT, get_slot(state, READINGS))
    store_4(at + L_LOW, low)
    store_4(at + L_HIGH, high)
    store_1(at + L_LOW_STATE, low_state)
    store_1(at + L_HIGH_STATE, high_state)
    if load_u1(row + T_KIND, False) == PARAMETRIC and load_u1(row + T_NUMBERED, False) == 0:
        number_readings(row)


@inlined
def _note_first(state: int, test: int, flags: int) -> None:
    """Remember PARM_FLG of a test's first reading: whether a result equal to a limit passes."""
    row = test_row(state, test)
    if load_u1(row + T_PARM_KNOWN, False) == 0:
        store_1(row + T_PARM_KNOWN, 1)
        store_1(row + T_PARM_FLAGS, flags)


@inlined
def _scan_ptr(state: int, body: int, end: int, offset: int, swap: bool) -> None:
    """PTR: TEST_NUM HEAD_NUM SITE_NUM TEST_FLG PARM_FLG RESULT TEST_TXT ALARM_ID OPT_FLAG ..."""
    if end - body < 6:
        odd(state, SHORT, offset)
        return
    slot = byte_pair(body + 4)
    flags, parm, value = RESULT_INVALID, 0, NAN
    if end - body >= 12:
        flags = load_u1(body + 6, False)
        parm = load_u1(body + 7, False)
        value = load_r4(body + 8, swap)
    elif end - body >= 7:
        flags = load_u1(body + 6, False) | RESULT_INVALID
    name = body + 12
    length = max(text_length(name, end), 0)
    test = resolve_test(state, slot, PARAMETRIC, load_u4(body, swap), name + 1, length)
    part = _part_of(state, slot, offset)
    _note_first(state, test, parm)
    alarm = name + 1 + length
    option = alarm + 1 + text_length(alarm, end)
    if alarm < end and option < end:
        _check_limits(state, test, part, option, body, end, swap)
    emit(state, test_row(state, test), part, value, flags | (parm << 8))


@inner
def _scan_ftr(state: int, body: int, end: int, offset: int, swap: bool) -> None:
    """FTR: TEST_NUM HEAD SITE TEST_FLG OPT_FLAG ... RTN_ICNT PGM_ICNT ... VECT_NAM TIME_SET OP_CODE TEST_TXT."""
    if end - body < 6:
        odd(state, SHORT, offset)
        return
    slot = byte_pair(body + 4)
    flags = load_u1(body + 6, False) if end - body >= 7 else RESULT_INVALID
    name, length = body, 0
    if end - body >= 38:
        returned, programmed = load_u2(body + 34, swap), load_u2(body + 36, swap)
        at = body + 38 + returned * 2 + (returned + 1) // 2 + programmed * 2 + (programmed + 1) // 2
        if at + 2 <= end:
            at += 2 + (load_u2(at, swap) + 7) // 8
        else:
            at = end
        vector, vector_length = at + 1, max(text_length(at, end), 0)
        for _ in range(3):
            at += 1 + max(text_length(at, end), 0)
        name, length = at + 1, max(text_length(at, end), 0)
        if length == 0:
            name, length = vector, vector_length
    test = resolve_test(state, slot, FUNCTIONAL, load_u4(body, swap), name, length)
    part = _part_of(state, slot, offset)
    row = test_row(state, test)
    if load_i8(row + T_FIRST_AT, False) < 0:
        store_8(row + T_FIRST_AT, keep(state, body, end - body))
        store_4(row + T_FIRST_LENGTH, end - body)
    emit(state, row, part, NAN, flags)


@inner
def _scan_mpr(state: int, body: int, end: int, offset: int, swap: bool) -> None:
    """MPR: TEST_NUM HEAD SITE TEST_FLG PARM_FLG RTN_ICNT RSLT_CNT RTN_STAT RTN_RSLT TEST_TXT ALARM_ID OPT_FLAG ..."""
    if end - body < 12:
        odd(state, SHORT, offset)
        return
    slot = byte_pair(body + 4)
    flags = load_u1(body + 6, False) | (load_u1(body + 7, False) << 8)
    pins, results = load_u2(body + 8, swap), load_u2(body + 10, swap)
    values = body + 12 + (pins + 1) // 2
    if values + 4 * results > end:
        odd(state, CUT_FIELD, offset)
        results = max((end - values) // 4, 0)
    name = min(values + 4 * results, end)
    length = max(text_length(name, end), 0)
    test = resolve_test(state, slot, MULTIPLE, load_u4(body, swap), name + 1, length)
    part = _part_of(state, slot, offset)
    _note_first(state, test, flags >> 8)
    alarm = name + 1 + length
    option = alarm + 1 + text_length(alarm, end)
    described = alarm < end and option < end
    indexes = option + 20 if described and pins == results and option + 20 + 2 * pins <= end else 0
    group = test
    if results > 0 and (indexes != 0 or load_i4(test_row(state, test) + T_CHILDREN, False) < results):
        group = pin_group(state, test, results, indexes, swap)
    if described:
        _check_limits(state, group, part, option, body, end, swap)
    first = test_row(state, load_i4(test_row(state, group) + T_CHILD, False))
    for k in range(results):
        emit(state, first + TEST_ROW * k, part, load_r4(values + 4 * k, swap), flags)


@inner
def _scan_pir(state: int, body: int, end: int, offset: int) -> None:
    if end - body < 2:
        odd(state, SHORT, offset)
        return
    slot = byte_pair(body)
    part = load_i4(get_slot(state, OPEN_PART) + 4 * slot, False)
    if part >= 0 and load_u1(get_slot(state, PARTS_TABLE) + PART_ROW * part + P_STATE, False) == OPEN:
        odd(state, UNCLOSED, offset)
    _begin_part(state, slot, OPEN, offset)


@inner
def _scan_prr(state: int, body: int, end: int, offset: int, swap: bool) -> None:
    """PRR: HEAD_NUM SITE_NUM PART_FLG NUM_TEST HARD_BIN SOFT_BIN X_COORD Y_COORD TEST_T PART_ID PART_TXT PART_FIX."""
    room = end - body
    if room < 2:
        odd(state, SHORT, offset)
        return
    slot = byte_pair(body)
    part = load_i4(get_slot(state, OPEN_PART) + 4 * slot, False)
    row = get_slot(state, PARTS_TABLE) + PART_ROW * part
    if part < 0 or load_u1(row + P_STATE, False) == IMPLICIT:
        odd(state, UNOPENED, offset)
        if part < 0:
            part = _begin_part(state, slot, OPEN, offset)
            row = get_slot(state, PARTS_TABLE) + PART_ROW * part
    store_1(row + P_STATE, CLOSED)
    store_8(row + P_CLOSED_AT, offset)
    store_4(get_slot(state, OPEN_PART) + 4 * slot, -1)
    store_1(row + P_FLAGS, load_u1(body + 2, False) if room >= 3 else PART_NO_VERDICT)
    if room >= 5:
        store_2(row + P_COUNT, load_u2(body + 3, swap))
    if room >= 7:
        store_2(row + P_HARD, load_u2(body + 5, swap))
    if room >= 9:
        store_2(row + P_SOFT, load_u2(body + 7, swap))
    if room >= 11:
        store_2(row + P_X, load_i2(body + 9, swap))
    if room >= 13:
        store_2(row + P_Y, load_i2(body + 11, swap))
    if room >= 17:
        store_4(row + P_TIME, load_u4(body + 13, swap))
    length = text_length(body + 17, end)
    if length > 0:
        store_8(row + P_ID_AT, keep(state, body + 18, length))
        store_1(row + P_ID_LENGTH, length)
    text = body + 18 + max(length, 0)
    length = text_length(text, end)
    if length > 0:
        store_8(row + P_TEXT_AT, keep(state, text + 1, length))
        store_1(row + P_TEXT_LENGTH, length)
    fixed = text + 1 + max(length, 0)
    if fixed + 1 + max(text_length(fixed, end), 0) < end:
        odd(state, PRR_SURPLUS, offset)


@inner
def _set_aside(state: int, code: int, body: int, length: int, offset: int) -> None:
    entry = get_slot(state, ASIDES)
    put_slot(state, ASIDES, entry + 1)
    row = get_slot(state, ASIDES_TABLE) + ASIDE_ROW * entry
    store_2(row + A_CODE, code)
    store_8(row + A_OFFSET, offset)
    store_8(row + A_SEQUENCE, get_slot(state, SEQUENCE))
    store_4(row + A_PARTS, get_slot(state, PARTS))
    store_8(row + A_AT, keep(state, body, length))
    store_4(row + A_LENGTH, length)


@inner
def _shortage(state: int, code: int, length: int) -> int:
    """Which table could overflow within the next record, or END: one look before the record is taken."""
    readings, rows = 1, 1
    if code == MPR:
        readings = length // 4 + 1
        rows = length // 4 + 3
    if get_slot(state, SHELF_AT) + readings * LONGEST > get_slot(state, SHELF_END):
        put_slot(state, SHELF_WANTED, readings * LONGEST)
        return FULL_READINGS
    if get_slot(state, ARENA) + 2 * length + 1024 >= get_slot(state, ARENA_ROOM):
        return FULL_ARENA
    if get_slot(state, PARTS) + 1 >= get_slot(state, PARTS_ROOM):
        return FULL_PARTS
    tests = get_slot(state, TESTS) + rows
    if tests >= get_slot(state, TESTS_ROOM) or 2 * tests >= get_slot(state, BUCKETS_ROOM):
        return FULL_TESTS
    if get_slot(state, ASIDES) + 1 >= get_slot(state, ASIDES_ROOM):
        return FULL_ASIDE
    if get_slot(state, LIMITS) + 1 >= get_slot(state, LIMITS_ROOM):
        return FULL_LIMITS
    return END


@compiled
def scan(state: int, address: int, start: int, stop: int, origin: int, swap: bool) -> int:
    """Take whole records from `start` to `stop`; return why it stopped, with POSITION at the next record.

    state    address of the state
    address  of the bytes; `start` and `stop` are relative to it
    origin   position of `address` in the decompressed content, for offsets that people read
    swap     the file's byte order is not the machine's
    """
    counts, known, wanted = get_slot(state, COUNTS), get_slot(state, KNOWN), get_slot(state, WANTED)
    lengths = get_slot(state, LENGTHS)
    position, sequence = start, get_slot(state, SEQUENCE)
    last = get_slot(state, LAST_RECORD)
    reason = END
    while position < stop:
        if stop - position < 4:
            reason = PARTIAL
            break
        header = address + position
        length = load_u2(header, swap)
        code = byte_pair(header + 2)
        if code == FAR and sequence > 0:
            reason = NEW_STREAM
            break
        if load_u1(known + code, False) == 0:
            reason = SUSPECT
            break
        if stop - position - 4 < length:
            reason = PARTIAL
            break
        reason = _shortage(state, code, length)
        if reason != END:
            break
        body, end, offset = header + 4, header + 4 + length, origin + position
        if code == PTR:
            if (
                length > PTR_FIXED
                and is_new_length(lengths, body, length, swap)
                and is_swallowing(state, code, body, end, offset, swap)
            ):
                reason = SWALLOWING
                break
            _scan_ptr(state, body, end, offset, swap)
        elif code == FTR:
            if (
                length > FTR_FIXED
                and is_new_length(lengths, body, length, swap)
                and is_swallowing(state, code, body, end, offset, swap)
            ):
                reason = SWALLOWING
                break
            _scan_ftr(state, body, end, offset, swap)
        elif code == MPR:
            if (
                length > MPR_FIXED
                and is_new_length(lengths, body, length, swap)
                and is_swallowing(state, code, body, end, offset, swap)
            ):
                reason = SWALLOWING
                break
            _scan_mpr(state, body, end, offset, swap)
        elif code == PIR:
            _scan_pir(state, body, end, offset)
        elif code == PRR:
            if length > PRR_FIXED and holds_records(state, body + PRR_FIXED, end, swap):
                reason = SWALLOWING
                break
            _scan_prr(state, body, end, offset, swap)
        elif load_u1(wanted + code, False):
            put_slot(state, SEQUENCE, sequence)
            _set_aside(state, code, body, length, offset)
        count = counts + 8 * code
        store_8(count, load_i8(count, False) + 1)
        last = offset
        sequence += 1
        position += 4 + length
    if reason == SWALLOWING:
        put_slot(state, INNER_AT, get_slot(state, INNER_AT) - address)
    put_slot(state, POSITION, position)
    put_slot(state, SEQUENCE, sequence)
    put_slot(state, LAST_RECORD, last)
    return reason
