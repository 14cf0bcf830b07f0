"""What is filled into clauses: the fields of terms, in words of a language."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from io import StringIO

from corecar.agree.terms import Terms, terms_hash


@cache
def _words() -> dict[str, tuple[str, str]]:
    content = files("corecar.agree").joinpath("text_words.csv").read_text(encoding="utf-8")
    return {row["word"]: (row["en"], row["zh"]) for row in csv.DictReader(StringIO(content))}


def word(name: str, language: str) -> str:
    """A word of the text in a language; a name that is no word of it stays as it is."""
    english, chinese = _words().get(name, (name, name))
    return chinese if language == "zh" else english


def languages_of(terms: Terms) -> tuple[str, ...]:
    """The languages of the text, the prevailing one first."""
    return tuple(terms.language.split("+"))


def values_of(terms: Terms, language: str) -> dict[str, str]:
    """What may be filled into a clause, by name; empty where the terms say nothing."""
    return {
        "number": terms.number,
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
        "law": terms.law,
        "note": terms.note,
        "terms_sha256": terms_hash(terms),
        "prevailing": word(f"lang_{languages_of(terms)[0]}", language) if len(languages_of(terms)) > 1 else "",
        **_of_subject(terms, language),
        **_of_shortage(terms, language),
        **_of_quality(terms, language),
        **_of_times(terms),
        **_of_secrecy(terms, language),
        **_of_earlier(terms, language),
    }


def _of_subject(terms: Terms, language: str) -> dict[str, str]:
    subject = terms.subject
    return {
        "title": subject.title,
        "title_zh": subject.title_zh or subject.title,
        "description": subject.description,
        "description_zh": subject.description_zh or subject.description,
        "product": subject.product,
        "stage": subject.stage,
        "group": subject.group,
    }


def _of_shortage(terms: Terms, language: str) -> dict[str, str]:
    found = terms.shortage
    if found is None:
        return {}
    rule = "rule_priority" if found.rule == "priority" else found.rule
    share = "" if found.share is None else f"{amount(found.share * 100)} %"
    return {
        "shortage_rule": word(rule, language),
        "shortage_priority": amount(found.priority),
        "shortage_share": share,
        "shortage_note": found.note,
    }


def _of_quality(terms: Terms, language: str) -> dict[str, str]:
    found = terms.quality
    if found is None:
        return {}
    return {
        "grade": amount(found.grade),
        "screens": _listed(found.screens, language),
        "ppm_most": amount(found.ppm_most),
        "ppap_level": amount(found.ppap_level),
        "trace": word(found.trace, language) if found.trace else "",
        "certificates": _listed(found.certificates, language),
        "quality_note": found.note,
    }


def _of_times(terms: Terms) -> dict[str, str]:
    found = terms.times
    names = ("delivery_weeks", "answer_days", "incident_hours", "notice_days")
    return {} if found is None else {name: amount(getattr(found, name)) for name in names}


def _of_secrecy(terms: Terms, language: str) -> dict[str, str]:
    found = terms.secrecy
    if found is None:
        return {}
    level = "known_parties" if found.level == "parties" else found.level
    return {
        "secrecy_level": word(level, language),
        "secrecy_years": amount(found.years),
        "secrecy_note": found.note,
    }


def _of_earlier(terms: Terms, language: str) -> dict[str, str]:
    found = terms.earlier
    if found is None:
        return {}
    return {
        "earlier_how": word(found.how, language),
        "earlier_number": found.number,
        "earlier_first": found.first,
    }


def amount(value: float | None) -> str:
    """A number as a text prints it; empty without one.

    >>> amount(1200), amount(0.25), amount(None)
    ('1,200', '0.25', '')
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{round(value, 9):,}"


def _listed(texts: Iterable[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(texts)
