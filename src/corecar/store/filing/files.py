"""File one run: its facts by the rules of a mapping, and why it cannot be filed when it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from corecar.faults import meant
from corecar.plurals import plural
from corecar.store.filing.facts import COLUMNS, FACTS, test_pass_number, unfit
from corecar.store.filing.mapping import BLANKS, DEFAULT, FilingMapping, Rule, plain
from corecar.temperatures import temperature_c

FROM_MIR = (
    "lot", "sublot", "product", "test_program", "revision", "test_code", "mode_code", "retest_code", "temperature",
    "tester", "tester_type", "operator",
)  # fmt: skip
"""Columns of `runs` that the MIR gives. A run that has none of them has no MIR, or an empty one."""
TEXT_SHOWN = 80
"""Characters of a text that a sentence shows."""
NOTHING_GIVEN: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True)
class Filed:
    """Where a run belongs.

    facts    every one of `FACTS`; None where nothing gives it
    missing  facts that keep it from being filed: they are unknown, or what was found is not acceptable
    reasons  one sentence for each: why, and what to do
    """

    facts: dict[str, str | None]
    missing: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def filed(self) -> bool:
        """Whether the run has a place; else it waits in the to-do list."""
        return not self.missing


def file_run(
    row: Mapping[str, Any],
    path: str,
    mapping: FilingMapping = DEFAULT,
    *,
    given: Mapping[str, str | None] = NOTHING_GIVEN,
) -> Filed:
    """Where a run belongs, by the rules of a mapping. Pure: the same arguments give the same answer.

    row      columns of `runs` as the file's records give them (None where they do not)
    path     where the file lay; a workspace gives it whole, from the root. A backslash counts as a slash
    mapping  from `load_mapping`; by default what the file's own records say, and no customer
    given    facts that a person set right: they stand before every rule

    >>> file_run({"lot": "A530", "temperature": "25C"}, "in/a530.stdf").facts["temperature"]
    '25'
    >>> file_run({}, "in/a530.stdf").missing
    ('lot',)
    """
    texts = _texts(row, path)
    facts: dict[str, str | None] = {}
    missing: dict[str, str] = {}
    for fact in FACTS:
        value, passed_over = (given[fact], []) if fact in given else _first(mapping.rules.get(fact, ()), texts)
        facts[fact], problem = _spelled(fact, value, mapping)
        if problem is None and value is None and fact in mapping.required:
            problem = _none_given(fact) if fact in given else _why_none(fact, passed_over, row, mapping)
        if problem is not None:
            missing[fact] = f"{problem} {_advice(fact, mapping)}"
        if fact == "customer":
            texts["customer"] = facts["customer"] or ""
    return Filed(facts, tuple(missing), tuple(missing.values()))


def check_facts(facts: Mapping[str, str | None], mapping: FilingMapping = DEFAULT) -> Filed:
    """Where a run belongs by facts that a person gave: spelled as rules spell them, and held against the same lists.

    facts    of `FACTS`; one that is not given is unknown

    >>> check_facts({"lot": "A530", "temperature": "25C"}).facts["temperature"]
    '25'
    """
    told: dict[str, str | None] = {}
    missing: dict[str, str] = {}
    for fact in FACTS:
        value = (facts.get(fact) or "").strip() or None
        told[fact], problem = _spelled(fact, value, mapping)
        if problem is None and value is None and fact in mapping.required:
            problem = _none_given(fact)
        if problem is not None:
            missing[fact] = f"{problem} {_advice(fact, mapping)}"
    return Filed(told, tuple(missing), tuple(missing.values()))


def _texts(row: Mapping[str, Any], path: str) -> dict[str, str]:
    """Everything that a rule may look at, as texts without blanks around them; empty where there is nothing."""
    slashed = path.replace("\\", "/")
    folder, _, file = slashed.rpartition("/")
    columns = {name: row.get(name) for name in COLUMNS}
    texts = {name: "" if value is None else str(value).strip(BLANKS) for name, value in columns.items()}
    return texts | {"path": slashed, "file": file, "folder": folder, "customer": ""}


def _first(rules: tuple[Rule, ...], texts: dict[str, str]) -> tuple[str | None, list[str]]:
    """What the first rule that gives something gives, and why those before it gave nothing."""
    passed_over: list[str] = []
    for number, rule in enumerate(rules, 1):
        value, problem = _by_rule(rule, texts)
        if value:
            return value, passed_over
        passed_over.append(f"rule {number}: {problem}")
    return None, passed_over


def _by_rule(rule: Rule, texts: dict[str, str]) -> tuple[str | None, str]:
    """What a rule gives, or why it gives nothing."""
    for field, condition in rule.when:
        if condition.find(texts[field]) is None:
            return None, f"it is only for a {field} that matches {condition.written!r}"
    value, problem = _looked_up(rule, texts)
    return value or (rule.default or "").strip(BLANKS) or None, problem


def _looked_up(rule: Rule, texts: dict[str, str]) -> tuple[str | None, str]:
    """The text of the rule's field after pattern, case and table, or why there is none."""
    if rule.field is None:
        return None, "its default is empty"
    text = texts[rule.field]
    if not text:
        return None, f"{rule.field} is empty"
    if rule.pattern is not None:
        found = rule.pattern.find(text)
        if found is None:
            return None, f"{rule.field} {_shown(text)} does not match {rule.pattern.written!r}"
        text = found
    text = plain(text, rule)
    if not text:
        return None, f"nothing is left of {rule.field} {_shown(texts[rule.field])}"
    if rule.table is not None and text not in rule.table:
        return None, f"{_shown(text)} is not in {rule.table_name}"
    return (text if rule.table is None else rule.table[text].strip(BLANKS)), f"{_shown(text)} stands for nothing there"


