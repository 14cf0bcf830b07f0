"""The text of a memorandum as data: headings, paragraphs and tables in each of its languages; and as plain lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corecar.agree.clauses import Library, Paragraph, Wording, library, wordings_of
from corecar.agree.terms import Terms, Volume
from corecar.agree.text_values import amount, languages_of, values_of, word

_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Table:
    """A table of the text."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Said:
    """One paragraph, and the tables that follow it."""

    text: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Section:
    """One clause of the text; `clause` and `version` are those of the library."""

    heading: str
    clause: str
    version: str
    paragraphs: tuple[Said, ...]


@dataclass(frozen=True)
class LanguageText:
    """The text in one language."""

    language: str
    title: str
    subject: str
    notice: str
    parties: Table
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class MemorandumText:
    """The text of a memorandum, in its languages, the prevailing one first."""

    number: str
    texts: tuple[LanguageText, ...]

    @property
    def plain(self) -> str:
        """Its lines, as they are attached and hashed; the cells of a row are parted by tabs."""
        return "\n".join(line for text in self.texts for line in _lines(text)) + "\n"


def text_of(terms: Terms, of: Library | None = None) -> MemorandumText:
    """The text of terms.

    of      the library of clauses; that of the package unless given
    Raises  MappingError for a clause that the library does not have
    """
    wordings = wordings_of(terms, of or library())
    return MemorandumText(terms.number, tuple(_in(language, terms, wordings) for language in languages_of(terms)))


def _in(language: str, terms: Terms, wordings: tuple[Wording, ...]) -> LanguageText:
    values = values_of(terms, language)
    found = [(each, _paragraphs(each, terms, values, language)) for each in wordings]
    sections = [
        Section(f"{number}. {each.heading(language)}", each.clause, each.version, paragraphs)
        for number, (each, paragraphs) in enumerate([pair for pair in found if pair[1]], 1)
    ]
    subject = values["title_zh" if language == "zh" else "title"]
    title = f"{word('memorandum', language)} {terms.number}"
    return LanguageText(
        language, title, subject, word("notice", language), _parties(terms, language), tuple(sections)
    )  # fmt: skip


def _paragraphs(of: Wording, terms: Terms, values: dict[str, str], language: str) -> tuple[Said, ...]:
    """The paragraphs that have all they speak of; none where a clause begins with such and every one lacks it."""
    kept = [(each, _said(each, terms, values, language)) for each in of.paragraphs]
    asking = [each.table != "" or _NAME.search(each.text(language)) is not None for each in of.paragraphs]
    if asking[0] and not any(said for asks, (_, said) in zip(asking, kept, strict=True) if asks):
        return ()
    return tuple(said for _, said in kept if said is not None)


def _said(of: Paragraph, terms: Terms, values: dict[str, str], language: str) -> Said | None:
    text = of.text(language)
    if not all(values.get(name) for name in _NAME.findall(text)):
        return None
    tables = _TABLES[of.table](terms, language) if of.table else ()
    return None if of.table and not tables else Said(_NAME.sub(lambda found: values[found[1]], text), tables)


def _parties(terms: Terms, language: str) -> Table:
    names = ("party", "role", "benefit", "represented_by")
    rows = []
    for each in terms.parties:
        benefit = (each.benefit_zh if language == "zh" else "") or each.benefit
        rows.append((f"{each.name} ({each.party})", word(each.role, language), benefit, each.represented_by))
    return Table(word("parties", language), tuple(word(name, language) for name in names), tuple(rows))


def _caption(volume: Volume, terms: Terms, language: str) -> str:
    what = volume.product or volume.group or terms.subject.product or terms.subject.group
    return f"{volume.supplier} → {volume.customer}: {what}, {word(volume.unit, language)}"


def _volumes(terms: Terms, language: str) -> tuple[Table, ...]:
    columns = tuple(word(name, language) for name in ("period", "agreed", "minimum", "maximum"))
    tables = []
    for each in terms.volumes:
        rows = [(row.period, amount(row.agreed), amount(row.minimum), amount(row.maximum)) for row in each.periods]
        tables.append(Table(_caption(each, terms, language), columns, tuple(rows)))
    return tuple(tables)


def _bands(terms: Terms, language: str) -> tuple[Table, ...]:
    columns = tuple(word(name, language) for name in ("from_weeks", "until_weeks", "up", "down"))
    tables = []
    for each in terms.volumes:
        rows = []
        for row in each.bands:
            until = word("open", language) if row.until_weeks is None else amount(row.until_weeks)
            rows.append((amount(row.from_weeks), until, f"{amount(row.up * 100)} %", f"{amount(row.down * 100)} %"))
        if rows:
            tables.append(Table(_caption(each, terms, language), columns, tuple(rows)))
    return tuple(tables)


_TABLES = {"volumes": _volumes, "bands": _bands}


def _lines(text: LanguageText) -> list[str]:
    lines = [text.title, text.subject, text.notice, *_table_lines(text.parties)]
    for section in text.sections:
        lines.append(section.heading)
        for said in section.paragraphs:
            lines.extend((said.text, *(line for table in said.tables for line in _table_lines(table))))
    return [" ".join(line.split(" ")) for line in lines if line]


def _table_lines(table: Table) -> list[str]:
    return [table.caption, "\t".join(table.columns), *("\t".join(row) for row in table.rows)]
