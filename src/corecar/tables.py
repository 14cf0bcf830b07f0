"""The tables that pass between steps: column, type, unit, meaning; nothing else.

A table is a row of `TABLES`; `schema(name)` gives it as an Arrow schema. A nullable column holds null where the
file said nothing; it never holds a stand-in such as 0 or -32768.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column of a table: its Arrow type, its unit where a bare number travels, and what it means."""

    name: str
    type: Any
    unit: str
    meaning: str


_text = pa.string()
_name = pa.dictionary(pa.int32(), pa.string())
_time = pa.timestamp("s")

RUNS = (
    Column("run", pa.uint32(), "", "row of this table; one source file's testing (a concatenated file holds several)"),
    Column("lot", _text, "", "MIR LOT_ID"),
    Column("sublot", _text, "", "MIR SBLOT_ID"),
    Column("product", _text, "", "MIR PART_TYP"),
    Column("test_program", _text, "", "MIR JOB_NAM"),
    Column("revision", _text, "", "MIR JOB_REV"),
    Column("stage", _text, "", "`wafer sort` where wafers are recorded, else `final test`"),
    Column("test_code", _text, "", "MIR TEST_COD"),
    Column("mode_code", _text, "", "MIR MODE_COD"),
    Column("retest_code", _text, "", "MIR RTST_COD: N, Y or the number of the retest pass"),
    Column("test_pass", pa.uint16(), "", "1 for a first test, 2 and up for a retest pass, by RTST_COD"),
    Column("temperature", _text, "", "MIR TST_TEMP as written, for example `25C`"),
    Column("tester", _text, "", "MIR NODE_NAM"),
    Column("tester_type", _text, "", "MIR TSTR_TYP"),
    Column("operator", _text, "", "MIR OPER_NAM"),
    Column("handler", _text, "", "SDR HAND_ID or, without one, HAND_TYP: handler or prober"),
    Column("load_board", _text, "", "SDR LOAD_ID"),
    Column("probe_card", _text, "", "SDR CARD_ID"),
    Column("start", _time, "", "MIR START_T, as the tester's clock showed it; null when 0"),
    Column("finish", _time, "", "MRR FINISH_T; null when 0 or the file has no MRR"),
    Column("source", _text, "", "the file"),
)

PARTS = (
    Column(
        "part", pa.uint32(), "", "row of this table; one attempt at testing a unit, in the order the attempts began"
    ),
    Column("run", pa.uint32(), "", "row of `runs`"),
    Column("wafer", _name, "", "WIR WAFER_ID; null at final test"),
    Column("x", pa.int16(), "", "PRR X_COORD; null when -32768"),
    Column("y", pa.int16(), "", "PRR Y_COORD; null when -32768"),
    Column("part_id", _text, "", "PRR PART_ID, often a counter that restarts per file"),
    Column("part_text", _text, "", "PRR PART_TXT"),
    Column("head", pa.uint8(), "", "HEAD_NUM"),
    Column("site", pa.uint8(), "", "SITE_NUM"),
    Column("hard_bin", pa.uint16(), "", "PRR HARD_BIN; null without a PRR"),
    Column("soft_bin", pa.uint16(), "", "PRR SOFT_BIN; null when 65535 or without a PRR"),
    Column("passed", pa.bool_(), "", "PART_FLG bits 3 and 4; null when the file does not say"),
    Column("attempt", pa.uint16(), "", "1 for the first attempt at a unit, 2 for its first retest, ..."),
    Column("superseded", pa.bool_(), "", "another attempt at the same unit was chosen instead"),
    Column("incomplete", pa.bool_(), "", "no PRR, or PART_FLG bit 2: the part ended abnormally"),
    Column("test_time_ms", pa.uint32(), "ms", "PRR TEST_T; null when 0"),
    Column("test_count", pa.uint16(), "", "PRR NUM_TEST: tests the tester says it executed"),
    Column("flags", pa.uint8(), "", "PRR PART_FLG as written; 0 without a PRR"),
)

TESTS = (
    Column("test", pa.uint32(), "", "row of this table"),
    Column("number", pa.uint32(), "", "TEST_NUM; not an identity on its own"),
    Column("name", _text, "", "TEST_TXT, or TSR TEST_NAM where the records carry none; of an FTR without it, VECT_NAM"),
    Column("pin", _text, "", "of a multiple-result test: the pin's name by PMR, else its index; null otherwise"),
    Column("unit", _text, "", "UNITS as written; values are in this unit without prefix"),
    Column("low_limit", pa.float32(), "unit", "LO_LIMIT; null when the test has no low limit"),
    Column("high_limit", pa.float32(), "unit", "HI_LIMIT; null when the test has no high limit"),
    Column("low_spec", pa.float32(), "unit", "LO_SPEC; null when absent"),
    Column("high_spec", pa.float32(), "unit", "HI_SPEC; null when absent"),
    Column("kind", _text, "", "`parametric` (PTR), `multiple` (MPR, one row per pin) or `functional` (FTR)"),
    Column(
        "result_scale", pa.int8(), "", "RES_SCAL: show value x 10^scale with the matching prefix; null when invalid"
    ),
    Column("low_scale", pa.int8(), "", "LLM_SCAL, likewise"),
    Column("high_scale", pa.int8(), "", "HLM_SCAL, likewise"),
    Column("result_format", _text, "", "C_RESFMT, a C printf format"),
    Column("low_format", _text, "", "C_LLMFMT"),
    Column("high_format", _text, "", "C_HLMFMT"),
    Column(
        "low_equal_passes",
        pa.bool_(),
        "",
        "PARM_FLG bit 6 at the first reading: a result equal to the low limit passes",
    ),
    Column("high_equal_passes", pa.bool_(), "", "PARM_FLG bit 7, likewise for the high limit"),
)

