"""Every record of STDF V4 and V4-2007 as rows: field, type code, meaning, and what stands for a missing value.

`kx` before a type code means an array; `count` names the field that holds its length and `width` the field that holds
the width of its elements. `when` marks a field that is there only if bits of an earlier flag field say so.
A record that was laid out differently in different editions has several layouts; a record is read by the first
layout that ends exactly where the record ends. Where an edition uses one name twice, the second field is renamed here
and its meaning says so.

Source: STDF Specification V4; STDF V4-2007 and its scan extension (`Scan:2007.1`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from corecar.formats.stdf.codes import CODES, TypeCode

UNKNOWN_COUNT = 4_294_967_295
UNKNOWN_COORDINATE = -32_768


@dataclass(frozen=True)
class Gate:
    """The condition under which a field is in the record: `flags & mask == value`, flags being an earlier field."""

    flags: str
    mask: int
    value: int


@dataclass(frozen=True)
class Field:
    """One field of a record.

    name     the specification's spelling
    code     its type code, `kx` before that of an array's elements
    meaning  in words
    missing  what the specification writes where the value is unknown; None where it names none
    count    of an array: the field that holds its length, or the length itself
    width    of a `Uf` or `Cf`: the field that holds the width of one element, in bytes
    when     the field is only there under this condition
    """

    name: str
    code: str
    meaning: str
    missing: object = None
    count: str | int | None = None
    width: str | None = None
    when: Gate | None = None

    @cached_property
    def type_code(self) -> TypeCode:
        """The row of `CODES` of the value, or of an array's elements."""
        return CODES[self.code.removeprefix("kx")]

    @property
    def is_array(self) -> bool:
        """Whether the field holds several values."""
        return self.count is not None


@dataclass(frozen=True)
class RecordType:
    """One record type: its name, its two numbers, what it says, and its layouts (nearly always one)."""

    name: str
    typ: int
    sub: int
    meaning: str
    layouts: tuple[tuple[Field, ...], ...] = field(repr=False)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields of all layouts, each name once, in order; the columns of the record's table."""
        seen: dict[str, Field] = {}
        for layout in self.layouts:
            for row in layout:
                seen.setdefault(row.name, row)
        return tuple(seen.values())


_HEAD = Field("HEAD_NUM", "U1", "test head", 1)
_SITE = Field("SITE_NUM", "U1", "test site", 1)
_SITE_GROUP = Field("SITE_GRP", "U1", "site group", 255)

_FAR = (
    Field("CPU_TYPE", "U1", "kind of computer that wrote the file: 0 VAX, 1 big endian, 2 little endian; it may lie"),
    Field("STDF_VER", "U1", "version of STDF"),
)

_ATR = (
    Field("MOD_TIM", "U4", "time of the change, in seconds since 1970"),
    Field("CMD_LINE", "Cn", "command line of the program that changed the file"),
)

_VUR_LIST = (
    Field("UPD_CNT", "U1", "number of extensions"),
    Field("UPD_NAM", "kxCn", "name and version of each extension in use", count="UPD_CNT"),
)
_VUR_SINGLE = (Field("UPD_NAM", "kxCn", "name and version of the extension in use", count=1),)

_MIR = (
    Field("SETUP_T", "U4", "time of job set-up, in seconds since 1970"),
    Field("START_T", "U4", "time the first part was tested, in seconds since 1970"),
    Field("STAT_NUM", "U1", "number of the tester station"),
    Field("MODE_COD", "C1", "test mode: production, development, ...", " "),
    Field("RTST_COD", "C1", "lot retest code: N, Y or the number of the pass", " "),
    Field("PROT_COD", "C1", "data protection code", " "),
    Field("BURN_TIM", "U2", "burn-in time, in minutes", 65_535),
    Field("CMOD_COD", "C1", "command mode code", " "),
    Field("LOT_ID", "Cn", "lot"),
    Field("PART_TYP", "Cn", "product"),
    Field("NODE_NAM", "Cn", "name of the tester"),
    Field("TSTR_TYP", "Cn", "tester type"),
    Field("JOB_NAM", "Cn", "test program"),
    Field("JOB_REV", "Cn", "revision of the test program", ""),
    Field("SBLOT_ID", "Cn", "sublot", ""),
    Field("OPER_NAM", "Cn", "operator", ""),
    Field("EXEC_TYP", "Cn", "tester software", ""),
    Field("EXEC_VER", "Cn", "version of the tester software", ""),
    Field("TEST_COD", "Cn", "test phase or step", ""),
    Field("TST_TEMP", "Cn", "test temperature as written", ""),
    Field("USER_TXT", "Cn", "the user's own text", ""),
    Field("AUX_FILE", "Cn", "name of a file with further data", ""),
    Field("PKG_TYP", "Cn", "package", ""),
    Field("FAMLY_ID", "Cn", "product family", ""),
    Field("DATE_COD", "Cn", "date code", ""),
    Field("FACIL_ID", "Cn", "test facility", ""),
    Field("FLOOR_ID", "Cn", "test floor", ""),
    Field("PROC_ID", "Cn", "fabrication process", ""),
    Field("OPER_FRQ", "Cn", "operation frequency or step", ""),
    Field("SPEC_NAM", "Cn", "test specification", ""),
    Field("SPEC_VER", "Cn", "version of the test specification", ""),
    Field("FLOW_ID", "Cn", "test flow", ""),
    Field("SETUP_ID", "Cn", "test set-up", ""),
    Field("DSGN_REV", "Cn", "revision of the design", ""),
    Field("ENG_ID", "Cn", "engineering lot", ""),
    Field("ROM_COD", "Cn", "ROM code", ""),
    Field("SERL_NUM", "Cn", "serial number of the tester", ""),
    Field("SUPR_NAM", "Cn", "supervisor", ""),
)