def _spelled(fact: str, value: str | None, mapping: FilingMapping) -> tuple[str | None, str | None]:
    """A fact in its one spelling, and what is not acceptable about it."""
    if value is None:
        return None, None
    if fact == "temperature":
        value = temperature_c(value) or ""
    problem = unfit(fact, value)
    if problem is not None:
        return None, f"{fact.capitalize().replace('_', ' ')} {_shown(value)} can't be filed: {problem}."
    if fact == "test_pass":
        number = test_pass_number(value)
        return number, None if number else f"Test pass {_shown(value)} is no whole number from 1."
    if fact == "product" and mapping.products is not None and value not in mapping.products:
        count = plural(len(mapping.products), "known product")
        near = meant(value, mapping.products)
        return value, f"Product {_shown(value)} is not among the {count} of {mapping.products_name}. {near}".rstrip()
    return value, None


def _none_given(fact: str) -> str:
    return f"No {fact.replace('_', ' ')}: none was given."


def _why_none(fact: str, passed_over: list[str], row: Mapping[str, Any], mapping: FilingMapping) -> str:
    name = fact.replace("_", " ")
    if not any(row.get(column) for column in FROM_MIR):
        return f"No {name}: the file has no MIR, the record that names it, or an empty one{_by(passed_over, mapping)}."
    if mapping.rules.get(fact) == DEFAULT.rules[fact] and fact != "customer":
        return f"No {name}: the file's MIR leaves it empty."
    told = _by(passed_over, mapping) or f": {mapping.name or 'the mapping'} has no rule for it"
    return f"No {name}{told}."


def _by(passed_over: list[str], mapping: FilingMapping) -> str:
    return f" ({mapping.name}: {'; '.join(passed_over)})" if mapping.name and passed_over else ""


def _advice(fact: str, mapping: FilingMapping) -> str:
    option = fact.replace("_", "-")
    mend = f"Mend {mapping.name} and set it again, or correct it" if mapping.name else "Correct it"
    return f'{mend} with `corecar correct RUN --{option} ... --reason "..."`.'


def _shown(text: str) -> str:
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return f'"{text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 3] + "..."}"'
