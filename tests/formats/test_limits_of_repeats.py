"""Limits that a repeat within a part gives are told, since `part_limits` knows no executions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import corecar
from corecar.formats.stdf.encode import encode_record

SITE: dict[str, Any] = {"HEAD_NUM": 1, "SITE_NUM": 1}


def reading(high: float) -> bytes:
    limits = {"OPT_FLAG": 0, "RES_SCAL": 0, "LLM_SCAL": 0, "HLM_SCAL": 0, "LO_LIMIT": 0.0, "HI_LIMIT": high}
    values = {**SITE, "TEST_NUM": 1, "RESULT": 0.5, "TEST_TXT": "V", "ALARM_ID": "", **limits}
    return encode_record("PTR", values, big_endian=False)


def notes(path: Path, *highs: float) -> list[str]:
    start = encode_record("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}, big_endian=False)
    begin = encode_record("PIR", SITE, big_endian=False)
    end = encode_record("PRR", {**SITE, "PART_FLG": 0, "NUM_TEST": 1, "HARD_BIN": 1}, big_endian=False)
    path.write_bytes(start + begin + b"".join(map(reading, highs)) + end)
    return [note for note in corecar.read(path).notes if "executed again within the part" in note]


def test_limits_of_a_repeat_are_told(tmp_path: Path) -> None:
    assert notes(tmp_path / "same.stdf", 1.0, 1.0) == []
    (told,) = notes(tmp_path / "other.stdf", 1.0, 2.0)
    assert told.startswith("1 row(s) of part_limits")