_MRR = (
    Field("FINISH_T", "U4", "time the last part was tested, in seconds since 1970"),
    Field("DISP_COD", "C1", "lot disposition code", " "),
    Field("USR_DESC", "Cn", "description of the lot by the user", ""),
    Field("EXC_DESC", "Cn", "description of the lot by the tester software", ""),
)

_PCR = (
    _HEAD,
    _SITE,
    Field("PART_CNT", "U4", "parts tested"),
    Field("RTST_CNT", "U4", "parts retested", UNKNOWN_COUNT),
    Field("ABRT_CNT", "U4", "aborts while testing", UNKNOWN_COUNT),
    Field("GOOD_CNT", "U4", "good parts", UNKNOWN_COUNT),
    Field("FUNC_CNT", "U4", "functional parts", UNKNOWN_COUNT),
)

_HBR = (
    _HEAD,
    _SITE,
    Field("HBIN_NUM", "U2", "hardware bin"),
    Field("HBIN_CNT", "U4", "parts in the bin"),
    Field("HBIN_PF", "C1", "P passing, F failing", " "),
    Field("HBIN_NAM", "Cn", "name of the bin", ""),
)

_SBR = (
    _HEAD,
    _SITE,
    Field("SBIN_NUM", "U2", "software bin"),
    Field("SBIN_CNT", "U4", "parts in the bin"),
    Field("SBIN_PF", "C1", "P passing, F failing", " "),
    Field("SBIN_NAM", "Cn", "name of the bin", ""),
)

_PMR = (
    Field("PMR_INDX", "U2", "index by which other records name this pin"),
    Field("CHAN_TYP", "U2", "channel type", 0),
    Field("CHAN_NAM", "Cn", "channel name", ""),
    Field("PHY_NAM", "Cn", "physical name of the pin", ""),
    Field("LOG_NAM", "Cn", "logical name of the pin", ""),
    _HEAD,
    _SITE,
)

_PGR = (
    Field("GRP_INDX", "U2", "index by which other records name this pin group"),
    Field("GRP_NAM", "Cn", "name of the pin group", ""),
    Field("INDX_CNT", "U2", "number of pins"),
    Field("PMR_INDX", "kxU2", "pins, by PMR index", count="INDX_CNT"),
)

_PLR = (
    Field("GRP_CNT", "U2", "number of pins or pin groups"),
    Field("GRP_INDX", "kxU2", "pin or pin group", count="GRP_CNT"),
    Field("GRP_MODE", "kxU2", "operating mode", 0, count="GRP_CNT"),
    Field("GRP_RADX", "kxU1", "radix of display", 0, count="GRP_CNT"),
    Field("PGM_CHAR", "kxCn", "characters of the programmed states, right or only", count="GRP_CNT"),
    Field("RTN_CHAR", "kxCn", "characters of the returned states, right or only", count="GRP_CNT"),
    Field("PGM_CHAL", "kxCn", "characters of the programmed states, left", count="GRP_CNT"),
    Field("RTN_CHAL", "kxCn", "characters of the returned states, left", count="GRP_CNT"),
)

_RDR = (
    Field("NUM_BINS", "U2", "number of bins retested; 0 for all"),
    Field("RTST_BIN", "kxU2", "hardware bins retested", count="NUM_BINS"),
)

