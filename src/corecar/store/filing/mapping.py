"""The declared filing mapping: a TOML text and the CSV files beside it, checked whole before any run is filed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corecar.errors import UnknownFormat
from corecar.faults import Faults
from corecar.file_kinds import toml_of
from corecar.store.filing.facts import FACTS
from corecar.store.filing.grammar import check
from corecar.store.filing.lists import read_products, read_table
from corecar.store.filing.patterns import Pattern, pattern

BLANKS = "\0 \t\r\n"
"""Taken off both ends of every text, as testers pad with them."""


@dataclass(frozen=True)
class Rule:
    """One way to a fact. What is not said stands as it does here.

    field    what to look at, one of `facts.FIELDS`; None makes the rule the constant `default`
    pattern  what to search for in it; its group is taken, else the whole match
    table    look-up of the text found; `table_name` is what messages call it
    case     `keep`, `upper` or `lower`, before the look-up
    strip    characters taken off both ends besides blanks, before the look-up
    default  what the rule gives where field, pattern or table give nothing
    when     fields and patterns that must all be found, else the rule is passed over
    """

    field: str | None = None
    pattern: Pattern | None = None
    table: Mapping[str, str] | None = None
    table_name: str = ""
    case: str = "keep"
    strip: str = ""
    default: str | None = None
    when: tuple[tuple[str, Pattern], ...] = ()


@dataclass(frozen=True)
class FilingMapping:
    """What a mapping says, defaults filled in.

    name      the file, for messages; empty for the built-in one
    rules     rules of each fact, the first that gives something counts; a fact without rules stays unknown
    products  the known products, `None` when any is welcome; `products_name` is what messages call the list
    required  facts without which a run is not filed; `lot` always is one
    """

    name: str = ""
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    products: tuple[str, ...] | None = None
    products_name: str = ""
    required: tuple[str, ...] = ("lot",)


OWN_RULES = {fact: (Rule(field=fact),) for fact in FACTS if fact != "customer"} | {"customer": ()}
"""As the file's own records say; none of them names a customer."""

DEFAULT = FilingMapping(rules=OWN_RULES)
"""The mapping of a workspace that has none."""


def load_mapping(mapping: str | Path | Mapping[str, Any], *, name: str | None = None) -> FilingMapping:
    """A filing mapping from a TOML file with the CSV files beside it, or from a dictionary of the same shape.

    name    what messages call it; the path without one
    A fact that the mapping has no rules for is taken from the file's own records, as without a mapping.
    Raises  SourceMissing when there is no such file; MappingError naming every key that is unknown or of a wrong kind,
            every pattern that cannot be read and every wrong line of a CSV, all at once

    >>> load_mapping({"lot": [{"field": "file", "pattern": "^([A-Z0-9]+)_"}]}).required
    ('lot',)
    """
    faults = Faults()
    if isinstance(mapping, Mapping):
        path, content = None, dict(mapping)
    else:
        path, content = Path(mapping), _parse(Path(mapping), faults)
    called = name or ("the mapping" if path is None else str(path))
    faults.settle()
    check(called, content, faults)
    faults.settle()
    built = _build(called, path, content, faults)
    faults.settle()
    return built


def _parse(path: Path, faults: Faults) -> dict[str, Any]:
    try:
        return toml_of(path, "a mapping that files runs (TOML)", "Mend that line, or check which file it is.")
    except UnknownFormat as error:
        faults.add(str(path), error.problem, advice=error.advice)
        return {}


def _build(name: str, path: Path | None, content: dict[str, Any], faults: Faults) -> FilingMapping:
    rules = {
        fact: tuple(
            _rule(f"[[{fact}]] rule {number}", name, path, fact, said, faults)
            for number, said in enumerate(content[fact], 1)
        )
        for fact in FACTS
        if fact in content
    }
    listed = content.get("products")
    if isinstance(listed, str):
        products: tuple[str, ...] | None = read_products(listed, path, faults)
    else:
        products = None if listed is None else tuple(listed)
    return FilingMapping(
        name=name,
        rules=OWN_RULES | rules,
        products=products,
        products_name=listed if isinstance(listed, str) else name,
        required=tuple(dict.fromkeys(("lot", *content.get("required", ())))),
    )


def _rule(where: str, name: str, path: Path | None, fact: str, said: dict[str, Any], faults: Faults) -> Rule:
    table = said.get("table")
    in_csv = isinstance(table, str)
    if isinstance(table, str):
        table = read_table(table, path, f"{where}, table", faults)
    rule = Rule(
        field=said.get("field"),
        pattern=pattern(said["pattern"], fact) if "pattern" in said else None,
        table=table,
        table_name=said["table"] if in_csv else "its table",
        case=said.get("case", "keep"),
        strip=said.get("strip", ""),
        default=said.get("default"),
        when=tuple((field, pattern(text)) for field, text in said.get("when", {}).items()),
    )
    _check_reachable(where, name, rule, faults)
    return rule


def _check_reachable(where: str, name: str, rule: Rule, faults: Faults) -> None:
    """A key of a table that no text can equal once it is stripped and its case is changed is a slip."""
    for key in rule.table or ():
        met = plain(key, rule)
        if met != key:
            problem = f'{where}, table: "{key}" is never met, since the text is made "{met}" before it is looked up.'
            faults.add(name, problem, advice=f'Write "{met}".')


def plain(text: str, rule: Rule) -> str:
    """A text as a rule looks it up: without blanks and what it strips, in its case."""
    stripped = text.strip(BLANKS + rule.strip)
    return {"upper": stripped.upper, "lower": stripped.lower}.get(rule.case, lambda: stripped)()
