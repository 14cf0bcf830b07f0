"""Flag bits and stand-in values of STDF V4, spelled once. Source: STDF Specification V4, revision 2007."""

from __future__ import annotations

ALARM, RESULT_INVALID, UNRELIABLE, TIMEOUT, NOT_EXECUTED, ABORTED, NO_VERDICT, FAILED = (1 << bit for bit in range(8))
"""TEST_FLG (PTR, MPR, FTR); bit 7 counts for nothing where bit 6 says that there is no verdict."""
UNUSABLE = RESULT_INVALID | UNRELIABLE | TIMEOUT | NOT_EXECUTED | ABORTED
"""TEST_FLG bits under which a value is left out of statistics (STDF V4, PTR, TEST_FLG bits 1 to 5)."""

ABOVE, BELOW, ALTERNATE, LOW_EQUAL_PASSES, HIGH_EQUAL_PASSES = (1 << bit for bit in range(3, 8))
"""PARM_FLG (PTR, MPR) bits 3 to 7: beyond a limit, passed by alternate limits, a value equal to a limit passes."""

PART_ABNORMAL, PART_FAILED, PART_NO_VERDICT = (1 << bit for bit in range(2, 5))
"""PART_FLG (PRR) bits 2 to 4; bit 3 counts for nothing where bit 4 says that there is no verdict."""

ALL_HEADS = 255
"""HEAD_NUM of a count over all heads and sites (PCR, HBR, SBR, TSR), and SITE_GRP of no group."""
NO_BIN = 65_535
"""SOFT_BIN and HARD_BIN that say: no bin."""
NO_COORDINATE = -32_768
"""X_COORD and Y_COORD (PRR), CENTER_X and CENTER_Y (WCR) that say: not known."""
UNKNOWN_COUNT = 0xFFFF_FFFF
"""A count of parts (PCR, WRR) or of tests (TSR) that says: not known."""
