"""ATDF, the text form of STDF V4: text -> STDF bytes, which the one reader then reads.

A record is a line `PTR:23|2|1|...`; a line that begins with a space goes on with the one before it. The order of
fields differs from STDF and stands in `FIELDS`; names in small letters are ATDF's own and become bits of STDF flags.

Source: ATDF Specification, version 2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corecar.errors import ArgumentError, DamagedSource, UnknownFormat, UnsupportedVersion
from corecar.formats.recognition import HEAD, is_atdf
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.rows import RECORDS, Field

_EQUIPMENT = ("HAND", "CARD", "LOAD", "DIB", "CABL", "CONT", "LASR", "EXTR")
_LIMITS = "LO_LIMIT HI_LIMIT"
_FORMATS = "C_RESFMT C_LLMFMT C_HLMFMT LO_SPEC HI_SPEC RES_SCAL LLM_SCAL HLM_SCAL"

FIELDS: dict[str, tuple[str, ...]] = {
    name: tuple(fields.split())
    for name, fields in {
        "FAR": "type STDF_VER atdf_version scaling",
        "ATR": "MOD_TIM CMD_LINE",
        "MIR": "LOT_ID PART_TYP JOB_NAM NODE_NAM TSTR_TYP SETUP_T START_T OPER_NAM MODE_COD STAT_NUM SBLOT_ID TEST_COD "
        "RTST_COD JOB_REV EXEC_TYP EXEC_VER PROT_COD CMOD_COD BURN_TIM TST_TEMP USER_TXT AUX_FILE PKG_TYP FAMLY_ID "
        "DATE_COD FACIL_ID FLOOR_ID PROC_ID OPER_FRQ SPEC_NAM SPEC_VER FLOW_ID SETUP_ID DSGN_REV ENG_ID ROM_COD "
        "SERL_NUM SUPR_NAM",
        "MRR": "FINISH_T DISP_COD USR_DESC EXC_DESC",
        "PCR": "HEAD_NUM SITE_NUM PART_CNT RTST_CNT ABRT_CNT GOOD_CNT FUNC_CNT",
        "HBR": "HEAD_NUM SITE_NUM HBIN_NUM HBIN_CNT HBIN_PF HBIN_NAM",
        "SBR": "HEAD_NUM SITE_NUM SBIN_NUM SBIN_CNT SBIN_PF SBIN_NAM",
        "PMR": "PMR_INDX CHAN_TYP CHAN_NAM PHY_NAM LOG_NAM HEAD_NUM SITE_NUM",
        "PGR": "GRP_INDX GRP_NAM PMR_INDX",
        "PLR": "GRP_INDX GRP_MODE GRP_RADX programmed returned",
        "RDR": "RTST_BIN",
        "SDR": "HEAD_NUM SITE_GRP SITE_NUM " + " ".join(f"{what}_TYP {what}_ID" for what in _EQUIPMENT),
        "WIR": "HEAD_NUM START_T SITE_GRP WAFER_ID",
        "WRR": "HEAD_NUM FINISH_T PART_CNT WAFER_ID SITE_GRP RTST_CNT ABRT_CNT GOOD_CNT FUNC_CNT FABWF_ID FRAME_ID "
        "MASK_ID USR_DESC EXC_DESC",
        "WCR": "WF_FLAT POS_X POS_Y WAFR_SIZ DIE_HT DIE_WID WF_UNITS CENTER_X CENTER_Y",
        "PIR": "HEAD_NUM SITE_NUM",
        "PRR": "HEAD_NUM SITE_NUM PART_ID NUM_TEST verdict HARD_BIN SOFT_BIN X_COORD Y_COORD retest abort TEST_T "
        "PART_TXT PART_FIX",
        "TSR": "HEAD_NUM SITE_NUM TEST_NUM TEST_NAM TEST_TYP EXEC_CNT FAIL_CNT ALRM_CNT SEQ_NAME TEST_LBL TEST_TIM "
        "TEST_MIN TEST_MAX TST_SUMS TST_SQRS",
        "PTR": f"TEST_NUM HEAD_NUM SITE_NUM RESULT verdict alarms TEST_TXT ALARM_ID compare UNITS {_LIMITS} {_FORMATS}",
        "MPR": "TEST_NUM HEAD_NUM SITE_NUM RTN_STAT RTN_RSLT verdict alarms TEST_TXT ALARM_ID compare UNITS "
        f"{_LIMITS} START_IN INCR_IN UNITS_IN RTN_INDX {_FORMATS}",
        "FTR": "TEST_NUM HEAD_NUM SITE_NUM verdict alarms VECT_NAM TIME_SET CYCL_CNT REL_VADR REPT_CNT NUM_FAIL "
        "XFAIL_AD YFAIL_AD VECT_OFF RTN_INDX RTN_STAT PGM_INDX PGM_STAT FAIL_PIN OP_CODE TEST_TXT ALARM_ID PROG_TXT "
        "RSLT_TXT PATG_NUM SPIN_MAP",
        "BPS": "SEQ_NAME",
        "EPS": "",
        "GDR": "",
        "DTR": "TEXT_DAT",
    }.items()
}

TIMES = frozenset({"SETUP_T", "START_T", "FINISH_T", "MOD_TIM"})
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
SUMMARIES = frozenset({"PCR", "HBR", "SBR", "TSR"})
TEST_ALARMS = {"A": 0x01, "U": 0x04, "T": 0x08, "N": 0x10, "X": 0x20}
"""Letters of `alarms` that become bits of TEST_FLG."""
PARAMETER_ALARMS = {"S": 0x01, "D": 0x02, "O": 0x04, "H": 0x08, "L": 0x10}
"""Letters of `alarms` that become bits of PARM_FLG."""
COMPARISONS = {"L": 0x40, "H": 0x80}
RADICES = {"": 0, "B": 2, "O": 8, "D": 10, "H": 16, "S": 20}
PREFIXES = {"T": 12, "G": 9, "M": 6, "K": 3, "k": 3, "%": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
"""Power of ten of a unit's prefix."""
GENERIC = {
    "U": "U1",
    "M": "U2",
    "B": "U4",
    "I": "I1",
    "S": "I2",
    "L": "I4",
    "F": "R4",
    "D": "R8",
    "T": "Cn",
    "X": "Bn",
    "Y": "Dn",
    "N": "N1",
}
"""The letter before a value of a GDR."""
SCALED_FIELDS = ("RESULT", "RTN_RSLT", "LO_LIMIT", "HI_LIMIT", "LO_SPEC", "HI_SPEC")
OPTION_BITS = {
    "PTR": {"RES_SCAL": 0x01, "LO_SPEC": 0x04, "HI_SPEC": 0x08},
    "TSR": {"TEST_MIN": 0x01, "TEST_MAX": 0x02, "TEST_TIM": 0x04, "TST_SUMS": 0x10, "TST_SQRS": 0x20},
    "FTR": {"CYCL_CNT": 0x01, "REL_VADR": 0x02, "REPT_CNT": 0x04, "NUM_FAIL": 0x08, "XFAIL_AD": 0x10, "VECT_OFF": 0x20},
}
"""The bit of OPT_FLAG that says the field holds nothing."""
RESERVED_BITS = {"PTR": 0x02, "TSR": 0xC8, "FTR": 0xC0}


