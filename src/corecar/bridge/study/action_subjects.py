"""What an action is about, held against what the workspace holds: test, assembly characteristic, product."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from corecar.bridge.ask.questions import check_test
from corecar.bridge.assembly.measurements import visible_values
from corecar.bridge.calls import Call
from corecar.bridge.sharing import visible_lots
from corecar.errors import ArgumentError, NotFound, QuestionError
from corecar.faults import meant
from corecar.store.catalogue.improvement import AssemblyValue
from corecar.store.catalogue.models import Lot

NOUNS = {"reading": "test", "assembly": "characteristic"}
"""What the subject of a measure is; the other measures have none."""


def check_subject(call: Call, measure: str, subject: str | None, product: str | None) -> None:
    """That the subject fits the measure, and that subject and product are there to be compared.

    Raises  ArgumentError for a subject that is missing or that the measure has none of; NotFound, with what was meant
    """
    noun = NOUNS.get(measure)
    if noun is None and subject is not None:
        raise ArgumentError(f'subject="{subject}": measure "{measure}" compares whole lots. Leave --subject out.')
    if noun is not None and not (subject or "").strip():
        raise ArgumentError(f"subject: name the {noun} that is compared.")
    if product is not None:
        _there(product, _products(call), f'no lot or measurement of product "{product}" is here.')
    if measure == "assembly":
        _there(
            subject or "", _characteristics(call, product), f'no characteristic "{subject}" was measured{_of(product)}.'
        )
    if measure == "reading":
        try:
            check_test(call, subject or "", product)
        except QuestionError as error:
            raise NotFound(f"subject: {error}") from error


def _there(word: str, known: Iterable[str], problem: str) -> None:
    names = sorted(known)
    if word not in names:
        raise NotFound(f"{problem} {meant(word, names) or 'Nothing of the kind was taken in yet.'}")


def _of(product: str | None) -> str:
    return "" if product is None else f" of product {product}"


def _characteristics(call: Call, product: str | None) -> set[str]:
    asked = select(AssemblyValue.characteristic).where(visible_values(call)).distinct()
    return set(call.session.scalars(asked if product is None else asked.where(AssemblyValue.product == product)))


def _products(call: Call) -> set[str]:
    of_lots = select(Lot.product).where(visible_lots(call.actor)).distinct()
    of_values = select(AssemblyValue.product).where(visible_values(call)).distinct()
    return {name for asked in (of_lots, of_values) for name in call.session.scalars(asked) if name}