_SDR = (
    _HEAD,
    _SITE_GROUP,
    Field("SITE_CNT", "U1", "number of sites"),
    Field("SITE_NUM", "kxU1", "sites", count="SITE_CNT"),
    Field("HAND_TYP", "Cn", "handler or prober type", ""),
    Field("HAND_ID", "Cn", "handler or prober", ""),
    Field("CARD_TYP", "Cn", "probe card type", ""),
    Field("CARD_ID", "Cn", "probe card", ""),
    Field("LOAD_TYP", "Cn", "load board type", ""),
    Field("LOAD_ID", "Cn", "load board", ""),
    Field("DIB_TYP", "Cn", "device interface board type", ""),
    Field("DIB_ID", "Cn", "device interface board", ""),
    Field("CABL_TYP", "Cn", "interface cable type", ""),
    Field("CABL_ID", "Cn", "interface cable", ""),
    Field("CONT_TYP", "Cn", "contactor type", ""),
    Field("CONT_ID", "Cn", "contactor", ""),
    Field("LASR_TYP", "Cn", "laser type", ""),
    Field("LASR_ID", "Cn", "laser", ""),
    Field("EXTR_TYP", "Cn", "type of further equipment", ""),
    Field("EXTR_ID", "Cn", "further equipment", ""),
)

_PSR_BODY = (
    Field("PSR_INDX", "U2", "index by which an STR names this pattern sequence"),
    Field("PSR_NAM", "Cn", "name of the pattern sequence", ""),
    Field("OPT_FLG", "B1", "which of the lists at the end say nothing"),
    Field("TOTP_CNT", "U2", "patterns in the whole sequence"),
    Field("LOCP_CNT", "U2", "patterns in this record"),
    Field("PAT_BGN", "kxU8", "first cycle of each pattern", count="LOCP_CNT"),
    Field("PAT_END", "kxU8", "last cycle of each pattern", count="LOCP_CNT"),
    Field("PAT_FILE", "kxCn", "file of each pattern", count="LOCP_CNT"),
)
_PSR_LISTS = (
    ("PAT_LBL", "label of each pattern"),
    ("FILE_UID", "unique identification of each file"),
    ("ATPG_DSC", "what the pattern generator says of each pattern"),
    ("SRC_ID", "identification of each pattern's source"),
)
_PSR_ALL = tuple(Field(name, "kxCn", meaning, count="LOCP_CNT") for name, meaning in _PSR_LISTS)
_PSR_FLAGGED = tuple(
    Field(name, "kxCn", meaning, count="LOCP_CNT", when=Gate("OPT_FLG", 1 << bit, 0))
    for bit, (name, meaning) in enumerate(_PSR_LISTS)
)
_CONTINUED = (Field("CONT_FLG", "B1", "0 unless another record continues this one", 0),)
_NUMBERED = (
    Field("REC_INDX", "U1", "number of this record among those that belong together"),
    Field("REC_TOT", "U1", "records that belong together"),
)

_NMR = (
    *_CONTINUED,
    Field("TOTM_CNT", "U2", "pins in the whole map"),
    Field("LOCM_CNT", "U2", "pins in this record"),
    Field("PMR_INDX", "kxU2", "pins, by PMR index", count="LOCM_CNT"),
    Field("ATPG_NAM", "kxCn", "the pattern generator's name of each pin", count="LOCM_CNT"),
)

_CNR = (
    Field("CHN_NUM", "U2", "scan chain, as an STR names it"),
    Field("BIT_POS", "U4", "position in the chain"),
    Field("CELL_NAM", "Sn", "name of the scan cell", ""),
)

_SSR = (
    Field("SSR_NAM", "Cn", "name of the scan structure", ""),
    Field("CHN_CNT", "U2", "number of chains"),
    Field("CHN_LIST", "kxU2", "chains, by CDR index", count="CHN_CNT"),
)

_CDR = (
    *_CONTINUED,
    Field("CDR_INDX", "U2", "index by which other records name this chain"),
    Field("CHN_NAM", "Cn", "name of the chain", ""),
    Field("CHN_LEN", "U4", "scan cells in the chain"),
    Field("SIN_PIN", "U2", "scan-in pin, by PMR index", 0),
    Field("SOUT_PIN", "U2", "scan-out pin, by PMR index", 0),
    Field("MSTR_CNT", "U1", "number of master clock pins"),
    Field("M_CLKS", "kxU2", "master clock pins, by PMR index", count="MSTR_CNT"),
    Field("SLAV_CNT", "U1", "number of slave clock pins"),
    Field("S_CLKS", "kxU2", "slave clock pins, by PMR index", count="SLAV_CNT"),
    Field("INV_VAL", "U1", "0 no inversion, 1 inversion", 255),
    Field("LST_CNT", "U2", "scan cells named in this record"),
    Field("CELL_LST", "kxSn", "scan cells", count="LST_CNT"),
)

