"""What a filing mapping may say, and the check that names everything it says wrongly."""

from __future__ import annotations

from typing import Any

from corecar.faults import Faults, meant
from corecar.store.filing.facts import FACTS, FIELDS
from corecar.store.filing.patterns import BadPattern, pattern

SETTINGS = ("products", "required")
CASES = ("keep", "upper", "lower")
RULE_KEYS = {
    "field": "a text", "pattern": "a text", "table": 'a table { from = "to" } or the name of a CSV beside the mapping',
    "case": "a text", "strip": "a text", "default": "a text", "when": 'a table { field = "pattern" }',
}  # fmt: skip
"""Key of a rule and what is expected there."""


def check(name: str, content: dict[str, Any], faults: Faults) -> None:
    """Note every key that is unknown or of a wrong kind."""
    for key, value in content.items():
        if key in FACTS:
            _check_rules(name, key, value, faults)
        elif key not in SETTINGS:
            faults.add(name, f"{key}: no fact of a run and no setting.", advice=meant(key, (*FACTS, *SETTINGS)))
    products = content.get("products", "")
    if not isinstance(products, str) and not _texts(products):
        faults.add(name, f"products: expected a list of texts or the name of a CSV, got {products!r}.")
    _check_required(name, content.get("required", []), faults)


def _check_required(name: str, required: Any, faults: Faults) -> None:
    if not _texts(required):
        faults.add(name, f"required: expected a list of facts, got {required!r}.")
        return
    for fact in required:
        if fact not in FACTS:
            faults.add(name, f'required: "{fact}" is no fact of a run.', advice=meant(fact, FACTS))


def _check_rules(name: str, fact: str, rules: Any, faults: Faults) -> None:
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        faults.add(name, f"{fact}: expected rules, each begun by [[{fact}]], got {rules!r}.")
        return
    for number, rule in enumerate(rules, 1):
        _check_rule(name, f"[[{fact}]] rule {number}", fact, rule, faults)


def _check_rule(name: str, where: str, fact: str, rule: dict[str, Any], faults: Faults) -> None:
    before = len(faults)
    for key, value in rule.items():
        if key not in RULE_KEYS:
            faults.add(name, f"{where}, {key}: no such key.", advice=meant(key, RULE_KEYS))
        elif not _of_kind(key, value):
            faults.add(name, f"{where}, {key}: expected {RULE_KEYS[key]}, got {value!r}.")
    if len(faults) > before:
        return
    if "field" not in rule:
        _check_constant(name, where, rule, faults)
    else:
        _check_field(name, f"{where}, field", rule["field"], fact, faults)
    if rule.get("case", "keep") not in CASES:
        faults.add(name, f"{where}, case: expected {', '.join(map(repr, CASES))}, got {rule['case']!r}.")
    if "pattern" in rule:
        _check_pattern(name, f"{where}, pattern", rule["pattern"], faults)
    for field, text in rule.get("when", {}).items():
        _check_field(name, f"{where}, when", field, fact, faults)
        _check_pattern(name, f"{where}, when {field}", text, faults)


def _check_constant(name: str, where: str, rule: dict[str, Any], faults: Faults) -> None:
    """A rule without a field is a constant, so all the rest of it makes no sense."""
    if "default" not in rule:
        advice = 'Say field = "path", or default = "..." for a constant.'
        faults.add(name, f"{where}: it has neither a field nor a default, so it gives nothing.", advice=advice)
    idle = [key for key in rule if key not in ("default", "when")]
    if idle:
        faults.add(name, f"{where}, {idle[0]}: there is no field that it could work on.", advice='Say field = "path".')


def _check_field(name: str, where: str, field: str, fact: str, faults: Faults) -> None:
    known = [one for one in FIELDS if (one, fact) != ("customer", "customer")]
    if field not in known:
        faults.add(name, f'{where}: "{field}" is nothing that a rule can look at.', advice=meant(field, known))


def _check_pattern(name: str, where: str, text: str, faults: Faults) -> None:
    try:
        pattern(text)
    except BadPattern as fault:
        faults.add(name, f"{where}: {fault}, in {text!r}.", advice="The syntax is that of RE2.")


def _of_kind(key: str, value: Any) -> bool:
    if key == "table":
        return isinstance(value, str) or _table(value)
    return _table(value) if key == "when" else isinstance(value, str)


def _table(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(text, str) for text in value.values())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