RESULTS = (
    Column("test", pa.uint32(), "", "row of `tests`"),
    Column("part", pa.uint32(), "", "row of `parts`; the table is sorted by (test, part)"),
    Column("value", pa.float32(), "unit", "RESULT in the test's unit without prefix; NaN for functional tests"),
    Column("flags", pa.uint16(), "", "TEST_FLG in the low byte, PARM_FLG in the high byte"),
    Column("passed", pa.bool_(), "", "TEST_FLG bits 6 and 7; null when the record says no pass or fail"),
)

REPEATS = (
    Column("test", pa.uint32(), "", "row of `tests`"),
    Column("part", pa.uint32(), "", "row of `parts`"),
    Column("execution", pa.uint16(), "", "2 for the second execution within the part, 3 for the third, ..."),
    Column("value", pa.float32(), "unit", "RESULT"),
    Column("flags", pa.uint16(), "", "TEST_FLG in the low byte, PARM_FLG in the high byte"),
    Column("passed", pa.bool_(), "", "as in `results`"),
)

PART_LIMITS = (
    Column("test", pa.uint32(), "", "row of `tests`"),
    Column("part", pa.uint32(), "", "row of `parts`"),
    Column(
        "execution",
        pa.uint16(),
        "",
        "of which execution within the part: 1 for the reading in `results`, more for one in `repeats`; null where an "
        "earlier release wrote it, and the limits may be those of any",
    ),
    Column("low_limit", pa.float32(), "unit", "the low limit this reading was held against; null when none"),
    Column("high_limit", pa.float32(), "unit", "the high limit this reading was held against; null when none"),
)

BINS = (
    Column("kind", _text, "", "`hard` or `soft`"),
    Column("bin", pa.uint16(), "", "HBIN_NUM or SBIN_NUM"),
    Column("name", _text, "", "HBIN_NAM or SBIN_NAM; null when the file names none"),
    Column("passed", pa.bool_(), "", "HBIN_PF or SBIN_PF, else what its parts say; null when unknown"),
    Column("first", pa.uint32(), "parts", "complete first attempts counted in this bin"),
    Column(
        "final",
        pa.uint32(),
        "parts",
        "final attempts counted in this bin; without unit identity as the final yield counts them",
    ),
    Column("reported", pa.uint32(), "parts", "the tester's own count over all its sites; null when it gave none"),
)

WAFERS = (
    Column("wafer", _text, "", "WAFER_ID"),
    Column("run", pa.uint32(), "", "row of `runs`; one row per WIR, so a wafer probed twice has two"),
    Column("head", pa.uint8(), "", "HEAD_NUM"),
    Column("start", _time, "", "WIR START_T"),
    Column("finish", _time, "", "WRR FINISH_T; null without a WRR"),
    Column("reported_parts", pa.uint32(), "parts", "WRR PART_CNT"),
    Column("reported_good", pa.uint32(), "parts", "WRR GOOD_CNT"),
    Column("wafer_size", pa.float32(), "wafer_units", "WCR WAFR_SIZ: diameter"),
    Column("die_height", pa.float32(), "wafer_units", "WCR DIE_HT"),
    Column("die_width", pa.float32(), "wafer_units", "WCR DIE_WID"),
    Column("wafer_units", _text, "", "WCR WF_UNITS: `in`, `cm`, `mm`, `mil`; null when unknown"),
    Column("flat", _text, "", "WCR WF_FLAT: U, D, L, R; null when unknown"),
    Column("center_x", pa.int16(), "", "WCR CENTER_X"),
    Column("center_y", pa.int16(), "", "WCR CENTER_Y"),
    Column("positive_x", _text, "", "WCR POS_X: L or R; null when unknown"),
    Column("positive_y", _text, "", "WCR POS_Y: U or D; null when unknown"),
)

TEXTS = (
    Column("run", pa.uint32(), "", "row of `runs`"),
    Column("sequence", pa.uint64(), "", "number of the record in its file, from 0"),
    Column("offset", pa.uint64(), "bytes", "position of the record in the decompressed content"),
    Column("part", pa.uint32(), "", "the last part begun before this record; null before the first"),
    Column("kind", _text, "", "`DTR` or `GDR`"),
    Column("text", _text, "", "the text; of a GDR its fields joined by `|`"),
)

