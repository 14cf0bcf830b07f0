"""What the hot kernel and Python say to each other: the state's slots, why it stopped, the fields of its tables.

The state is an int64 array: counters, then the sizes and addresses of the working tables (`layout`).
"""

from __future__ import annotations

import numpy as np

from corecar.formats.stdf.layout import ASIDE, LIMIT, PART, TEST, place

PTR, MPR, FTR = 0x0F0A, 0x0F0F, 0x0F14
PIR, PRR, FAR = 0x050A, 0x0514, 0x000A

# Why the kernel stopped.
END, PARTIAL, NEW_STREAM, SUSPECT, SWALLOWING = range(5)
FULL_READINGS, FULL_TESTS, FULL_PARTS, FULL_ASIDE, FULL_ARENA, FULL_LIMITS = range(5, 11)

# The state: counters.
POSITION, SEQUENCE, READINGS, TESTS, PARTS, ASIDES, ARENA, LIMITS, LAST_RECORD, NAMELESS = range(10)
# Oddities: a count and, beside it, the position of the first one.
UNOPENED, UNOPENED_AT, UNCLOSED, UNCLOSED_AT, SHORT, SHORT_AT, CUT_FIELD, CUT_FIELD_AT, STRAY, STRAY_AT = range(10, 20)
PRR_SURPLUS, PRR_SURPLUS_AT, TEST_SURPLUS, TEST_SURPLUS_AT = 28, 29, 48, 49
# The state: rooms (in rows or bytes) and addresses.
SEEN = 27
TESTS_ROOM, PARTS_ROOM, ASIDES_ROOM, ARENA_ROOM, LIMITS_ROOM, BUCKETS_ROOM = range(20, 26)
TESTS_TABLE, PARTS_TABLE, ASIDES_TABLE, ARENA_TABLE, LIMITS_TABLE, BUCKETS_TABLE = range(30, 36)
# The memory for readings: the next free address, its end, the bytes that the next record may take; and the sum of all
# values' bits, which tells streams apart.
SHELF_AT, SHELF_END, SHELF_WANTED, CHECKSUM = range(36, 40)
OPEN_PART, LAST_TEST, COUNTS, KNOWN, WANTED, LENGTHS = range(40, 46)
# Where the records begin that stand inside the one at POSITION, when that is why the kernel stopped.
INNER_AT = 46
STATE_SIZE = 50

LENGTHS_ROWS = 4096
"""Rows of the table of lengths: uint32, by a hash of TEST_NUM, the length of the last test record looked into."""

# Kinds of rows in the tests table; row 0 is the node from which every part's flow starts.
START, PARAMETRIC, MULTIPLE, FUNCTIONAL, PIN = range(5)
# State of a part.
IMPLICIT, OPEN, CLOSED = range(1, 4)
NO_LIMIT, LIMIT_GIVEN, LIMIT_UNKNOWN = range(3)

RESULT_INVALID, PART_NO_VERDICT = 0x02, 0x10
"""TEST_FLG bit 1 and PART_FLG bit 4: what a record says that ends before its result or its flags."""
NAN: np.float32 = np.float32(np.nan)

TEST_ROW, PART_ROW, ASIDE_ROW, LIMIT_ROW = TEST.itemsize, PART.itemsize, ASIDE.itemsize, LIMIT.itemsize
T_NUMBER, T_FOLLOWING, T_KIND = place(TEST, "number"), place(TEST, "following"), place(TEST, "kind")
T_NAME_AT, T_NAME_LENGTH = place(TEST, "name_at"), place(TEST, "name_length")
T_LOW, T_HIGH = place(TEST, "low"), place(TEST, "high")
T_LOW_STATE, T_HIGH_STATE = place(TEST, "low_state"), place(TEST, "high_state")
T_FIRST_AT, T_FIRST_LENGTH = place(TEST, "first_at"), place(TEST, "first_length")
T_CHAIN, T_VARIANT = place(TEST, "chain"), place(TEST, "variant")
T_SEEN_SITE, T_SEEN_AT = place(TEST, "seen_site"), place(TEST, "seen_at")
T_CHILD, T_CHILDREN = place(TEST, "child"), place(TEST, "children")
T_PIN, T_PARENT = place(TEST, "pin"), place(TEST, "parent")
T_PARM_KNOWN, T_PARM_FLAGS = place(TEST, "parm_known"), place(TEST, "parm_flags")
T_FIRST_CHUNK, T_CHUNK, T_CURSOR = place(TEST, "first_chunk"), place(TEST, "chunk"), place(TEST, "cursor")
T_CHUNK_END, T_READINGS, T_LAST_PART = place(TEST, "chunk_end"), place(TEST, "readings"), place(TEST, "last_part")
T_STRIDE, T_NUMBERED = place(TEST, "stride"), place(TEST, "numbered")
P_STATE, P_HEAD, P_SITE, P_FLAGS = (place(PART, name) for name in ("state", "head", "site", "flags"))
P_X, P_Y, P_HARD, P_SOFT = (place(PART, name) for name in ("x", "y", "hard_bin", "soft_bin"))
P_COUNT, P_TIME, P_OFFSET = place(PART, "test_count"), place(PART, "time"), place(PART, "offset")
P_CLOSED_AT = place(PART, "closed_at")
P_ID_AT, P_ID_LENGTH = place(PART, "id_at"), place(PART, "id_length")
P_TEXT_AT, P_TEXT_LENGTH = place(PART, "text_at"), place(PART, "text_length")
A_CODE, A_OFFSET, A_SEQUENCE = place(ASIDE, "code"), place(ASIDE, "offset"), place(ASIDE, "sequence")
A_PARTS, A_AT, A_LENGTH = place(ASIDE, "parts"), place(ASIDE, "at"), place(ASIDE, "length")
L_TEST, L_PART, L_AT, L_LOW, L_HIGH = (place(LIMIT, name) for name in ("test", "part", "at", "low", "high"))
L_LOW_STATE, L_HIGH_STATE = place(LIMIT, "low_state"), place(LIMIT, "high_state")
