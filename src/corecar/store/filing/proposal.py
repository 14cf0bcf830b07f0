"""A filing mapping proposed from example runs: what their records leave open is looked for in their paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corecar.errors import ArgumentError
from corecar.store.filing.mapping import BLANKS
from corecar.temperatures import temperature_c

BREAK = r"[_.\-]"
"""What stands between the words of a file name."""
STAGE = r"(?:FT|CP|WS|EWS|QA|FQA|BI|SLT)[0-9]*"
HEAT = r"HOT|COLD|ROOM|AMB|[MNP+]?[0-9]{1,3}C"
AGAIN = r"(?:R|RT|RETEST)[1-9]"
"""Words of file names that customarily tell the stage, the temperature and the retest pass."""
ASSUMED_C = {"HOT": "125", "COLD": "-40", "ROOM": "25", "AMB": "25"}
SHOWN = 20
"""Entries of a table that are written out."""


def propose_mapping(rows: Sequence[Mapping[str, Any]], paths: Sequence[str]) -> str:
    """A mapping (TOML text) for runs like these; comments say what was seen and what to check.

    rows   columns of `runs` as the files' records give them, one row per run
    paths  where each came from; the more of them, the better the guess
    Raises ArgumentError without any example

    >>> print(propose_mapping([{"lot": "A530"}], ["in/acme/A530_FT2_HOT.stdf"]))  # doctest: +SKIP
    """
    if not rows or len(rows) != len(paths):
        raise ArgumentError(
            f"{len(rows)} rows and {len(paths)} paths: expected one path for each of some example runs."
        )
    slashed = [path.replace("\\", "/") for path in paths]
    files = [path.rpartition("/")[2] for path in slashed]
    sections = [
        f"# Proposed from {len(rows)} example run(s). Check every line, above all those with a comment.",
        _products(rows),
        _customer(slashed),
        _lot(rows, files),
        _by_word("stage", "stage", STAGE, files, {}),
        _temperature(rows, files),
        _by_word("test_pass", "test_pass", AGAIN, files, {word: str(int(word[-1]) + 1) for word in _met(AGAIN, files)}),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _products(rows: Sequence[Mapping[str, Any]]) -> str:
    found = sorted({_text(row, "product") for row in rows} - {""})
    listed = ", ".join(_literal(name) for name in found[:SHOWN])
    return f"# products = [{listed}]  # without a list every product is welcome; a long one belongs into a CSV"


def _customer(paths: Sequence[str]) -> str:
    """The first folder that differs among the files and is shared by some of them."""
    folders = [path.split("/")[:-1] for path in paths]
    for level in range(min(len(one) for one in folders)):
        names = {one[level].strip(BLANKS) for one in folders}
        if 1 < len(names) < len(paths) and "" not in names:
            pattern = _behind(folders, paths, level) or "^" + "[^/]*/" * level + "([^/]+)/"
            return (
                f"[[customer]]  # a guess: folder {level + 1} of the path differs\n"
                f"{_search('path', pattern)}\n{_table({name: name for name in sorted(names)})}"
            )
    return '# [[customer]]  # no folder tells customers apart: say it here\n# default = "..."'


def _behind(folders: Sequence[Sequence[str]], paths: Sequence[str], level: int) -> str | None:
    """A pattern for the folder that lies in the one they all share, wherever that one lies; None where none will do."""
    shared = {one[level - 1] for one in folders} if level else set()
    if len(shared) != 1 or not re.fullmatch(r"[A-Za-z0-9_.\-]{1,100}", name := shared.pop()):
        return None
    pattern = f"(?:^|/){re.escape(name)}/([^/]+)/"
    found = [re.search(pattern, path) for path in paths]
    right = all(met and met[1] == one[level] for met, one in zip(found, folders, strict=True))
    return pattern if right else None


def _lot(rows: Sequence[Mapping[str, Any]], files: Sequence[str]) -> str:
    """The lot record, and for files without one the word of the name where the others have their lot."""
    lots = [_text(row, "lot") for row in rows]
    empty = lots.count("")
    head = f'[[lot]]  # the lot record names it in {len(lots) - empty} of {len(lots)}\nfield = "lot"'
    if not empty:
        return head
    words = [re.split(BREAK, file) for file in files]
    known = [(one, lot) for one, lot in zip(words, lots, strict=True) if lot]
    for place in range(min((len(one) for one, _ in known), default=0)):
        if all(one[place] == lot for one, lot in known):
            before = f"(?:[^_.\\-]*{BREAK}){{{place}}}" if place else ""
            pattern = f"^{before}([^_.\\-]+)"
            seen = f"[[lot]]  # word {place + 1} of the file name, as where both are known"
            return f"{head}\n\n{seen}\n{_search('file', pattern)}"
    return f"{head}\n# nothing else that tells it was found: files without it will wait"


def _temperature(rows: Sequence[Mapping[str, Any]], files: Sequence[str]) -> str:
    if all(_text(row, "temperature") for row in rows):
        return ""
    found = {word: _degrees(word) for word in _met(HEAT, files)}
    return _by_word("temperature", "temperature", HEAT, files, found, record_first=True)


def _degrees(word: str) -> str:
    """What a word of a file name says of the temperature: `M40C` and `N40C` are customary for -40."""
    number = re.sub("^[MN]", "-", word).removeprefix("P")
    return ASSUMED_C.get(word) or temperature_c(number) or word


def _by_word(
    fact: str, column: str, word: str, files: Sequence[str], table: Mapping[str, str], *, record_first: bool = False
) -> str:
    """A rule for a customary word of file names with the record's own column before or behind it; empty when unseen."""
    count = sum(1 for file in files if _words(word, [file]))
    if not count:
        return ""
    pattern = f"(?i)(?:^|{BREAK})({word})(?:{BREAK}|$)"
    rule = (
        f'[[{fact}]]  # a word of the file name in {count} of {len(files)}\n{_search("file", pattern)}\ncase = "upper"'
    )
    if table:
        rule += f"\n{_table(table)}  # check what each stands for"
    record = f'[[{fact}]]\nfield = "{column}"'
    return "\n\n".join((record, rule) if record_first else (rule, record))


def _met(word: str, files: Iterable[str]) -> list[str]:
    """The words of file names that match, in capitals, each once."""
    return sorted(set(_words(word, files)))


def _words(word: str, files: Iterable[str]) -> list[str]:
    pieces = [piece.upper() for file in files for piece in re.split(BREAK, file)]
    return [piece for piece in pieces if re.fullmatch(word, piece)]


def _table(entries: Mapping[str, str]) -> str:
    shown = ", ".join(f"{_literal(key)} = {_literal(value)}" for key, value in list(entries.items())[:SHOWN])
    return f"table = {{ {shown} }}" + ("  # and more: make it a CSV" if len(entries) > SHOWN else "")


def _search(field: str, pattern: str) -> str:
    """Field and pattern of a rule; a TOML text in single quotes takes backslashes as they are."""
    return f"field = \"{field}\"\npattern = '{pattern}'"


def _literal(text: str) -> str:
    """A TOML string: one of JSON, but that DEL has to be escaped and half a character cannot be written."""
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip(BLANKS)
