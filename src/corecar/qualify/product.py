"""What is qualified, and the facts of it that decide which tests it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal, get_args

from corecar.errors import ArgumentError

Package = Literal["leaded", "leadless", "bga", "flip-chip-bga", "wafer-level", "cavity"]
Wire = Literal["gold", "copper", "silver", "none"]
Memory = Literal["none", "volatile", "nonvolatile"]
Grade = Literal[0, 1, 2, 3]
_PTC_POWER_W = 1.0
"""AEC-Q100 Rev H, Table 2: power temperature cycling from 1 W on."""
_PTC_RISE_C = 40.0
"""Likewise from a junction that is so much hotter than its surroundings."""
_SOFT_ERRORS_MBIT = 1.0
"""AEC-Q100 Rev H, Table 2: soft error rate of memories from 1 Mbit on."""
_OF_PACKAGE = {
    "leaded": {"plastic", "surface-mount", "leads"},
    "leadless": {"plastic", "surface-mount"},
    "bga": {"plastic", "surface-mount", "solder-balls"},
    "flip-chip-bga": {"plastic", "surface-mount", "solder-balls", "flip-chip"},
    "wafer-level": {"plastic", "surface-mount", "solder-balls"},
    "cavity": {"hermetic", "leads"},
}


@dataclass(frozen=True)
class Product:
    """A product as its qualification sees it.

    grade        temperature grade of AEC-Q100
    wire         what it is bonded with; `none` of flip chips
    modules      whether several chips or parts make a module (AEC-Q104)
    memory_mbit  [Mbit]
    power_w      [W]; rise_c: junction above its surroundings [K]
    inductive    whether it drives inductive loads
    smart_power  power stages with protection, which are tested by short circuits
    burned_in    whether every part is burned in
    die_mm       diagonal of the die [mm]; 0 where nobody told
    technology   the wafer fab's name of its process
    """

    name: str
    grade: int
    package: str
    wire: str
    modules: bool = False
    memory: str = "none"
    memory_mbit: float = 0.0
    power_w: float = 0.0
    rise_c: float = 0.0
    inductive: bool = False
    smart_power: bool = False
    mems: bool = False
    logic: bool = True
    lead_free: bool = True
    new_technology: bool = True
    burned_in: bool = False
    die_mm: float = 0.0
    technology: str = ""

    def __post_init__(self) -> None:
        _one_of(self.package, get_args(Package), "package")
        _one_of(self.wire, get_args(Wire), "wire")
        _one_of(self.memory, get_args(Memory), "memory")
        if self.grade not in get_args(Grade):
            raise ArgumentError(f"grade={self.grade}: AEC-Q100 has the grades 0 to 3.")
        for name in ("memory_mbit", "power_w", "rise_c", "die_mm"):
            if not 0 <= getattr(self, name) < 1e9:
                raise ArgumentError(f"{name}={getattr(self, name)}: a number from 0 up was expected.")


def described(name: str, grade: int, package: str, wire: str, told: Iterable[str] = ()) -> Product:
    """A product from texts such as `memory=nonvolatile`, `power_w=2`, `mems`, `lead_free=no`.

    Raises  ArgumentError for a fact that there is none of, and for a value that it does not take

    >>> described("P", 1, "bga", "none", ["power_w=2", "mems", "logic=no"]).power_w
    2.0
    """
    known = {one.name: one.type for one in fields(Product)[4:]}
    values: dict[str, object] = {}
    for text in told:
        fact, _, value = text.partition("=")
        fact, value = fact.strip().replace("-", "_"), value.strip()
        if fact not in known:
            raise ArgumentError(f'fact: "{text}" is none. There are: {", ".join(known)}.')
        values[fact] = _value(text, str(known[fact]), value)
    return Product(name, grade, package, wire, **values)  # type: ignore[arg-type]


def _value(text: str, kind: str, value: str) -> object:
    if kind == "bool":
        if value.casefold() not in ("", "yes", "no", "true", "false"):
            raise ArgumentError(f'fact: "{text}": yes or no was expected.')
        return value.casefold() in ("", "yes", "true")
    if kind == "float":
        try:
            return float(value)
        except ValueError:
            raise ArgumentError(f'fact: "{text}": a number was expected.') from None
    return value


def facts(product: Product) -> frozenset[str]:
    """The words that the columns `applies` and `fact` of the tables of standards are written in.

    >>> sorted(facts(Product("P", 1, "cavity", "gold", power_w=2, logic=False, new_technology=False)))
    ['hermetic', 'lead-free', 'leads', 'not-burned-in', 'ptc', 'wire']
    """
    ptc = product.power_w >= _PTC_POWER_W or product.rise_c >= _PTC_RISE_C or product.inductive
    said = {
        "wire": product.wire != "none",
        "copper": product.wire == "copper",
        "module": product.modules,
        "nvm": product.memory == "nonvolatile",
        "memory-1mbit": product.memory != "none" and product.memory_mbit >= _SOFT_ERRORS_MBIT,
        "ptc": ptc,
        "smart-power": product.smart_power,
        "mems": product.mems,
        "logic": product.logic,
        "lead-free": product.lead_free,
        "new-technology": product.new_technology,
        "not-burned-in": not product.burned_in,
    }
    return frozenset(_OF_PACKAGE[product.package] | {fact for fact, holds in said.items() if holds})


def _one_of(value: str, known: tuple[str, ...], what: str) -> None:
    if value not in known:
        raise ArgumentError(f"{what}={value}: there are {', '.join(known)}.")