_WIR = (
    _HEAD,
    _SITE_GROUP,
    Field("START_T", "U4", "time the first part of the wafer was tested, in seconds since 1970"),
    Field("WAFER_ID", "Cn", "wafer", ""),
)

_WRR = (
    _HEAD,
    _SITE_GROUP,
    Field("FINISH_T", "U4", "time the last part of the wafer was tested, in seconds since 1970"),
    Field("PART_CNT", "U4", "parts tested"),
    Field("RTST_CNT", "U4", "parts retested", UNKNOWN_COUNT),
    Field("ABRT_CNT", "U4", "aborts while testing", UNKNOWN_COUNT),
    Field("GOOD_CNT", "U4", "good parts", UNKNOWN_COUNT),
    Field("FUNC_CNT", "U4", "functional parts", UNKNOWN_COUNT),
    Field("WAFER_ID", "Cn", "wafer", ""),
    Field("FABWF_ID", "Cn", "the fab's name of the wafer", ""),
    Field("FRAME_ID", "Cn", "wafer frame", ""),
    Field("MASK_ID", "Cn", "mask", ""),
    Field("USR_DESC", "Cn", "description of the wafer by the user", ""),
    Field("EXC_DESC", "Cn", "description of the wafer by the tester software", ""),
)

_WCR = (
    Field("WAFR_SIZ", "R4", "diameter of the wafer, in WF_UNITS", 0.0),
    Field("DIE_HT", "R4", "height of a die, in WF_UNITS", 0.0),
    Field("DIE_WID", "R4", "width of a die, in WF_UNITS", 0.0),
    Field("WF_UNITS", "U1", "1 inch, 2 centimetre, 3 millimetre, 4 mil", 0),
    Field("WF_FLAT", "C1", "where the flat is: U, D, L, R", " "),
    Field("CENTER_X", "I2", "X of the die in the centre", UNKNOWN_COORDINATE),
    Field("CENTER_Y", "I2", "Y of the die in the centre", UNKNOWN_COORDINATE),
    Field("POS_X", "C1", "direction in which X grows: L, R", " "),
    Field("POS_Y", "C1", "direction in which Y grows: U, D", " "),
)

_PIR = (_HEAD, _SITE)

_PRR = (
    _HEAD,
    _SITE,
    Field(
        "PART_FLG",
        "B1",
        "bit 0 replaces the same PART_ID, 1 replaces the same X and Y, 2 abnormal end, 3 failed, 4 bit 3 says nothing",
    ),
    Field("NUM_TEST", "U2", "tests executed"),
    Field("HARD_BIN", "U2", "hardware bin"),
    Field("SOFT_BIN", "U2", "software bin", 65_535),
    Field("X_COORD", "I2", "X on the wafer", UNKNOWN_COORDINATE),
    Field("Y_COORD", "I2", "Y on the wafer", UNKNOWN_COORDINATE),
    Field("TEST_T", "U4", "test time, in milliseconds", 0),
    Field("PART_ID", "Cn", "part", ""),
    Field("PART_TXT", "Cn", "text about the part", ""),
    Field("PART_FIX", "Bn", "how the part was repaired", b""),
)

_TSR = (
    _HEAD,
    _SITE,
    Field("TEST_TYP", "C1", "P parametric, F functional, M multiple-result", " "),
    Field("TEST_NUM", "U4", "test number"),
    Field("EXEC_CNT", "U4", "executions", UNKNOWN_COUNT),
    Field("FAIL_CNT", "U4", "failures", UNKNOWN_COUNT),
    Field("ALRM_CNT", "U4", "alarms", UNKNOWN_COUNT),
    Field("TEST_NAM", "Cn", "test name", ""),
    Field("SEQ_NAME", "Cn", "program section", ""),
    Field("TEST_LBL", "Cn", "test label", ""),
    Field(
        "OPT_FLAG", "B1", "a bit set says nothing of: 0 TEST_MIN, 1 TEST_MAX, 2 TEST_TIM, 4 TST_SUMS, 5 TST_SQRS", 255
    ),
    Field("TEST_TIM", "R4", "mean execution time, in seconds", 0.0),
    Field("TEST_MIN", "R4", "smallest result", 0.0),
    Field("TEST_MAX", "R4", "largest result", 0.0),
    Field("TST_SUMS", "R4", "sum of results", 0.0),
    Field("TST_SQRS", "R4", "sum of squared results", 0.0),
)