def to_stdf(text_bytes: bytes, *, path: str | Path) -> bytes:
    """The ATDF text as a little-endian STDF file; its text is UTF-8.

    text_bytes  the whole file; UTF-8, else taken as Latin-1
    path        its name, for messages
    Raises      UnknownFormat where it does not begin with `FAR:A`, UnsupportedVersion where it is not of STDF V4,
                DamagedSource with the line where a record or a value is none
    Source      ATDF Specification, version 2

    >>> to_stdf(b"FAR:A|4|2|U" + bytes([10]) + b"PIR:1|4", path="lot.atdf").hex()
    '0200000a02040200050a0104'
    """
    if not is_atdf(text_bytes[:HEAD]):
        raise UnknownFormat(path, "this is no ATDF: it does not begin with `FAR:A|4|2`.", offset=0)
    converter = _Converter(path)
    return b"".join(converter.convert(*found) for found in _lines(text_bytes, path))


def _lines(text_bytes: bytes, path: str | Path) -> Iterator[tuple[int, str, str]]:
    """(line number, record name, rest) of each record, with its continuation lines joined."""
    try:
        text = text_bytes.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = text_bytes.decode("latin-1")
    first, joined = 0, ""
    for number, line in enumerate([*re.split("\r\n|\n|\r", text), ""], start=1):
        if line.startswith(" ") and joined:
            joined += line[1:]
            continue
        if joined.strip():
            yield first, *_head(joined, first, path)
        first, joined = number, line


