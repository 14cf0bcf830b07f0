"""A mapping proposed from the head of a CSV file, with a comment on everything that was guessed."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from corecar.errors import MappingError
from corecar.file_kinds import checked_table
from corecar.formats.datalog.names import LOT, PARTS, READINGS, TESTS, meaning, plain
from corecar.formats.datalog.sheet import halves
from corecar.formats.decoded_text import decoded_text
from corecar.formats.sources import members

HEAD = 1 << 20
LINES = 300

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_UNIT = re.compile(
    "[fpnuµμmkKMGT]?(V|A|W|Hz|Ohms?|Ω|F|H|s|sec|S|C|K|bits?|LSB|B|g|m|N|Pa)|°C|°F|%|ppm|dBm?|dBc|deg|rad|counts?|-|1"
)
_UNIT_STYLES = (("[", "]"), ("(", ")"))


@dataclass
class Found:
    """What the head of a file shows. Lines are counted from 1.

    about    a fact of tests -> the label of its row, or the row's line where it has none
    strange  lines between header and data that say nothing known
    """

    encoding: str
    delimiter: str
    decimal: str
    rows: dict[int, list[str]]
    header_line: int
    data_line: int
    about: dict[str, str | int] = field(default_factory=dict)
    strange: list[int] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        return [cell.strip() for cell in self.rows[self.header_line]]

    @property
    def data(self) -> list[list[str]]:
        return [cells for line, cells in self.rows.items() if line >= self.data_line and any(cells)]


def propose_mapping(path: str | Path) -> str:
    """A mapping (TOML text) for a CSV datalog, guessed from its first rows; comments say what to check.

    Knows the names of columns and rows that testers use in English, Chinese and German; delimiter, decimal comma,
    encoding, header, rows of units and limits, long and wide layouts are seen in the text itself.
    Raises  SourceMissing, UnknownFormat for an empty file; MappingError when no row of data can be found

    >>> print(propose_mapping("lot7.csv"))       # doctest: +SKIP
    """
    found = _look(path)
    long = _is_long(found)
    sections = [_file(found, long), _lot(found), _parts(found), _readings(found) if long else _tests(found)]
    head = f"# Proposed from {Path(path).name}. Check every line, above all those with a comment.\n"
    return head + "\n" + "\n".join(sections)


def _look(path: str | Path) -> Found:
    content = members(path)[0].head(HEAD)
    checked_table(path, content, encoding="utf-16")
    encoding, text = decoded_text(content)
    lines = text.splitlines()[:LINES]
    delimiter = _delimiter(lines)
    rows = dict(enumerate(csv.reader(lines, delimiter=delimiter), 1))
    decimal = "," if delimiter != "," and _comma_decimals(rows) else "."
    data_line = _data_line(rows, decimal)
    if data_line is None:
        raise MappingError(
            f"{path}: no line with numbers was found among the first {len(rows)}. Is this a CSV datalog? "
            "Write a mapping by hand if it is."
        )
    about: dict[str, str | int] = {}
    header_line, best = 0, -1
    for line, cells in rows.items():
        label = next((cell.strip() for cell in cells if cell.strip()), "")
        fact = meaning(label, TESTS)
        if line < data_line and len(cells) > 1 and (score := _header_score(cells)) > best and fact is None:
            header_line, best = line, score
        if line < data_line and fact is not None and sum(1 for cell in cells if cell.strip()) > 1:
            about.setdefault(fact, label)
    if not header_line:
        header_line = _header_among_labels(rows, about, data_line)
        about = {fact: label for fact, label in about.items() if label not in rows[header_line]}
    found = Found(encoding, delimiter, decimal, rows, header_line, data_line, about)
    _explain_unlabelled(found)
    return found


def _explain_unlabelled(found: Found) -> None:
    """Rows between header and data that have no label: units by their look, else strange."""
    for line in range(found.header_line + 1, found.data_line):
        filled = {at: cell.strip() for at, cell in enumerate(found.rows.get(line, [])) if cell.strip()}
        if not filled or next(iter(filled.values())) in found.about.values():
            continue
        of_tests = [cell for at, cell in filled.items() if at < len(found.header) and not _claimed(found.header[at])]
        if "unit" not in found.about and of_tests and all(_UNIT.fullmatch(cell.strip("[]()")) for cell in of_tests):
            found.about["unit"] = line
        else:
            found.strange.append(line)


def _header_among_labels(rows: dict[int, list[str]], about: dict[str, str | int], data_line: int) -> int:
    """The header when its own first cell reads like a row about tests, for example `Test Name`."""
    for fact in ("name", "number"):
        for line, cells in rows.items():
            if line < data_line and about.get(fact) in cells:
                return line
    return data_line - 1 if data_line - 1 in rows else data_line


def _delimiter(lines: list[str]) -> str:
    """The mark that splits most lines into the same number of cells."""

    def evenness(mark: str) -> tuple[int, int]:
        counts = Counter(line.count(mark) for line in lines if line.strip())
        counts.pop(0, None)
        cells, often = max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        return often, cells

    return max((",", ";", "\t", "|"), key=evenness)


def _comma_decimals(rows: dict[int, list[str]]) -> bool:
    cells = [cell.strip() for row in rows.values() for cell in row]
    commas = sum(1 for cell in cells if _COMMA.fullmatch(cell))
    return commas > sum(1 for cell in cells if _NUMBER.fullmatch(cell) and "." in cell)


def _is_number(cell: str, decimal: str) -> bool:
    text = cell.strip()
    return bool(_NUMBER.fullmatch(text.replace(",", ".") if decimal == "," else text))


def _data_line(rows: dict[int, list[str]], decimal: str) -> int | None:
    """The first line that holds numbers where the lines at the end do, and that is no row about tests."""
    widths = Counter(len(cells) for cells in rows.values() if len(cells) > 1)
    usual = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))[0]
    alike = {line: cells for line, cells in rows.items() if abs(len(cells) - usual) <= 1 and any(cells)}
    numeric = _numeric_columns(list(alike.values()), decimal)
    for line, cells in alike.items():
        label = next((cell.strip() for cell in cells if cell.strip()), "")
        filled = [cells[at] for at in numeric if at < len(cells) and cells[at].strip()]
        numbers = sum(1 for cell in filled if _is_number(cell, decimal))
        if numbers and numbers >= len(filled) / 2 and meaning(label, TESTS) is None:
            return line
    return None


def _numeric_columns(rows: list[list[str]], decimal: str) -> list[int]:
    """Columns that are mostly numbers in the second half of the rows."""
    half = rows[len(rows) // 2 :]
    out = []
    for at in range(max((len(cells) for cells in half), default=0)):
        filled = [cells[at] for cells in half if at < len(cells) and cells[at].strip()]
        if sum(1 for cell in filled if _is_number(cell, decimal)) > len(filled) / 2:
            out.append(at)
    return out


def _header_score(cells: list[str]) -> int:
    known = sum(1 for cell in cells if meaning(cell, PARTS) or meaning(cell, READINGS))
    filled = sum(1 for cell in cells if cell.strip())
    return known * 1000 + filled


def _is_long(found: Found) -> bool:
    """One row per reading: a column of test names that are texts, and one of values."""
    facts = {meaning(cell, READINGS): at for at, cell in enumerate(found.header)}
    if "test" not in facts or "value" not in facts:
        return False
    names = [row[facts["test"]] for row in found.data if facts["test"] < len(row)]
    return len(set(names)) > 1 or len(found.header) < 8


def _file(found: Found, long: bool) -> str:
    out = ["[file]"]
    out.append(f'layout = "{"long" if long else "wide"}"  # one row per {"reading" if long else "part"}')
    out.append(f"delimiter = {_quoted('tab' if found.delimiter == chr(9) else found.delimiter)}")
    if found.decimal == ",":
        out.append('decimal = ","  # numbers such as 1,5')
    out.append(f'encoding = "{found.encoding}"' + ("" if found.encoding == "utf-8" else "  # guessed from the bytes"))
    out.append(f"header_row = {found.header_line}")
    out.append(f"data_row = {found.data_line}")
    missing = _missing(found)
    if missing:
        words = ", ".join(_quoted(word) for word in missing)
        out.append(f'missing = [{words}]  # texts among the numbers, taken for "no reading"')
    if len({len(row) for row in found.data}) > 1:
        out.append('short_rows = "pad"  # some rows are shorter: tests after a fail seem to be left out')
    return "\n".join(out) + "\n"


def _missing(found: Found) -> list[str]:
    """Texts that look like `no reading` and stand in columns of numbers."""
    words: dict[str, None] = {}
    for column in zip(*(row for row in found.data if len(row) == len(found.header)), strict=False):
        numbers = sum(1 for cell in column if _is_number(cell, found.decimal))
        strange = {cell.strip() for cell in column if cell.strip() and not _is_number(cell, found.decimal)}
        if numbers > len(column) / 2 and len(strange) <= 3:
            words |= dict.fromkeys(sorted(strange))
    return list(words)


def _lot(found: Found) -> str:
    out = ["[lot]"]
    taken: set[str] = set()
    for line, cells in found.rows.items():
        if line >= found.header_line:
            break
        for at, cell in enumerate(cells):
            key, _, value = halves(cell.strip())
            following = cells[at + 1].strip() if at + 1 < len(cells) else ""
            fact = meaning(key.strip("# "), LOT)
            if fact and fact not in taken and (value or following):
                taken.add(fact)
                out.append(f"{fact} = {{ line = {_quoted(key.strip('# '))} }}  # {value or following}")
    for cell in found.header:
        fact = meaning(cell, LOT)
        if (
            fact in ("lot", "sublot", "product", "test_program", "temperature")
            and fact not in taken
            and not _claimed(cell)
        ):
            taken.add(fact)
            out.append(f"{fact} = {{ column = {_quoted(cell)} }}")
    if "lot" not in taken:
        out.append('# lot = "A12345"  # not found in the file: say it here')
    return "\n".join(out) + "\n"


def _claimed(cell: str) -> bool:
    return meaning(cell, PARTS) is not None


def _parts(found: Found) -> str:
    out = ["[parts]"]
    facts: dict[str, str] = {}
    reading = set() if not _is_long(found) else {cell for cell in found.header if meaning(cell, READINGS) == "value"}
    for cell in found.header:
        fact = meaning(cell, PARTS)
        if fact and cell not in reading and fact not in facts and found.header.count(cell) == 1:
            facts[fact] = cell
    for fact, cell in facts.items():
        sure = plain(cell) == plain(fact)
        out.append(f"{fact} = {_quoted(cell)}" + ("" if sure else "  # by its name"))
    wafer = _wafer_line(found)
    if "wafer" not in facts and wafer:
        out.append(f"wafer = {{ line = {_quoted(wafer)} }}")
    if not facts:
        out.append('# part_id = "..."  # no column looks like a part, coordinate or bin: name them here')
    if "passed" not in facts and ("hard_bin" in facts or "soft_bin" in facts):
        out += ["", "[verdicts]", "pass_bins = [1]  # bins of good parts: bin 1 by custom, check it"]
    return "\n".join(out) + "\n"


def _wafer_line(found: Found) -> str | None:
    for line, cells in found.rows.items():
        if line >= found.header_line:
            return None
        for at, cell in enumerate(cells):
            key, _, value = halves(cell.strip())
            if meaning(key, PARTS) == "wafer" and (value or "".join(cells[at + 1 : at + 2]).strip()):
                return key
    return None


def _tests(found: Found) -> str:
    out = ["[tests]", 'columns = "numeric"  # every remaining column of numbers; or a list of headers or patterns']
    aside = [cell for cell in found.header if meaning(cell, LOT) and not _claimed(cell)]
    if aside:
        out.append(f"exclude = [{', '.join(_quoted(cell) for cell in aside)}]")
    style = _unit_style(found)
    if style:
        out.append(f'header = "{{name}}{style[0]}{{unit}}{style[1]}"  # units stand in the headers')
    about = {fact: row for fact, row in found.about.items() if not (style and fact == "unit")}
    rows = ", ".join(f"{fact} = {row if isinstance(row, int) else _quoted(row)}" for fact, row in about.items())
    by_line = [f"line {row} has no label and looks like {fact}s" for fact, row in about.items() if isinstance(row, int)]
    comment = f"  # {'; '.join(by_line)}" if by_line else ""
    out.append(
        f"rows = {{ {rows} }}{comment}" if rows else "# no rows of units or limits were found: declare them below"
    )
    out += [
        f"# line {line} is left out: nothing says what it means: {_beginning(found, line)}" for line in found.strange
    ]
    if not {"low_limit", "high_limit"} & set(found.about):
        out += ['# [tests.declared."VDD"]', '# unit = "V"', "# low_limit = 1.1", "# high_limit = 1.3"]
    return "\n".join(out) + "\n"


def _beginning(found: Found, line: int) -> str:
    """What stands in a line, as far as a comment has room."""
    return _quoted(found.delimiter.join(found.rows[line])[:60])


def _unit_style(found: Found) -> tuple[str, str] | None:
    headers = [cell for cell in found.header if cell and not _claimed(cell)]
    for left, right in _UNIT_STYLES:
        marked = [cell for cell in headers if cell.endswith(right) and left in cell]
        if marked and len(marked) >= len(headers) / 2:
            return left, right
    return None


def _readings(found: Found) -> str:
    out = ["[readings]"]
    facts: dict[str, str] = {}
    for cell in found.header:
        fact = meaning(cell, READINGS) or meaning(cell, TESTS)
        fact = "test" if fact == "name" else fact
        if fact and fact not in facts and fact != "passed":
            facts[fact] = cell
    out += [f"{fact} = {_quoted(cell)}" for fact, cell in facts.items()]
    return "\n".join(out) + "\n"


def _quoted(text: str) -> str:
    """A text as TOML and JSON write it."""
    return json.dumps(text, ensure_ascii=False)