_TEST_START = (
    Field("TEST_NUM", "U4", "test number"),
    _HEAD,
    _SITE,
    Field(
        "TEST_FLG",
        "B1",
        "bit 0 alarm, 1 result invalid, 2 unreliable, 3 timeout, 4 not executed, 5 aborted, 6 no pass or fail, 7 fail",
    ),
)
_PARAMETER_FLAG = Field(
    "PARM_FLG",
    "B1",
    "bit 0 scale error, 1 drift, 2 oscillation, 3 above the high limit, 4 below the low limit, 5 passed alternate "
    "limits, 6 equal to the low limit passes, 7 equal to the high limit passes",
)
_OPTIONS_AND_LIMITS = (
    Field(
        "OPT_FLAG",
        "B1",
        "bit 0 RES_SCAL invalid, 2 no low specification, 3 no high specification, 4 and 5 take low and high limit from "
        "the first record of the test, 6 and 7 the test has no low or high limit",
        2,
    ),
    Field("RES_SCAL", "I1", "power of ten by which the result is shown", 0),
    Field("LLM_SCAL", "I1", "power of ten by which the low limit is shown", 0),
    Field("HLM_SCAL", "I1", "power of ten by which the high limit is shown", 0),
    Field("LO_LIMIT", "R4", "low limit, in the unit without prefix", 0.0),
    Field("HI_LIMIT", "R4", "high limit, in the unit without prefix", 0.0),
)
_FORMATS_AND_SPECIFICATIONS = (
    Field("C_RESFMT", "Cn", "printf format of the result", ""),
    Field("C_LLMFMT", "Cn", "printf format of the low limit", ""),
    Field("C_HLMFMT", "Cn", "printf format of the high limit", ""),
    Field("LO_SPEC", "R4", "low specification limit", 0.0),
    Field("HI_SPEC", "R4", "high specification limit", 0.0),
)

_PTR = (
    *_TEST_START,
    _PARAMETER_FLAG,
    Field("RESULT", "R4", "result, in the unit without prefix"),
    Field("TEST_TXT", "Cn", "test name", ""),
    Field("ALARM_ID", "Cn", "alarm", ""),
    *_OPTIONS_AND_LIMITS,
    Field("UNITS", "Cn", "unit", ""),
    *_FORMATS_AND_SPECIFICATIONS,
)

_MPR = (
    *_TEST_START,
    _PARAMETER_FLAG,
    Field("RTN_ICNT", "U2", "number of pins", 0),
    Field("RSLT_CNT", "U2", "number of results", 0),
    Field("RTN_STAT", "kxN1", "returned state of each pin", count="RTN_ICNT"),
    Field("RTN_RSLT", "kxR4", "results, in the unit without prefix", count="RSLT_CNT"),
    Field("TEST_TXT", "Cn", "test name", ""),
    Field("ALARM_ID", "Cn", "alarm", ""),
    *_OPTIONS_AND_LIMITS,
    Field("START_IN", "R4", "first value of the input condition", 0.0),
    Field("INCR_IN", "R4", "step of the input condition", 0.0),
    Field("RTN_INDX", "kxU2", "pins, by PMR index", count="RTN_ICNT"),
    Field("UNITS", "Cn", "unit", ""),
    Field("UNITS_IN", "Cn", "unit of the input condition", ""),
    *_FORMATS_AND_SPECIFICATIONS,
)

_FTR = (
    *_TEST_START,
    Field(
        "OPT_FLAG",
        "B1",
        "a bit set says nothing of: 0 CYCL_CNT, 1 REL_VADR, 2 REPT_CNT, 3 NUM_FAIL, 4 XFAIL_AD and YFAIL_AD, "
        "5 VECT_OFF",
        255,
    ),
    Field("CYCL_CNT", "U4", "cycle of the vector", 0),
    Field("REL_VADR", "U4", "relative address of the vector", 0),
    Field("REPT_CNT", "U4", "repetitions of the vector", 0),
    Field("NUM_FAIL", "U4", "pins that failed", 0),
    Field("XFAIL_AD", "I4", "X address in the device that failed", 0),
    Field("YFAIL_AD", "I4", "Y address in the device that failed", 0),
    Field("VECT_OFF", "I2", "offset from the vector of interest", 0),
    Field("RTN_ICNT", "U2", "number of pins with a returned state", 0),
    Field("PGM_ICNT", "U2", "number of pins with a programmed state", 0),
    Field("RTN_INDX", "kxU2", "pins with a returned state, by PMR index", count="RTN_ICNT"),
    Field("RTN_STAT", "kxN1", "returned states", count="RTN_ICNT"),
    Field("PGM_INDX", "kxU2", "pins with a programmed state, by PMR index", count="PGM_ICNT"),
    Field("PGM_STAT", "kxN1", "programmed states", count="PGM_ICNT"),
    Field("FAIL_PIN", "Dn", "pins that failed, a bit each"),
    Field("VECT_NAM", "Cn", "vector pattern", ""),
    Field("TIME_SET", "Cn", "time set", ""),
    Field("OP_CODE", "Cn", "operation code of the vector", ""),
    Field("TEST_TXT", "Cn", "test name", ""),
    Field("ALARM_ID", "Cn", "alarm", ""),
    Field("PROG_TXT", "Cn", "text about what was programmed", ""),
    Field("RSLT_TXT", "Cn", "text about the result", ""),
    Field("PATG_NUM", "U1", "pattern generator", 255),
    Field("SPIN_MAP", "Dn", "comparators in use, a bit each"),
)