def _head(line: str, number: int, path: str | Path) -> tuple[str, str]:
    name, colon, rest = line.partition(":")
    name = name.strip().upper()
    if colon and name in FIELDS:
        return name, rest
    raise _damaged(path, number, None, f"{line[:20]!r} is no ATDF record; known are {', '.join(FIELDS)}.")


def _damaged(path: str | Path, line: int, record: str | None, problem: str) -> DamagedSource:
    advice = "Correct the line, or have the file written anew."
    return DamagedSource(path, f"line {line}: {problem}", advice=advice, record=record)


@dataclass
class _Defaults:
    """What the first record of a test said; later ones may leave it out. `factor` turns values into base units."""

    factor: float
    scale: int | None


class _Converter:
    """Turns one record after the other, remembering the separator, the scaling and the tests seen."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.separator = "|"
        self.scaled_units = False
        self.tests: dict[tuple[str, str], _Defaults] = {}

    def convert(self, line: int, name: str, rest: str) -> bytes:
        """One record as STDF bytes."""
        try:
            values = self._far(rest) if name == "FAR" else self._values(name, rest)
            return encode_record(name, values, big_endian=False)
        except (ValueError, KeyError, OverflowError, ArgumentError) as error:
            raise _damaged(self.path, line, name, str(error)) from error

    def _far(self, rest: str) -> dict[str, object]:
        self.separator = rest[1]
        raw = dict(zip(FIELDS["FAR"], rest.split(self.separator), strict=False))
        if raw.get("STDF_VER") != "4":
            version = raw.get("STDF_VER", "unknown version")
            raise UnsupportedVersion(self.path, f"this is ATDF for STDF {version}; Corecar reads version 4.", offset=0)
        self.scaled_units = raw.get("scaling", "").strip().upper() == "U"
        return {"CPU_TYPE": 2, "STDF_VER": 4}

    def _values(self, name: str, rest: str) -> dict[str, Any]:
        names = FIELDS[name]
        if name == "GDR":
            return {"GEN_DATA": _generic(rest.split(self.separator) if rest else [])}
        parts = rest.split(self.separator, 0 if name == "DTR" else -1)
        if len(parts) > max(len(names), 1):
            raise ValueError(f"{len(parts)} fields, where a {name} has {len(names)}.")
        raw = {key: text.strip("\t") for key, text in zip(names, parts, strict=False) if text.strip()}
        known = {field.name: field for field in RECORDS[name].fields}
        values = {key: _value(known[key], text) for key, text in raw.items() if key in known}
        if name in SUMMARIES:
            values = {"HEAD_NUM": 255, "SITE_NUM": 255} | values
        finish = _FINISHERS.get(name)
        if finish is not None:
            finish(self, name, raw, values)
        return values

    def _finish_test(self, name: str, raw: dict[str, str], values: dict[str, Any]) -> None:
        """Flags of a PTR or MPR, results in base units, and OPT_FLAG where the record says anything behind it."""
        test_flag, parameter_flag = _flags(raw)
        if "RESULT" not in raw and "RTN_RSLT" not in raw:
            test_flag |= 0x02
        values |= {"TEST_FLG": test_flag, "PARM_FLG": parameter_flag}
        defaults, first = self._defaults(name, raw)
        if defaults.scale is not None and "UNITS" in values:
            values["UNITS"] = values["UNITS"][1:]
            values |= dict.fromkeys(("RES_SCAL", "LLM_SCAL", "HLM_SCAL"), defaults.scale)
        for field in SCALED_FIELDS:
            if field in values:
                given = values[field]
                factor = defaults.factor
                values[field] = [v * factor for v in given] if isinstance(given, list) else given * factor
        order = [field.name for field in RECORDS[name].fields]
        behind = set(order[order.index("OPT_FLAG") :])
        if first or behind & set(values):
            limits = {"LO_LIMIT": 0x40, "HI_LIMIT": 0x80} if first else {"LO_LIMIT": 0x10, "HI_LIMIT": 0x20}
            values["OPT_FLAG"] = _options(OPTION_BITS["PTR"] | limits, RESERVED_BITS["PTR"], values)

    def _defaults(self, name: str, raw: dict[str, str]) -> tuple[_Defaults, bool]:
        """What holds for this test, and whether this is its first record."""
        key = (name + raw.get("TEST_NUM", ""), raw.get("TEST_TXT", ""))
        known = self.tests.get(key) or (self.tests.get((key[0], "")) if not key[1] else None)
        if known is not None and "UNITS" not in raw:
            return known, False
        unit = raw.get("UNITS", "")
        prefixed = self.scaled_units and (len(unit) > 1 or unit == "%") and unit[0] in PREFIXES
        power = PREFIXES[unit[0]] if prefixed else 0
        defaults = _Defaults(10.0**power, -power if prefixed else None)
        self.tests[key] = defaults
        self.tests.setdefault((key[0], ""), defaults)
        return defaults, known is None

    def _finish_functional(self, name: str, raw: dict[str, str], values: dict[str, Any]) -> None:
        values["TEST_FLG"] = _flags(raw)[0]
        values["OPT_FLAG"] = _options(OPTION_BITS["FTR"], RESERVED_BITS["FTR"], values)

    def _finish_synopsis(self, name: str, raw: dict[str, str], values: dict[str, Any]) -> None:
        if OPTION_BITS["TSR"].keys() & values.keys():
            values["OPT_FLAG"] = _options(OPTION_BITS["TSR"], RESERVED_BITS["TSR"], values)

    def _finish_part(self, name: str, raw: dict[str, str], values: dict[str, Any]) -> None:
        flag = _one_of(raw, "verdict", {"P": 0, "F": 0x08, "": 0x10})
        flag |= _one_of(raw, "retest", {"": 0, "I": 0x01, "C": 0x02})
        values["PART_FLG"] = flag | _one_of(raw, "abort", {"": 0, "Y": 0x04})

    def _finish_pin_list(self, name: str, raw: dict[str, str], values: dict[str, Any]) -> None:
        count = len(values.get("GRP_INDX", ()))
        for prefix, key in (("PGM", "programmed"), ("RTN", "returned")):
            groups = [group.split(",") if group else [] for group in raw.get(key, "/" * max(count - 1, 0)).split("/")]
            values[f"{prefix}_CHAR"] = ["".join(state[-1:] for state in group) for group in groups][:count]
            left = ["".join(state[0] if len(state) > 1 else " " for state in group) for group in groups][:count]
            values[f"{prefix}_CHAL"] = [text if text.strip() else "" for text in left]


_FINISHERS: dict[str, Callable[[_Converter, str, dict[str, str], dict[str, Any]], None]] = {
    "PTR": _Converter._finish_test,
    "MPR": _Converter._finish_test,
    "FTR": _Converter._finish_functional,
    "TSR": _Converter._finish_synopsis,
    "PRR": _Converter._finish_part,
    "PLR": _Converter._finish_pin_list,
}


def _value(field: Field, text: str) -> Any:
    """One field's text as the value that `encode_record` takes."""
    try:
        if field.name in TIMES:
            return _seconds(text.strip())
        if field.name == "CHAN_TYP" and text.strip().isalpha():
            return _letter(text.strip())
        if field.name == "GRP_RADX":
            return [RADICES[letter.strip().upper()] for letter in text.split(",")]
        read = _READERS[field.type_code.code]
        return [read(part.strip()) for part in text.split(",")] if field.is_array else read(text)
    except (ValueError, KeyError, OverflowError) as error:
        kind = "time like 8:14:59 23-JUL-1992" if field.name in TIMES else f"value of type {field.code}"
        raise ValueError(f"{field.name}: {text!r} is no {kind}.") from error


