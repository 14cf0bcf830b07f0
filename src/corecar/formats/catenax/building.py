"""Tables of the chain out as messages: as they came where nothing has changed since, else made anew."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from corecar.atomic import whole_file
from corecar.chain.cells import parser_of
from corecar.chain.chain import Chain
from corecar.chain.faults import Findings
from corecar.chain.rows import written
from corecar.chain.tables import TABLES
from corecar.formats.catenax import short_term, week_based
from corecar.formats.catenax.book import SPACE, Book, Content
from corecar.formats.catenax.directory import Directory, directory
from corecar.formats.catenax.into_tables import READ
from corecar.formats.catenax.messages import OWN_IDENTITY, Message, message_of
from corecar.formats.chain.writing import folder_of_files


def built_messages(chain: Chain, now: datetime) -> tuple[list[Message], list[str]]:
    """Every message that says what the tables say, and notes on what no message can say.

    A message that came in goes out as it came, byte for byte, as long as the rows it speaks of are as it gave them;
    else it is made anew from the rows.
    now  stands in messages made anew, with its offset
    """
    names = directory(chain)
    kept = [message_of(text) for text in chain.messages["content"].to_pylist()]
    given = {(one.aspect, one.identity): _given(one, names) for one in kept}
    there = _Texts(chain)
    true = [one for one in kept if there.have(given[one.aspect, one.identity])]
    scattered = [one for one in true if one.aspect not in OWN_IDENTITY]
    while True:
        covered = {(table, _key(table, cells)) for one in scattered for table, cells in given[one.aspect, one.identity]}
        book = Book(chain, now.isoformat(timespec="milliseconds"), covered)
        found = _made_anew(book, kept)
        apart = [one for one in scattered if (one.aspect, one.identity) not in found]
        if len(apart) == len(scattered):
            break
        scattered = apart  # rows beside those of a message are about the same: one message made anew says both
    for one in kept:
        made = found.get((one.aspect, one.identity))
        if (made is None and one in true) or (
            made is not None and one.aspect in OWN_IDENTITY and _same(one, made, names)
        ):
            found[one.aspect, one.identity] = one
    return [message for _, message in sorted(found.items())], [*book.notes, *book.told_left()]


def _made_anew(book: Book, kept: Sequence[Message]) -> dict[tuple[str, str], Message]:
    """Messages from rows, by aspect model and identity."""
    found: dict[tuple[str, str], Message] = {}
    for aspect, build in BUILD.items():
        old = {one.identity: one.content for one in kept if one.aspect == aspect}
        for content in build(book, old):
            message = message_of(json.dumps(content, ensure_ascii=False, indent=2))
            found[message.aspect, message.identity] = message
    return found


def _given(message: Message, names: Directory) -> list[tuple[str, dict[str, str]]]:
    """The rows that a message gives, each cell as the table writes it."""
    return [(table, _canonical(table, cells)) for table, cells in READ[message.aspect](message, names, Findings())]


def _same(one: Message, other: Message, names: Directory) -> bool:
    rows = [
        sorted((table, sorted(cells.items())) for table, cells in _given(message, names)) for message in (one, other)
    ]
    return rows[0] == rows[1]


def write_messages(messages: Sequence[Message], folder: str | Path) -> list[Path]:
    """Write messages as JSON, a file each, named for aspect model and identity; the files. Raises OutputError."""
    place = Path(folder)
    folder_of_files(place)
    files = []
    for message in messages:
        name = uuid.uuid5(SPACE, f"{message.aspect} {message.identity}").hex[:12]
        file = place / f"{message.aspect}-{name}.json"
        with whole_file(file) as sibling:
            sibling.write_text(message.text, encoding="utf-8", newline="")
        files.append(file)
    return files


def _canonical(table: str, cells: dict[str, str]) -> dict[str, str]:
    """Cells as the table writes them: a Monday as its week, an empty cell as its default."""
    found = {}
    for name, text in cells.items():
        column = TABLES[table].column(name)
        value = (text or column.default) if column.kind != "text" else text
        found[name] = written(parser_of(column)(value), column.kind) if value and column.kind != "text" else value
    for column in TABLES[table].columns:
        if column.key:
            found.setdefault(column.name, column.default)
    return found


def _key(table: str, cells: dict[str, str]) -> tuple[str, ...]:
    return tuple(cells.get(name, "") for name in TABLES[table].key)


class _Texts:
    """The rows of a chain as texts by their key, a table at a time."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.tables: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}

    def have(self, given: Iterable[tuple[str, dict[str, str]]]) -> bool:
        """Whether all of these rows are in the tables as they are given."""
        return all(cells.items() <= self._of(table).get(_key(table, cells), {}).items() for table, cells in given)

    def _of(self, table: str) -> dict[tuple[str, ...], dict[str, str]]:
        if table not in self.tables:
            rows = [
                {column.name: written(row[column.name], column.kind) for column in TABLES[table].columns}
                for row in self.chain[table].to_pylist()
            ]
            self.tables[table] = {_key(table, row): row for row in rows}
        return self.tables[table]


BUILD: dict[str, Callable[[Book, dict[str, Content]], Iterator[Content]]] = {
    "WeekBasedMaterialDemand": week_based.week_demand,
    "WeekBasedCapacityGroup": week_based.capacity_groups,
    "ItemStock": short_term.stocks,
    "ShortTermMaterialDemand": short_term.short_term,
    "PlannedProductionOutput": short_term.outputs,
    "DaysOfSupply": short_term.days_of_supply,
    "DeliveryInformation": short_term.deliveries,
    "DemandAndCapacityNotification": short_term.disruptions,
}
"""What makes the messages of each aspect model anew."""