_STR_START = (
    Field("TEST_NUM", "U4", "test number"),
    _HEAD,
    _SITE,
    Field("PSR_REF", "U2", "pattern sequence, by PSR index", 0),
    Field("TEST_FLG", "B1", "as in a PTR"),
    Field("LOG_TYP", "Cn", "kind of log", ""),
    Field("TEST_TXT", "Cn", "test name", ""),
    Field("ALARM_ID", "Cn", "alarm", ""),
    Field("PROG_TXT", "Cn", "text about what was programmed", ""),
    Field("RSLT_TXT", "Cn", "text about the result", ""),
    Field("Z_VAL", "U1", "what became of the state Z", 0),
    Field("FMU_FLG", "B1", "whether the two pin maps are there: bits 0 and 1, bits 2 and 3; bit 4 pattern changed", 0),
)
_MASK_MEANING = "pins masked for the whole test, a bit each"
_FAIL_MEANING = "pins that failed after the buffer was full, a bit each"
_STR_MAPS = (Field("MASK_MAP", "Dn", _MASK_MEANING), Field("FAL_MAP", "Dn", _FAIL_MEANING))
_STR_MAPS_FLAGGED = (
    Field("MASK_MAP", "Dn", _MASK_MEANING, when=Gate("FMU_FLG", 0b0011, 0b0001)),
    Field("FAL_MAP", "Dn", _FAIL_MEANING, when=Gate("FMU_FLG", 0b1100, 0b0100)),
)
_STR_MAPS_SWAPPED = (
    Field("MASK_MAP", "Dn", _MASK_MEANING, when=Gate("FMU_FLG", 0b1100, 0b0100)),
    Field("FAL_MAP", "Dn", _FAIL_MEANING, when=Gate("FMU_FLG", 0b0011, 0b0001)),
)
_STR_COUNTS = (
    Field("CYC_CNT", "U8", "cycles executed in the test", 0),
    Field("TOTF_CNT", "U4", "failures (pin x cycle) found in the test", 0),
    Field("TOTL_CNT", "U4", "failures logged in all records of the test", 0),
    Field("CYC_BASE", "U8", "cycle to which the cycle numbers are relative", 0),
)
_STR_2007_1 = (
    *_STR_COUNTS,
    Field("BIT_BASE", "U4", "bit to which the bit positions are relative", 0),
    Field("COND_CNT", "U2", "number of test conditions", 0),
    Field("LIM_CNT", "U2", "number of logging limits", 0),
    Field("CYC_SIZE", "U1", "bytes of an element of CYC_OFST", 1),
    Field("PMR_SIZE", "U1", "bytes of an element of PMR_INDX", 1),
    Field("CHN_SIZE", "U1", "bytes of an element of CHN_NUM", 1),
    Field("PAT_SIZE", "U1", "bytes of an element of PAT_NUM", 1),
    Field("BIT_SIZE", "U1", "bytes of an element of BIT_POS", 1),
    Field("U1_SIZE", "U1", "bytes of an element of USR1", 1),
    Field("U2_SIZE", "U1", "bytes of an element of USR2", 1),
    Field("U3_SIZE", "U1", "bytes of an element of USR3", 1),
    Field("UTX_SIZE", "U1", "bytes of an element of USER_TXT", 0),
    Field("CAP_BGN", "U2", "offset between a bit position and its capture cycle", 0),
    Field("LIM_INDX", "kxU2", "pins with a logging limit of their own, by PMR index", count="LIM_CNT"),
    Field("LIM_SPEC", "kxU4", "their logging limits", count="LIM_CNT"),
    Field("COND_LST", "kxCn", "test conditions, name=value", count="COND_CNT"),
    Field("CYCO_CNT", "U2", "entries of CYC_OFST (named CYC_CNT a second time in the standard)", 0),
    Field("CYC_OFST", "kxUf", "cycle of each failure, relative to CYC_BASE", count="CYCO_CNT", width="CYC_SIZE"),
    Field("PMR_CNT", "U2", "entries of PMR_INDX", 0),
    Field("PMR_INDX", "kxUf", "pin of each failure, by PMR index", count="PMR_CNT", width="PMR_SIZE"),
    Field("CHN_CNT", "U2", "entries of CHN_NUM", 0),
    Field("CHN_NUM", "kxUf", "chain of each failure", count="CHN_CNT", width="CHN_SIZE"),
    Field("EXP_CNT", "U2", "entries of EXP_DATA", 0),
    Field("EXP_DATA", "kxU1", "expected data", count="EXP_CNT"),
    Field("CAP_CNT", "U2", "entries of CAP_DATA", 0),
    Field("CAP_DATA", "kxU1", "captured data", count="CAP_CNT"),
    Field("NEW_CNT", "U2", "entries of NEW_DATA", 0),
    Field("NEW_DATA", "kxU1", "new vector data", count="NEW_CNT"),
    Field("PAT_CNT", "U2", "entries of PAT_NUM", 0),
    Field("PAT_NUM", "kxUf", "pattern of each failure", count="PAT_CNT", width="PAT_SIZE"),
    Field("BPOS_CNT", "U2", "entries of BIT_POS", 0),
    Field("BIT_POS", "kxUf", "bit of each failure in its chain", count="BPOS_CNT", width="BIT_SIZE"),
    Field("USR1_CNT", "U2", "entries of USR1", 0),
    Field("USR1", "kxUf", "user data of each failure", count="USR1_CNT", width="U1_SIZE"),
    Field("USR2_CNT", "U2", "entries of USR2", 0),
    Field("USR2", "kxUf", "user data of each failure", count="USR2_CNT", width="U2_SIZE"),
    Field("USR3_CNT", "U2", "entries of USR3", 0),
    Field("USR3", "kxUf", "user data of each failure", count="USR3_CNT", width="U3_SIZE"),
    Field("TXT_CNT", "U2", "entries of USER_TXT", 0),
    Field("USER_TXT", "kxCf", "user text of each failure", count="TXT_CNT", width="UTX_SIZE"),
)
_STR_2007 = (
    *_STR_COUNTS,
    Field("BIT_BASE", "U2", "bit to which the bit positions are relative", 0),
    Field("DATA_FLG", "B1", "a bit set: that list of failures is not there", 0),
    Field("COND_CNT", "U2", "number of test conditions", 0),
    Field("LOCL_CNT", "U4", "failures in this record", 0),
    Field("LIM_CNT", "U2", "number of logging limits", 0),
    Field("DATA_BIT", "U1", "bits of an element of the data lists", 0),
    Field("DATA_CHR", "Cn", "characters of the data", ""),
    Field("DATA_CNT", "U2", "bytes of each data list", 0),
    Field("USR1_LEN", "U1", "bytes of an element of USR1", 0),
    Field("USR2_LEN", "U1", "bytes of an element of USR2", 0),
    Field("USR3_LEN", "U1", "bytes of an element of USR3", 0),
    Field("TXT_LEN", "U1", "bytes of an element of USER_TXT", 0),
    Field("LIM_INDX", "kxU2", "pins with a logging limit of their own, by PMR index", count="LIM_CNT"),
    Field("LIM_SPEC", "kxU4", "their logging limits", count="LIM_CNT"),
    Field("COND_NAM", "kxCn", "names of the test conditions", count="COND_CNT"),
    Field("COND_VAL", "kxCn", "values of the test conditions", count="COND_CNT"),
    Field("CYCL_NUM", "kxU4", "cycle of each failure", count="LOCL_CNT", when=Gate("DATA_FLG", 0x01, 0)),
    Field("PMR_INDX", "kxU2", "pin of each failure, by PMR index", count="LOCL_CNT", when=Gate("DATA_FLG", 0x02, 0)),
    Field("CHN_NUM", "kxU2", "chain of each failure", count="LOCL_CNT", when=Gate("DATA_FLG", 0x04, 0)),
    Field("CAP_DATA", "kxU1", "captured data", count="DATA_CNT", when=Gate("DATA_FLG", 0x08, 0)),
    Field("EXP_DATA", "kxU1", "expected data", count="DATA_CNT", when=Gate("DATA_FLG", 0x10, 0)),
    Field("NEW_DATA", "kxU1", "new vector data", count="DATA_CNT", when=Gate("DATA_FLG", 0x20, 0)),
    Field("PAT_NUM", "kxU4", "pattern of each failure", count="LOCL_CNT", when=Gate("DATA_FLG", 0x40, 0)),
    Field("BIT_POS", "kxU4", "bit of each failure in its chain", count="LOCL_CNT", when=Gate("DATA_FLG", 0x80, 0)),
    Field("USR1", "kxUf", "user data of each failure", count="LOCL_CNT", width="USR1_LEN"),
    Field("USR2", "kxUf", "user data of each failure", count="LOCL_CNT", width="USR2_LEN"),
    Field("USR3", "kxUf", "user data of each failure", count="LOCL_CNT", width="USR3_LEN"),
    Field("USER_TXT", "kxCf", "user text of each failure", count="LOCL_CNT", width="TXT_LEN"),
)
_STR_MAPPINGS = (_STR_MAPS, _STR_MAPS_FLAGGED, _STR_MAPS_SWAPPED)
_STR = (
    *((*_CONTINUED, *_STR_START, *maps, *_STR_2007_1) for maps in _STR_MAPPINGS),
    *((*_NUMBERED, *_STR_START, *maps, *_STR_2007) for maps in _STR_MAPPINGS),
)
_PSR = tuple((*start, *_PSR_BODY, *lists) for start in (_CONTINUED, _NUMBERED) for lists in (_PSR_ALL, _PSR_FLAGGED))