def _seconds(text: str) -> int:
    """Seconds since 1970 of a time like `8:14:59 23-JUL-1992`, as the tester's clock showed it."""
    found = re.fullmatch(r"(\d+):(\d+):(\d+)\s+(\d+)-([A-Za-z]{3})-(\d{4})", text)
    if found is None or found[5].upper() not in MONTHS:
        raise ValueError("no time")
    hour, minute, second, day, year = (int(found[group]) for group in (1, 2, 3, 4, 6))
    month = MONTHS.index(found[5].upper()) + 1
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())


def _letter(text: str) -> int:
    """A channel type given as a letter: its character code."""
    if len(text) != 1:
        raise ValueError("no single letter")
    return ord(text)


def _integer(text: str) -> int:
    """A number; hexadecimal behind an X."""
    text = text.strip()
    return int(text[1:], 16) if text[:1] in ("X", "x") else int(text)


def _pins(text: str) -> dict[str, object]:
    """Pins by index as bits, the first pin in the lowest bit."""
    pins = [int(part) for part in text.split(",")]
    if not all(0 <= pin < 65_535 for pin in pins):
        raise ValueError("a pin index goes from 0 to 65,534")
    bits = max(pins) + 1
    return {"bits": bits, "data": sum(1 << pin for pin in set(pins)).to_bytes((bits + 7) // 8, "little")}


_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("U1", "U2", "U4", "I1", "I2", "I4", "B1"), _integer),
    "R4": float,
    "C1": lambda text: text.strip()[:1],
    "Cn": str,
    "Bn": bytes.fromhex,
    "Dn": _pins,
    "N1": lambda text: int(text, 16),
}