LIMITS = (
    Column("limit", pa.uint32(), "", "row of this table; never changed once written"),
    Column("screen", _text, "", "the rule that made it, for example `dynamic-pat`"),
    Column("version", _text, "", "version of the rule's formula in Corecar"),
    Column("test", pa.uint32(), "", "row of `tests`; null where the screen judges no single test"),
    Column("scope", _text, "", "what its population was: `lot`, `wafer W03`, `site 2`, ..."),
    Column("n", pa.uint32(), "parts", "readings in the population"),
    Column("estimator", _text, "", "how centre and spread were estimated, for example `median, IQR/1.35`"),
    Column("quartile_rule", _text, "", "quantile definition, for example `type 7`"),
    Column("width", pa.float64(), "sigma", "half-width in robust sigmas"),
    Column("q1", pa.float64(), "unit", "first quartile"),
    Column("median", pa.float64(), "unit", "robust mean"),
    Column("q3", pa.float64(), "unit", "third quartile"),
    Column("sigma", pa.float64(), "unit", "robust sigma that was used"),
    Column("low", pa.float64(), "unit", "low limit applied; null when that side is not screened"),
    Column("high", pa.float64(), "unit", "high limit applied; null when that side is not screened"),
    Column("clamp", _text, "", "`low`, `high`, `both` where the test limit was the tighter one; empty otherwise"),
    Column("fallback", _text, "", "the fallback taken and why; empty when none"),
    Column("population", _text, "", "hash of the parts and values the limit was derived from"),
    Column("applied", pa.bool_(), "", "False: derived for information, or not screenable; `fallback` says why"),
)

VERDICTS = (
    Column("part", pa.uint32(), "", "row of `parts`"),
    Column("test", pa.uint32(), "", "row of `tests`; null where the screen judges no single test"),
    Column("rule", _text, "", "the screen that rejected the part"),
    Column("limit", pa.uint32(), "", "row of `limits`"),
    Column("value", pa.float32(), "unit", "the reading, or what the screen counted"),
    Column("distance", pa.float64(), "sigma", "distance from the median in robust sigmas; null where there is none"),
    Column("old_bin", pa.uint16(), "", "hard bin of the tester"),
    Column("new_bin", pa.uint16(), "", "hard bin after screening"),
    Column("reason", _text, "", "why, in words"),
)

DISPOSITIONS = (
    Column("part", pa.uint32(), "", "row of `parts`; one row per final part"),
    Column("unit", _text, "", "how a person finds the part: `W03 (12, -4)`, or its part id"),
    Column("old_hard_bin", pa.uint16(), "", "hard bin of the tester"),
    Column("new_hard_bin", pa.uint16(), "", "hard bin after screening"),
    Column("old_soft_bin", pa.uint16(), "", "soft bin of the tester"),
    Column("new_soft_bin", pa.uint16(), "", "soft bin after screening"),
    Column("shippable", pa.bool_(), "", "good at the tester, and rejected by no screen or let through by an override"),
    Column("reasons", _text, "", "rules and tests that rejected it, and an override, joined by `; `"),
    Column("override", pa.uint32(), "", "number of the override that lets it through; null where none does"),
)

MEASURES = (
    Column("test", pa.uint32(), "", "row of `tests`"),
    Column("scope", _text, "", "`lot`, `wafer` or `site`"),
    Column("group", _text, "", "which wafer or site; empty for the lot"),
    Column("n", pa.uint32(), "parts", "usable readings of final parts, passing and failing"),
    Column("failed", pa.uint32(), "parts", "readings flagged as failed"),
    Column("passing_n", pa.uint32(), "parts", "usable readings of good parts; the statistics below are of these"),
    Column("mean", pa.float64(), "unit", "mean"),
    Column("sd", pa.float64(), "unit", "standard deviation, n - 1"),
    Column("minimum", pa.float64(), "unit", "smallest"),
    Column("q1", pa.float64(), "unit", "first quartile"),
    Column("median", pa.float64(), "unit", "median"),
    Column("q3", pa.float64(), "unit", "third quartile"),
    Column("maximum", pa.float64(), "unit", "largest"),
    Column("cpk", pa.float64(), "", "min((high - mean), (mean - low)) / 3 sd; null without limits or spread"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "runs": RUNS,
    "parts": PARTS,
    "tests": TESTS,
    "results": RESULTS,
    "repeats": REPEATS,
    "part_limits": PART_LIMITS,
    "bins": BINS,
    "wafers": WAFERS,
    "texts": TEXTS,
    "limits": LIMITS,
    "verdicts": VERDICTS,
    "dispositions": DISPOSITIONS,
    "measures": MEASURES,
}


@cache
def schema(table: str) -> Any:
    """The Arrow schema of a table named in `TABLES`; unit and meaning travel as field metadata."""
    return pa.schema([pa.field(c.name, c.type, metadata={"unit": c.unit, "meaning": c.meaning}) for c in TABLES[table]])
