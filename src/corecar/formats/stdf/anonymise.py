"""A file that can be shared: names replaced, values rescaled, times moved, texts blanked, with one key throughout.

The same key gives the same stand-ins in every file, so the files of a lot still belong together. Values and limits of
a test are multiplied by one factor, which belongs to its number: flags, verdicts, capability and outliers stay what
they are (to the precision of a float32). Numbers of tests and bins, coordinates, units and formats stay. A value of
zero stays zero, and whoever knows one true value of a test can work out the others: anonymised is not encrypted.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.errors import ArgumentError
from corecar.formats.stdf.amend import Tables, freed_of_raw, spaced, with_audit, with_column
from corecar.formats.stdf.codes import CHARACTERS, TEXT, VARIANT
from corecar.formats.stdf.columns import EXTRA, ByteArray
from corecar.formats.stdf.marks import ANONYMISE, mark_in
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.rows import RECORDS, Field
from corecar.formats.stdf.writer import write_records
from corecar.lot import OnError

KEPT = frozenset(
    {"UNITS", "UNITS_IN", "C_RESFMT", "C_LLMFMT", "C_HLMFMT", "TST_TEMP", "TSTR_TYP", "EXEC_TYP", "EXEC_VER", "UPD_NAM"}
    | {"DATA_CHR", "PGM_CHAR", "RTN_CHAR", "PGM_CHAL", "RTN_CHAL"}
)
"""Text fields that name nobody and nothing, and without which a file reads differently."""
BLANKED = frozenset(
    {"TEXT_DAT", "CMD_LINE", "USER_TXT", "USR_DESC", "EXC_DESC", "PROG_TXT", "RSLT_TXT"}
    | {"COND_LST", "COND_NAM", "COND_VAL"}
)
"""Free text: anything may stand in it. It is blanked but for a mark that must not be forgotten."""
KINDS: dict[str, str] = {
    field: kind
    for kind, fields in {
        "lot": "LOT_ID SBLOT_ID ENG_ID",
        "product": "PART_TYP FAMLY_ID PKG_TYP DSGN_REV ROM_COD MASK_ID",
        "program": "JOB_NAM JOB_REV SPEC_NAM SPEC_VER FLOW_ID SETUP_ID TEST_COD AUX_FILE",
        "person": "OPER_NAM SUPR_NAM",
        "tester": "NODE_NAM SERL_NUM",
        "wafer": "WAFER_ID FABWF_ID FRAME_ID",
        "test": "TEST_TXT TEST_NAM TEST_LBL",
        "pin": "CHAN_NAM PHY_NAM LOG_NAM GRP_NAM ATPG_NAM",
        "bin": "HBIN_NAM SBIN_NAM",
        "part": "PART_ID PART_TXT",
        "vector": "VECT_NAM TIME_SET OP_CODE SEQ_NAME PSR_NAM PAT_FILE PAT_LBL",
    }.items()
    for field in fields.split()
}
"""What a name is of; the same name of the same kind gets the same stand-in. Any other text field is of kind `name`."""
TIMES = ("SETUP_T", "START_T", "FINISH_T", "MOD_TIM")
SCALED = {
    "PTR": ("RESULT", "LO_LIMIT", "HI_LIMIT", "LO_SPEC", "HI_SPEC"),
    "MPR": ("RTN_RSLT", "LO_LIMIT", "HI_LIMIT", "LO_SPEC", "HI_SPEC"),
    "TSR": ("TEST_MIN", "TEST_MAX", "TST_SUMS"),
}
SQUARED = {"TSR": ("TST_SQRS",)}
COUNTER = 6
"""A PART_ID of at most so many digits is a counter and stays."""
LEAST_SHIFT, SHIFTS = 400 * 86_400, 1_000 * 86_400
"""Times move back by 400 to 1,400 days [s]."""
SHORTEST_KEY = 8


@dataclass(frozen=True)
class Anonymised:
    """A file that can be shared.

    content  its bytes
    done     what was replaced, blanked and left out, one sentence each
    """

    content: bytes
    done: tuple[str, ...]


def anonymise(
    content: ByteArray | bytes, *, path: str | Path, key: str, when: int, on_error: OnError = "raise"
) -> Anonymised:
    """The file with names, values and times that say nothing about its owner.

    content   uint8 or bytes: the decompressed file
    path      its name, for messages
    key       what stand-ins, factors and the shift of times are made from, at least 8 characters; keep it secret
    when      the time of the change, for the ATR [seconds since 1970]
    on_error  `raise`, or `salvage` to keep the whole records of a damaged file
    Raises    what `read_records` raises; ArgumentError for a key that is too short
    """
    if len(key) < SHORTEST_KEY:
        raise ArgumentError(f"the key has {len(key)} characters; take at least {SHORTEST_KEY}, which nobody can guess.")
    data = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content
    read = read_records(data, path=path, on_error=on_error)
    veil = _Veil(key)
    tables: Tables = {name: veil.table(name, table) for name, table in spaced(read).items() if name in RECORDS}
    with_audit(tables, ANONYMISE if read.warnings and on_error == "salvage" else "corecar anonymise", veil.time(when))
    dropped = {name: table.num_rows for name, table in read.items() if name not in RECORDS}
    done = [
        *read.warnings,
        f"{len(veil.names)} names got stand-ins; free text was blanked",
        f"values and limits of {len(veil.factors)} test numbers were rescaled; times were moved back",
        *(f"{count} records of unknown type {name} were left out" for name, count in dropped.items()),
    ]
    return Anonymised(write_records(tables, encoding="utf-8"), tuple(done))


class _Veil:
    """Everything made from the key: stand-ins, factors, the shift of times."""

    def __init__(self, key: str) -> None:
        self.key = key.encode()
        self.names: dict[tuple[str, str], str] = {}
        self.factors: dict[int, float] = {}
        self.shift = LEAST_SHIFT + int(self._fraction("time") * SHIFTS)

    def _digest(self, what: str) -> bytes:
        return hmac.digest(self.key, what.encode(), "sha256")

    def _fraction(self, what: str) -> float:
        return int.from_bytes(self._digest(what)[:8], "big") / 2**64

    def name(self, kind: str, text: str) -> str:
        """The stand-in of a name; empty stays empty."""
        if not text.strip("\0 ") or (kind == "part" and text.isdigit() and len(text) <= COUNTER):
            return text
        token = base64.b32encode(self._digest(f"name {kind} {text}"))[:8].decode().lower()
        return self.names.setdefault((kind, text), f"{kind}-{token}")

    def factor(self, number: int) -> float:
        """The factor of a test's values, 0.25 to 0.8; never above 1, so that no value leaves the range of a float32."""
        return self.factors.setdefault(number, 0.25 + 0.55 * self._fraction(f"factor {number}"))

    def time(self, seconds: int) -> int:
        """A time moved back; one too early for that stays."""
        return seconds - self.shift if seconds > self.shift else seconds

    def table(self, name: str, table: Any) -> Any:
        """The records of one type, veiled."""
        for field in RECORDS[name].fields:
            column = table[field.name]
            if column.null_count < table.num_rows:
                table = with_column(table, field.name, self._column(field, column))
        if name in SCALED:
            table = self._rescaled(name, table)
        table = with_column(table, EXTRA, pa.nulls(table.num_rows, pa.binary()))
        return freed_of_raw(name, table)

    def _column(self, field: Field, column: Any) -> Any:
        layout = field.type_code.layout
        if layout == VARIANT:
            return _blanked_values(column)
        if field.name == "PART_FIX":
            return _constant(column, b"", pa.binary())
        if field.name in TIMES:
            times = column.fill_null(0).to_numpy().astype(np.int64)
            moved = np.where(times > self.shift, times - self.shift, times).astype(np.uint32)
            return pa.array(moved, mask=~column.is_valid().to_numpy())
        if layout not in (TEXT, CHARACTERS) or field.code == "C1" or field.name in KEPT:
            return column
        return self._texts(column, "" if field.name in BLANKED else KINDS.get(field.name, "name"))

    def _texts(self, column: Any, kind: str) -> Any:
        """Texts of one kind replaced; of kind "" they are blanked but for marks."""
        if pa.types.is_list(column.type):
            lists = [
                texts and [self.name(kind, t) if kind else mark_in(t) for t in texts] for texts in column.to_pylist()
            ]
            return pa.array(lists, column.type)
        coded = column.combine_chunks().dictionary_encode()
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        texts = [self.name(kind, text) if kind else mark_in(text) for text in coded.dictionary.to_pylist()]
        return pa.array(texts, pa.string()).take(coded.indices)

    def _rescaled(self, name: str, table: Any) -> Any:
        numbers, inverse = np.unique(table["TEST_NUM"].fill_null(0).to_numpy(), return_inverse=True)
        factors = np.array([self.factor(number) for number in numbers.tolist()])[inverse]
        for field in SCALED[name]:
            table = with_column(table, field, _times(table[field], factors))
        for field in SQUARED.get(name, ()):
            table = with_column(table, field, _times(table[field], factors**2))
        return table


