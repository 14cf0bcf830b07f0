"""Hard requirements: what an offer must show before it is held against a need at all, one row each.

A requirement is judged over whole arrays of rows of needs and offers. What a need asks and an offer does not say is
`UNKNOWN`: the pair stays, and the open question is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.chain.rows import written
from corecar.chain.weeks import week_name
from corecar.match.booked import taken_off
from corecar.match.sides import Floats, Side, is_said
from corecar.standards import value

MET, UNKNOWN, MISSED = np.int8(0), np.int8(1), np.int8(2)
States = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]
EXACT_OF = ("chip", "research")
"""Kinds of which one thing is offered, so that it must lie within what the need takes; of the others a range of work
is offered, which must cover what the need brings."""


TECHNICAL: dict[str, tuple[str, ...]] = {
    "grade": ("grade",), "package": ("package_family",), "pins": ("pins_least", "pins_most"),
    "node": ("node_least_nm", "node_most_nm"), "voltage": ("voltage_least_v", "voltage_most_v"),
    "interfaces": ("interfaces",), "temperature": ("temperature_least_c", "temperature_most_c"),
    "certificates": ("certificates",),
}  # fmt: skip
"""Technical requirements, the first of all, and the columns of which a need asks one by filling it in."""


def asked(needs: Side) -> npt.NDArray[np.bool_]:
    """Which technical requirements each need has, bool of shape (requirements, needs)."""

    def said(column: str) -> npt.NDArray[np.bool_]:
        if column in needs.words:
            return is_said(needs.words[column])
        if column in needs.bits:
            return np.asarray(needs.bits[column].any(axis=1))
        return ~np.isnan(needs.numbers[column])

    return np.stack([np.logical_or.reduce([said(column) for column in columns]) for columns in TECHNICAL.values()])


@dataclass(frozen=True)
class Terms:
    """What holds for all pairs.

    day          days since 1970 on which an offer must stand
    least_share  part of the needed quantity from which an offer counts
    """

    day: int
    least_share: float


NOTHING = "nothing"
"""What an offer says that gives no quantity."""


@dataclass(frozen=True)
class Judged:
    """What one requirement says of pairs: int8 states and float64 misses, each of the pairs' shape.

    miss  how far off, 0 where it is met and about 1 where it is wholly different; for finding the nearest
    """

    state: States
    miss: Floats


Judge = Callable[[Side, Side, Rows, Rows, Terms], Judged]
Tell = Callable[[Side, Side, int, int, Terms], tuple[str, str]]


@dataclass(frozen=True)
class Requirement:
    """One requirement.

    judge   states of pairs, whose rows broadcast against each other
    tell    of one pair: what is offered, what is needed
    remedy  what would mend a miss; its duration stands in the standard "Matching"
    apart   what is asked where the offer says something that cannot be held against the need
    """

    name: str
    judge: Judge
    tell: Tell
    remedy: str = ""
    apart: str = ""

    def reason(self, needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> str:
        """Why a pair is refused, and what a remedy would take."""
        offered, needed = self.tell(needs, offers, need, offer, terms)
        said = f"{offered} offered, {needed} needed" if needed else offered
        if not self.remedy:
            return said
        weeks = value("Matching", self.name, "remedy_weeks")
        return f"{said}; {self.remedy} would take {weeks} weeks (template, to be confirmed)"

    def question(self, needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> str:
        """What is to be asked where the offer does not say."""
        offered, needed = self.tell(needs, offers, need, offer, terms)
        says = f"{offered} offered: {self.apart}" if self.apart and offered != NOTHING else "the offer does not say"
        return f"{self.name}: {needed} needed, {says}"


def _judged(asked: Any, unknown: Any, missed: Any, miss: Any) -> Judged:
    missed = asked & missed
    state = np.where(missed, MISSED, np.where(asked & unknown, UNKNOWN, MET)).astype(np.int8)
    return Judged(state, np.where(missed, miss, 0.0))


def _grade(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Judged:
    """An offered grade serves a need of the same or a higher number (AEC-Q100)."""
    wanted, given = needs.numbers["grade"][n], offers.numbers["grade"][o]
    return _judged(~np.isnan(wanted), np.isnan(given), given > wanted, (given - wanted) / 3)


def _tell_grade(needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> tuple[str, str]:
    return tuple(f"grade {side.numbers['grade'][row]:g}" for side, row in ((offers, offer), (needs, need)))  # type: ignore[return-value]


def _package(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Judged:
    wanted, given = needs.words["package_family"][n], offers.words["package_family"][o]
    return _judged(is_said(wanted), ~is_said(given), is_said(given) & (given != wanted), 1.0)


def _tell_package(needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> tuple[str, str]:
    return offers.word("package_family", offer), needs.word("package_family", need)


def _shortfall(asked: Floats, given: Floats) -> Floats:
    """By how much something falls short, as a part of what is asked, at most 1."""
    with np.errstate(invalid="ignore"):
        return np.minimum(1.0, np.abs(asked - given) / np.maximum(np.abs(asked), 1.0))


def _range(least: str, most: str, *, exact: bool) -> Judge:
    """The judge of a range.

    exact  of kinds in `EXACT_OF` what is offered has to lie in the needed range, be it in part; else it has to cover it
    """

    def judge(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Judged:
        low, high = needs.numbers[least][n], needs.numbers[most][n]
        from_, to = offers.numbers[least][o], offers.numbers[most][o]
        covering = _covering(low, high, from_, to)
        if not exact:
            return covering
        kinds = [needs.vocabulary.code("kind", kind) for kind in EXACT_OF]
        one = np.isin(needs.words["kind"][n], kinds)
        lying = _lying(low, high, from_, to)
        return Judged(np.where(one, lying.state, covering.state), np.where(one, lying.miss, covering.miss))

    return judge


def _covering(low: Floats, high: Floats, from_: Floats, to: Floats) -> Judged:
    below = _judged(~np.isnan(low), np.isnan(from_), from_ > low, _shortfall(low, from_))
    above = _judged(~np.isnan(high), np.isnan(to), to < high, _shortfall(high, to))
    return Judged(np.maximum(below.state, above.state), np.maximum(below.miss, above.miss))


def _lying(low: Floats, high: Floats, from_: Floats, to: Floats) -> Judged:
    asked = ~(np.isnan(low) & np.isnan(high))
    under, over = to < low, from_ > high
    bottom, top = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    shown = ((from_ >= bottom) & (from_ <= top)) | ((to >= bottom) & (to <= top)) | ((from_ <= bottom) & (to >= top))
    miss = np.where(under, _shortfall(low, to), _shortfall(high, from_))
    return _judged(asked, ~shown, under | over, miss)


def _tell_range(least: str, most: str, unit: str) -> Tell:
    def tell(needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> tuple[str, str]:
        said = [
            _span(float(side.numbers[least][row]), float(side.numbers[most][row]), unit)
            for side, row in ((offers, offer), (needs, need))
        ]
        by_grade = offers.derived.get(most)
        if most == "temperature_most_c" and by_grade is not None and by_grade[offer]:
            said[0] += f" by grade {offers.numbers['grade'][offer]:g}"
        return said[0], said[1]

    return tell


def _span(low: float, high: float, unit: str) -> str:
    """A range as a person writes it.

    >>> _span(-40, 125, "C"), _span(100, 100, "pins"), _span(float("nan"), 5.5, "V")
    ('-40 to 125 C', '100 pins', 'up to 5.5 V')
    """
    if np.isnan(low) or np.isnan(high):
        return f"up to {high:g} {unit}" if np.isnan(low) else f"from {low:g} {unit}"
    return f"{low:g} {unit}" if low == high else f"{low:g} to {high:g} {unit}"


def _set(column: str) -> Judge:
    """The judge of a list: each word that is needed has to be among those that are offered."""

    def judge(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Judged:
        wanted, given = needs.bits[column], offers.bits[column]
        total = np.bitwise_count(wanted).sum(axis=1)[n]
        silent = ((given != 0).sum(axis=1) == 0)[o]
        absent = np.zeros(np.broadcast_shapes(n.shape, o.shape), np.int64)
        for word in range(wanted.shape[1]):
            absent = absent + np.bitwise_count(wanted[:, word][n] & ~given[:, word][o])
        return _judged(total > 0, silent, ~silent & (absent > 0), absent / np.maximum(total, 1))

    return judge


def _tell_set(column: str) -> Tell:
    def tell(needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> tuple[str, str]:
        given = needs.vocabulary.held(column, offers.bits[column][offer])
        lacking = needs.vocabulary.held(column, needs.bits[column][need] & ~offers.bits[column][offer])
        return ", ".join(given), ", ".join(lacking)

    return tell


def share_of(needs: Side, offers: Side, n: Rows, o: Rows) -> Floats:
    """Offered by needed quantity of pairs, less what is booked; NaN where nobody can tell, as hours against pieces."""
    same = needs.words["unit"][n] == offers.words["unit"][o]
    wanted = np.where(same, needs.numbers["quantity"][n], needs.pieces[n])
    given = np.where(same, offers.numbers["quantity"][o], offers.pieces[o])
    if offers.booked:
        given = given * left_of(needs, offers, n, o)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(wanted > 0, given / wanted, np.nan)


def left_of(needs: Side, offers: Side, n: Rows, o: Rows) -> Floats:
    """The part of an offer's quantity that is not booked in the weeks of a need, 0 to 1; 1 without a quantity."""
    quantity = offers.numbers["quantity"][o]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1.0 - taken_off(needs, offers, n, o) / quantity
    return np.where(quantity > 0, np.clip(share, 0.0, 1.0), 1.0)


