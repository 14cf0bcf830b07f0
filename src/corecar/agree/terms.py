"""The terms of a memorandum as a machine reads them: what its parties sign, and what a plan is held against.

`terms_in` reads them from JSON and tells everything that does not fit at once; `terms_json` writes the one sequence of
bytes that `terms_hash` is of. The JSON schema stands beside this module as `memorandum.schema.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from corecar.agree.canonical import canonical_json, sha256_of
from corecar.agree.fields import (
    COUNTRY,
    HASH,
    MONTH,
    NAME,
    NUMBER,
    VERSION,
    WEEK,
    day,
    json_of,
    number,
    part,
    rows,
    schema_of,
    text,
    whole,
)
from corecar.agree.reading import FieldFaults, json_in, read_document
from corecar.agree.sound_terms import doubt_terms
from corecar.chain.words import ALL_STAGES, CAPACITY_UNITS

FORM = "corecar-memorandum-1"
"""What the field `form` says: by which rules the rest is read."""
SCHEMA_ID = "urn:corecar:memorandum:1"
SCHEMA_FILE = "memorandum.schema.json"

KINDS = ("product", "service", "research", "capacity")
SUPPLIER, CUSTOMER = "supplier", "customer"
ROLES = (SUPPLIER, CUSTOMER, "processor", "laboratory", "researcher", "partner", "coordinator")
RULES = ("proportional", "priority", "max_min_fill", "max_min_quantity", "fixed-share")
"""Who gets what in a shortage: four rules of a plan, and a part of what there is."""
TRACES = ("die", "unit", "reel", "lot")
"""How closely a part can be traced, the closest first."""
CONFIDENTIAL = ("public", "parties", "named-people")
LANGUAGES = ("en", "zh", "en+zh", "zh+en")
"""Of the text; of two the first prevails."""
AMENDS, RENEWS = "amends", "renews"


@dataclass(frozen=True)
class Subject:
    """What a memorandum is about."""

    title: str = text("in one line", required=True)
    title_zh: str = text("the same in Chinese")
    description: str = text("in a few sentences")
    description_zh: str = text("the same in Chinese")
    product: str = text("the product, by its name in the chain's tables", check=NAME)
    stage: str = text("a service at this stage; left out: the product itself", choices=ALL_STAGES)
    group: str = text("the capacity group, by its name in the chain's tables", check=NAME)
    offer: str = text("the offer that it comes from", check=NAME)
    need: str = text("the need that it answers", check=NAME)


@dataclass(frozen=True)
class Signatory:
    """A party of a memorandum: what it is in it, and what it gets from it."""

    party: str = text("its short name in the chain's tables", required=True, check=NAME)
    name: str = text("its full name", required=True)
    role: str = text("what it is in this memorandum", required=True, choices=ROLES)
    benefit: str = text("what it gets from it", required=True)
    benefit_zh: str = text("the same in Chinese")
    bpnl: str = text("business partner number", check=(r"BPNL[0-9A-Za-z]{12}", "a BPNL and twelve characters"))
    country: str = text("ISO 3166 code of two letters", check=COUNTRY)
    address: str = text("its seat")
    represented_by: str = text("who signs for it")
    contact: str = text("whom to write to")


@dataclass(frozen=True)
class Period:
    """What is agreed of one week or month."""

    period: str = text("ISO week or month", required=True, check=(f"{WEEK[0]}|{MONTH[0]}", f"{WEEK[1]}, or {MONTH[1]}"))
    agreed: float = number("capacity that the supplier keeps for the customer", "unit of the volume", least=0,
                           required=True)  # fmt: skip
    minimum: float | None = number("that the customer calls off at least", "unit of the volume", least=0)
    maximum: float | None = number("that the customer may call off at most; left out: what is agreed",
                                   "unit of the volume", least=0)  # fmt: skip


@dataclass(frozen=True)
class Band:
    """How far a call-off may change, by how many weeks it lies ahead of delivery."""

    from_weeks: int = whole("weeks ahead of delivery, first", "week", least=0, most=520, required=True)
    until_weeks: int | None = whole("weeks ahead of delivery, last; left out: open", "week", least=0, most=520)
    up: float = number("rise above what is agreed that the supplier has to follow, as a part of it", least=0, most=100,
                       required=True)  # fmt: skip
    down: float = number("fall below what is agreed that the customer may make, as a part of it", least=0, most=1,
                         required=True)  # fmt: skip


@dataclass(frozen=True)
class Volume:
    """What one party keeps for another, week by week or month by month, and how far call-offs may move."""

    supplier: str = text("the party that delivers", required=True, check=NAME)
    customer: str = text("the party that calls off", required=True, check=NAME)
    product: str = text("of which product; left out: of the subject", check=NAME)
    group: str = text("of which capacity group; left out: of the subject", check=NAME)
    unit: str = text("of the quantities", required=True, choices=CAPACITY_UNITS)
    periods: tuple[Period, ...] = rows("weeks or months, the earliest first; months are spread over the weeks whose "
                                       "Thursday lies in them", Period, fewest=1)  # fmt: skip
    bands: tuple[Band, ...] = rows("flexibility by horizon, the nearest first", Band)


@dataclass(frozen=True)
class Shortage:
    """Who gets what where there is too little."""

    rule: str = text("proportional to demand, by class, the least share or quantity first, or a fixed part",
                     required=True, choices=RULES)  # fmt: skip
    priority: int | None = whole("the customer's class, 1 is served first", least=1, most=9)
    share: float | None = number("the part of what there is", least=0, most=1)
    note: str = text("anything else")


@dataclass(frozen=True)
class Quality:
    """Of what quality is what is delivered."""

    grade: int | None = whole("AEC-Q100 grade, or better", least=0, most=3)
    screens: tuple[str, ...] = rows("screens that every lot passes, such as dynamic-pat")
    ppm_most: float | None = number("defects at the customer at most", "ppm", least=0, most=1_000_000)
    ppap_level: int | None = whole("level of production part approval", least=1, most=5)
    trace: str = text("how closely a part can be traced", choices=TRACES)
    certificates: tuple[str, ...] = rows("held by the site, such as IATF 16949")
    note: str = text("anything else")


@dataclass(frozen=True)
class Times:
    """How fast parties deliver and answer."""

    delivery_weeks: float | None = number("from call-off to delivery at most", "week", least=0, most=520)
    answer_days: float | None = number("until a request or call-off is answered, at most", "day", least=0, most=3650)
    incident_hours: float | None = number("until an incident is told to the others, at most", "hour", least=0,
                                          most=8760)  # fmt: skip
    notice_days: float | None = number("from giving notice to the end", "day", least=0, most=3650)


@dataclass(frozen=True)
class Secrecy:
    """Who may know."""

    level: str = text("who may know of it", required=True, choices=CONFIDENTIAL)
    years: float | None = number("how long after its end", "year", least=0, most=100)
    note: str = text("anything else")


@dataclass(frozen=True)
class Clause:
    """A clause of the text, out of a library that keeps its versions."""

    clause: str = text("its name in the library", required=True, check=NUMBER)
    version: str = text("the version that was used", required=True, check=VERSION)
    sha256: str = text("of its text, as it was used", check=HASH)


@dataclass(frozen=True)
class Earlier:
    """The memorandum that this one changes or follows."""

    how: str = text("changes it, or follows it", required=True, choices=(AMENDS, RENEWS))
    number: str = text("its number", required=True, check=NUMBER)
    terms_sha256: str = text("hash of its terms", required=True, check=HASH)
    first: str = text("number of the first of the chain", required=True, check=NUMBER)


@dataclass(frozen=True)
class Terms:
    """The terms of a memorandum (Corecar, form 1)."""

    form: str = text("by which rules the rest is read", required=True, choices=(FORM,))
    number: str = text("the memorandum's number, which no other has", required=True, check=NUMBER)
    kind: str = text("of what the subject is", required=True, choices=KINDS)
    subject: Subject = part("what it is about", Subject, required=True)
    parties: tuple[Signatory, ...] = rows("who signs", Signatory, fewest=2)
    valid_from: date = day("first day", required=True)
    valid_until: date = day("last day", required=True)
    volumes: tuple[Volume, ...] = rows("agreed capacity and call-offs", Volume)
    shortage: Shortage | None = part("who gets what where there is too little", Shortage)
    quality: Quality | None = part("of what quality", Quality)
    times: Times | None = part("how fast parties deliver and answer", Times)
    secrecy: Secrecy | None = part("who may know", Secrecy)
    law: str = text("the law that it is under, such as that of the People's Republic of China")
    language: str = text("of the text: en, zh, or both, the prevailing one first", required=True, choices=LANGUAGES)
    clauses: tuple[Clause, ...] = rows("clauses of the text, in its order", Clause)
    earlier: Earlier | None = part("the memorandum that it changes or follows", Earlier)
    note: str = text("anything else")

    def party(self, name: str) -> Signatory | None:
        """A party by its short name."""
        return next((each for each in self.parties if each.party == name), None)


def terms_in(content: bytes | str | dict[str, Any], source: str = "terms") -> Terms:
    """The terms in a JSON text, or in the value of one.

    source  what the document is called in errors
    Raises  MappingError with every field that does not fit, and every pair of fields that contradict each other

    >>> terms_in("{}")
    Traceback (most recent call last):
    ...
    corecar.errors.MappingError: 8 places do not fit:
    terms: form: is missing: by which rules the rest is read.
    terms: number: is missing: the memorandum's number, which no other has.
    terms: kind: is missing: of what the subject is.
    terms: subject: is missing: what it is about.
    terms: parties: is missing: who signs.
    terms: valid_from: is missing: first day.
    terms: valid_until: is missing: last day.
    terms: language: is missing: of the text: en, zh, or both, the prevailing one first.
    """
    faults = FieldFaults(source)
    value = content if isinstance(content, dict) else json_in(content, source)
    found: Terms | None = read_document(Terms, value, faults)
    if found is not None:
        doubt_terms(found, faults)
    faults.settle()
    assert found is not None
    return found


def terms_value(terms: Terms) -> dict[str, Any]:
    """Terms as JSON takes them; what is empty is left out."""
    return json_of(terms)


def terms_json(terms: Terms) -> bytes:
    """Terms as the one sequence of bytes that stands for them (RFC 8785): the attachment of a signed text."""
    return canonical_json(terms_value(terms))


def terms_hash(terms: Terms) -> str:
    """The SHA-256 of `terms_json`, which every party signs."""
    return sha256_of(terms_json(terms))


def terms_schema() -> dict[str, Any]:
    """The JSON schema of terms, made from their fields."""
    return schema_of(Terms, SCHEMA_ID)


def published_schema() -> bytes:
    """The JSON schema as it is published with the package."""
    return files("corecar.agree").joinpath(SCHEMA_FILE).read_bytes()