@np.errstate(invalid="ignore")
def _times(column: Any, factors: npt.NDArray[np.float64]) -> Any:
    """A float32 column, or one of lists of float32, with each row multiplied by its factor; NaN stays NaN."""
    if pa.types.is_list(column.type):
        pieces, first = [], 0
        for chunk in column.chunks:
            lengths = chunk.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
            spread = np.repeat(factors[first : first + len(chunk)], lengths)
            values = (chunk.flatten().to_numpy() * spread).astype(np.float32)
            ends = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
            missing = pa.array(chunk.is_null().to_numpy(zero_copy_only=False))
            pieces.append(pa.ListArray.from_arrays(pa.array(ends), pa.array(values), mask=missing))
            first += len(chunk)
        return pa.chunked_array(pieces, column.type)
    values = column.fill_null(0.0).to_numpy() * factors
    return pa.array(values.astype(np.float32), mask=column.is_null().to_numpy())


def _constant(column: Any, value: object, kind: Any) -> Any:
    return pa.array([None if null else value for null in column.is_null().to_pylist()], kind)


def _blanked_values(column: Any) -> Any:
    """The values of GDRs with their types kept: texts empty, numbers zero, bytes and bits zero at the same length."""
    rows = [values and [_blank(value) for value in values] for values in column.to_pylist()]
    return pa.array(rows, column.type)


def _blank(value: dict[str, str]) -> dict[str, str]:
    code, text = value["code"], value["value"]
    if code in ("Cn", "B0"):
        blank = ""
    elif code == "Bn":
        blank = "0" * len(text)
    elif code == "Dn":
        bits, _, digits = text.partition(":")
        blank = f"{bits}:{'0' * len(digits)}"
    else:
        blank = "0"
    return {"code": code, "value": blank}