_BPS = (Field("SEQ_NAME", "Cn", "program section", ""),)
_GDR = (
    Field("FLD_CNT", "U2", "number of values, pad bytes included"),
    Field("GEN_DATA", "kxVn", "values, each with its type", count="FLD_CNT"),
)
_DTR = (Field("TEXT_DAT", "Cn", "text", ""),)

RECORDS: dict[str, RecordType] = {
    row.name: row
    for row in (
        RecordType("FAR", 0, 10, "file attributes; the first record", (_FAR,)),
        RecordType("ATR", 0, 20, "a program changed the file", (_ATR,)),
        RecordType("VUR", 0, 30, "extensions of V4 in use (V4-2007)", (_VUR_LIST, _VUR_SINGLE)),
        RecordType("MIR", 1, 10, "the lot, the program and the tester", (_MIR,)),
        RecordType("MRR", 1, 20, "end of the lot", (_MRR,)),
        RecordType("PCR", 1, 30, "parts counted at a site, or at all of them", (_PCR,)),
        RecordType("HBR", 1, 40, "parts counted in a hardware bin", (_HBR,)),
        RecordType("SBR", 1, 50, "parts counted in a software bin", (_SBR,)),
        RecordType("PMR", 1, 60, "a pin and its channel", (_PMR,)),
        RecordType("PGR", 1, 62, "a group of pins", (_PGR,)),
        RecordType("PLR", 1, 63, "how states of pins are shown", (_PLR,)),
        RecordType("RDR", 1, 70, "the lot is a retest of these bins", (_RDR,)),
        RecordType("SDR", 1, 80, "sites and the equipment at them", (_SDR,)),
        RecordType("PSR", 1, 90, "a sequence of scan patterns (V4-2007)", _PSR),
        RecordType("NMR", 1, 91, "names of pins in the pattern generator (V4-2007)", (_NMR,)),
        RecordType("CNR", 1, 92, "name of a scan cell (V4-2007)", (_CNR,)),
        RecordType("SSR", 1, 93, "a structure of scan chains (V4-2007)", (_SSR,)),
        RecordType("CDR", 1, 94, "a scan chain (V4-2007)", (_CDR,)),
        RecordType("WIR", 2, 10, "a wafer begins", (_WIR,)),
        RecordType("WRR", 2, 20, "a wafer ends", (_WRR,)),
        RecordType("WCR", 2, 30, "size and orientation of wafers", (_WCR,)),
        RecordType("PIR", 5, 10, "a part begins", (_PIR,)),
        RecordType("PRR", 5, 20, "a part ends: its bins and place", (_PRR,)),
        RecordType("TSR", 10, 30, "executions and failures of a test counted", (_TSR,)),
        RecordType("PTR", 15, 10, "one parametric result", (_PTR,)),
        RecordType("MPR", 15, 15, "one parametric test with a result for each of several pins", (_MPR,)),
        RecordType("FTR", 15, 20, "one functional result", (_FTR,)),
        RecordType("STR", 15, 30, "failures of one scan test (V4-2007)", _STR),
        RecordType("BPS", 20, 10, "a program section begins", (_BPS,)),
        RecordType("EPS", 20, 20, "a program section ends", ((),)),
        RecordType("GDR", 50, 10, "values of any type, for whatever purpose", (_GDR,)),
        RecordType("DTR", 50, 30, "a line of text", (_DTR,)),
    )
}

BY_TYPE: dict[tuple[int, int], RecordType] = {(row.typ, row.sub): row for row in RECORDS.values()}