def _flags(raw: dict[str, str]) -> tuple[int, int]:
    """(TEST_FLG, PARM_FLG) from the letters of verdict, alarms and comparison."""
    verdict = _one_of(raw, "verdict", {"P": 0, "F": 0x80, "A": 0, "": 0x40})
    letters = raw.get("alarms", "").strip().upper()
    unknown = set(letters) - TEST_ALARMS.keys() - PARAMETER_ALARMS.keys()
    if unknown:
        raise ValueError(f"alarms: {letters!r} has letters that ATDF lacks.")
    test = verdict | sum(TEST_ALARMS.get(letter, 0) for letter in set(letters))
    parameter = sum(PARAMETER_ALARMS.get(letter, 0) for letter in set(letters))
    parameter |= 0x20 if raw.get("verdict", "").strip().upper() == "A" else 0
    return test, parameter | sum(COMPARISONS[letter] for letter in set(raw.get("compare", "").strip().upper()))


def _one_of(raw: dict[str, str], key: str, choices: dict[str, int]) -> int:
    text = raw.get(key, "").strip().upper()
    if text not in choices:
        raise ValueError(f"{key}: {text!r}, where one of {', '.join(repr(choice) for choice in choices)} is allowed.")
    return choices[text]


def _options(bits: dict[str, int], reserved: int, values: dict[str, Any]) -> int:
    return reserved | sum(bit for field, bit in bits.items() if field not in values)


def _generic(parts: list[str]) -> list[dict[str, str]]:
    """The values of a GDR; a number of several bytes gets a pad byte before it where it would begin at an odd place."""
    found: list[dict[str, str]] = []
    place = 2
    for part in parts:
        code = GENERIC.get(part[:1])
        if code is None:
            raise ValueError(f"{part[:10]!r} begins with no type letter; known are {', '.join(GENERIC)}.")
        size = int(code[1]) if code[1].isdigit() and code != "N1" else 1
        if size > 1 and place % 2 == 0:
            found.append({"code": "B0", "value": ""})
            place += 1
        found.append({"code": code, "value": f"{4 * len(part[1:])}:{part[1:]}" if code == "Dn" else part[1:]})
        place += 1 + _stored_bytes(code, part[1:], size)
    return found


def _stored_bytes(code: str, text: str, size: int) -> int:
    """Bytes behind the code byte of a GDR's value."""
    lengths = {"Cn": 1 + len(text.encode()), "Bn": 1 + len(text) // 2, "Dn": 2 + len(text) // 2}
    return lengths.get(code, size)
