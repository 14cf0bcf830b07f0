"""The data cells of a sheet as Arrow columns: numbers read at full speed, every cell that is none told by its line."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from corecar.faults import Faults
from corecar.formats.datalog.mapping import Mapping
from corecar.formats.datalog.sheet import Sheet, records

BLOCK = 8 << 20
SAMPLE = 4 << 20
TOLD = 5
"""Bad cells of one column that are told one by one; the rest is a count."""

_TRUE = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?$"


class Cells:
    """Reads chosen columns of one sheet, by their place in the header."""

    def __init__(self, sheet: Sheet, mapping: Mapping, faults: Faults) -> None:
        self.sheet = sheet
        self.mapping = mapping
        self.faults = faults
        self.data: Any = sheet.data
        self.width = self._width()
        self.padded = 0

    def sample(self, columns: list[int]) -> dict[int, Any]:
        """Columns of the first rows as trimmed texts, null where missing."""
        table = self._texts(columns, self._first_rows())
        return {column: self._present(table[f"c{column}"]) for column in columns}

    def read(self, texts: list[int], numbers: list[int]) -> dict[int, Any]:
        """Columns as trimmed texts or as float32, null where missing; cells that are no numbers become faults."""
        columns = list(dict.fromkeys([*texts, *numbers]))
        kinds = dict.fromkeys(numbers, pa.float32()) | dict.fromkeys(texts, pa.string())
        try:
            table = self._read(columns, kinds, self.data)
        except pa.ArrowInvalid:
            table = self._texts(columns, self.data)
        out = {column: self._present(table[f"c{column}"]) for column in columns}
        return out | {column: self.parsed(column, out[column]) for column in set(numbers) - set(texts)}

    def parsed(self, column: int, texts: Any) -> Any:
        """Texts of one column as float32; each that is no number becomes a fault."""
        if pa.types.is_floating(texts.type):
            return texts
        dotted = pc.replace_substring(texts, ",", ".") if self.mapping.decimal == "," else texts
        good = pc.fill_null(pc.match_substring_regex(dotted, _TRUE), True)
        self._tell(column, texts, good, "a number")
        return pc.cast(pc.if_else(good, dotted, None), pa.float32())

    def integers(self, column: int, texts: Any, low: int, high: int) -> Any:
        """Texts of one column as int64 within a range; `3.0` counts as 3; others become faults."""
        digits = pc.match_substring_regex(texts, r"^[+-]?[0-9]{1,12}([.,]0*)?$")
        good = pc.fill_null(digits, True)
        whole = pc.cast(pc.replace_substring_regex(pc.if_else(good, texts, None), r"^\+|[.,]0*$", ""), pa.int64())
        inside = pc.fill_null(pc.and_(pc.greater_equal(whole, low), pc.less_equal(whole, high)), good)
        self._tell(column, texts, inside, f"a whole number from {low} to {high}")
        return pc.if_else(inside, whole, None)

    def verdicts(self, column: int, texts: Any) -> Any:
        """Texts of one column as true for pass and false for fail; others become faults."""
        folded = pc.utf8_lower(texts)
        passed = pc.is_in(folded, pa.array(self.mapping.pass_texts, pa.string()))
        failed = pc.is_in(folded, pa.array(self.mapping.fail_texts, pa.string()))
        good = pc.or_(pc.or_(passed, failed), pc.is_null(texts))
        self._tell(column, texts, good, "a text of pass or fail", "Add it to pass or fail under [verdicts].")
        return pc.if_else(pc.or_(passed, failed), passed, None)

    def _tell(self, column: int, texts: Any, good: Any, expected: str, advice: str = "") -> None:
        bad = pc.indices_nonzero(pc.invert(good)).to_pylist()
        advice = advice or 'Add it to missing under [file] if it means "no reading".'
        name = self.sheet.header[column]
        for at in bad[:TOLD]:
            problem = f'expected {expected}, got "{texts[at].as_py()}".'
            self.faults.add(self.sheet.path, problem, row=self.sheet.data_lines[at][0], column=name, advice=advice)
        if len(bad) > TOLD:
            problem = f"{len(bad) - TOLD} more cells of this column are not {expected}."
            self.faults.add(self.sheet.path, problem, column=name)

    def _width(self) -> int:
        """Cells per data row: as the header, or one more when every line ends in a delimiter."""
        width = len(self.sheet.header)
        first = next((cells for _, cells, _ in records(self.data, self.sheet.delimiter) if cells), [])
        return width + 1 if len(first) == width + 1 and not first[-1].strip() else width

    def _texts(self, columns: list[int], data: Any) -> Any:
        try:
            return self._read(columns, dict.fromkeys(columns, pa.string()), data)
        except pa.ArrowInvalid as error:
            advice = "Check encoding and delimiter under [file] in the mapping."
            self.faults.add(self.sheet.path, f"the data cannot be read as texts: {error}.", advice=advice)
            self.faults.settle()
            raise

    def _first_rows(self) -> Any:
        if len(self.data) <= SAMPLE:
            return self.data
        cut = bytes(self.data[:SAMPLE]).rfind(b"\n") + 1
        return self.data[:cut] if cut else self.data

    def _present(self, texts: Any) -> Any:
        if pa.types.is_floating(texts.type):
            return texts.combine_chunks()
        trimmed = pc.utf8_trim_whitespace(texts.combine_chunks())
        missing = pc.is_in(trimmed, pa.array(self.mapping.missing, pa.string()))
        return pc.if_else(missing, None, trimmed)

    def _read(self, columns: list[int], kinds: dict[int, Any], data: Any) -> Any:
        if not columns:
            return {}
        ragged: list[Any] = []
        table = self._parse(kinds, data, ragged)
        if ragged:
            self._mend(ragged[0].expected_columns)
            table = self._parse(kinds, self.data, [])
        return table

    def _parse(self, kinds: dict[int, Any], data: Any, ragged: list[Any]) -> Any:
        def note(row: Any) -> str:
            ragged.append(row)
            return "skip"

        names = [f"c{column}" for column in range(self.width)]
        wanted = {f"c{column}": kind for column, kind in kinds.items()}
        return pv.read_csv(
            pa.BufferReader(pa.py_buffer(data)),
            read_options=pv.ReadOptions(column_names=names, block_size=BLOCK),
            parse_options=pv.ParseOptions(delimiter=self.sheet.delimiter, invalid_row_handler=note),
            convert_options=pv.ConvertOptions(
                include_columns=list(wanted),
                column_types=wanted,
                null_values=list(self.mapping.missing),
                strings_can_be_null=True,
                decimal_point=self.mapping.decimal,
            ),
        )

    def _mend(self, width: int) -> None:
        """Fill short rows where the mapping allows it; every other row of a wrong width is a fault."""
        pad = self.mapping.short_rows == "pad"
        wrong = [row for row in self.sheet.data_lines if row[1] > width or (row[1] < width and not pad)]
        for line, cells in wrong:
            advice = 'If tests after a fail are left out, say short_rows = "pad" under [file].' if cells < width else ""
            self.faults.add(self.sheet.path, f"expected {width} cells, got {cells}.", row=line, advice=advice)
        self.faults.settle()
        self.data, self.padded = _padded(self.data, self.sheet.delimiter, width)


def _padded(data: Any, delimiter: str, width: int) -> tuple[bytes, int]:
    """The data with delimiters added to its short rows, and how many were short."""
    mark = delimiter.encode()
    out: list[bytes] = []
    short = 0
    start = 0
    for _, cells, end in records(data, delimiter):
        line = bytes(data[start:end]).rstrip(b"\r\n")
        lacking = width - len(cells) if cells else 0
        short += lacking > 0
        out.append(line + mark * lacking)
        start = end
    return b"\n".join(out) + b"\n", short