def _volume(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Judged:
    share = share_of(needs, offers, n, o)
    gone = left_of(needs, offers, n, o) <= 0 if offers.booked else np.zeros(share.shape, bool)
    return _judged(
        (needs.numbers["quantity"][n] > 0) | gone, np.isnan(share), (share < terms.least_share) | gone,
        np.where(gone, 1.0, 1 - share),
    )  # fmt: skip


def _tell_volume(needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> tuple[str, str]:
    def said(side: Side, row: int) -> str:
        amount = side.numbers["quantity"][row]
        return NOTHING if np.isnan(amount) else f"{amount:,.10g} {side.word('unit', row)}s a week"

    given, wanted = said(offers, offer), said(needs, need)
    booked = float(taken_off(needs, offers, np.array([need]), np.array([offer]))[0])
    given += f" ({booked:,.10g} of them booked by then)" if booked else ""
    return given, "" if wanted == NOTHING else f"{wanted} ({terms.least_share:.0%} of it at least)"


def _dates(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Judged:
    """In time for the first week that is needed, until the last one; and the offer itself still stands."""
    first, last = needs.numbers["from_week"][n], needs.numbers["until_week"][n]
    from_, to, stands = (offers.numbers[name][o] for name in ("from_week", "until_week", "valid_until"))
    end = np.where(np.isnan(last), np.where(np.isnan(first), terms.day - 6, first), last)
    late = np.fmax(from_ - np.where(np.isnan(first), last, first), 0)
    early, over = np.fmax(end - to, 0), np.fmax(terms.day - stands, 0)
    off = np.maximum(np.maximum(late, early), over)
    asked = ~np.isnan(first)
    return _judged(asked | (off > 0), np.isnan(from_), off > 0, np.minimum(off / 364, 1.0))


def _tell_dates(needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> tuple[str, str]:
    stands = offers.numbers["valid_until"][offer]
    if stands < terms.day:
        return f"the offer stood until {written(_day(stands), 'date')}", ""
    said = [
        _weeks(side.numbers["from_week"][row], side.numbers["until_week"][row])
        for side, row in ((offers, offer), (needs, need))
    ]
    return said[0], said[1] if said[1] != "any week" else f"from {week_name(_day(terms.day))}"


def _weeks(first: float, last: float) -> str:
    if np.isnan(first) and np.isnan(last):
        return "any week"
    until = "" if np.isnan(last) else week_name(_day(last))
    if np.isnan(first):
        return f"until {until}"
    return f"{week_name(_day(first))} to {until}" if until else f"from {week_name(_day(first))}"


def _day(value: float) -> Any:
    return np.datetime64(int(value), "D").astype(object)


def _party(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Judged:
    same = needs.words["party"][n] == offers.words["party"][o]
    return _judged(same, False, same, 1.0)


def _tell_party(needs: Side, offers: Side, need: int, offer: int, terms: Terms) -> tuple[str, str]:
    return f"{offers.word('party', offer)} offers and needs it itself", ""


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement("grade", _grade, _tell_grade, "re-qualification"),
    Requirement("package", _package, _tell_package, "qualifying the package"),
    Requirement("pins", _range("pins_least", "pins_most", exact=True), _tell_range("pins_least", "pins_most", "pins"),
                "tooling for the pin count"),
    Requirement("node", _range("node_least_nm", "node_most_nm", exact=True),
                _tell_range("node_least_nm", "node_most_nm", "nm"), "a port to the node"),
    Requirement("voltage", _range("voltage_least_v", "voltage_most_v", exact=False),
                _tell_range("voltage_least_v", "voltage_most_v", "V"), "characterisation over the voltage"),
    Requirement("interfaces", _set("interfaces"), _tell_set("interfaces"), "a design with the interface"),
    Requirement("temperature", _range("temperature_least_c", "temperature_most_c", exact=False),
                _tell_range("temperature_least_c", "temperature_most_c", "C"), "qualification over the temperature"),
    Requirement("certificates", _set("certificates"), _tell_set("certificates"), "certification"),
    Requirement(
        "volume", _volume, _tell_volume, "an expansion", "the one cannot be counted in the unit of the other"
    ),
    Requirement("date", _dates, _tell_dates),
    Requirement("party", _party, _tell_party),
)  # fmt: skip
"""In the order in which they are judged; those that refuse most pairs come first."""
