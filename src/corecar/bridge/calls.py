"""What a verb is given: who calls, the store, the transaction, and how to report and be stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from corecar.bridge.access import Actor
from corecar.errors import ArgumentError, Cancelled
from corecar.store.catalogue import Catalogue
from corecar.store.objects import ObjectStore

Report = Callable[[int, int, str], None]
"""Told how much is done, how much there is in all (0: not known yet; IDLE: nothing is under way), and what is done."""
IDLE = -1
"""In the place of how much there is: the work waits, and the text is a sentence that says for what."""
Stopped = Callable[[], bool]
"""Whether somebody asked that the work stop."""
Work = Callable[[Report, Stopped, "int | None"], Any]
"""What a long verb does: told how to report, how to hear that it is to stop, and the number of its job."""


@dataclass(frozen=True)
class AtLeast:
    """Beside a parameter's type and help: the smallest number that it takes."""

    value: float


@dataclass(frozen=True)
class Store:
    """Where a workspace lies.

    catalogue  its facts; objects: its lake and its sources
    cluster    where work is fanned out to: an address, `processes:N`, `inline`; None for the default
    folder     the folder that was opened; None for a workspace that lies on servers alone
    """

    catalogue: Catalogue
    objects: ObjectStore
    cluster: str | None
    folder: Path | None


@dataclass(frozen=True)
class Call:
    """One call of a verb. `session` is its transaction; a verb of many transactions opens its own instead.

    job  number of the job as which it is done, the same for whoever goes on with it; None where it is none
    """

    actor: Actor
    store: Store
    now: datetime
    report: Report
    stopped: Stopped
    _session: Session | None = None
    job: int | None = None

    @property
    def session(self) -> Session:
        assert self._session is not None, "this verb opens its own transactions"
        return self._session

    def check_stopped(self) -> None:
        """Raises Cancelled when somebody asked that the work stop."""
        if self.stopped():
            raise Cancelled("stopped as asked. What was finished stays; the same command goes on from there.")

    @property
    def facts(self) -> dict[str, Any]:
        """By whom and whose: the columns of every fact that this call adds."""
        return {"by_id": self.actor.person_id, "owner_id": self.actor.party_id}


def in_session(call: Call, session: Session) -> Call:
    """The same call within a transaction that a long verb opened."""
    return replace(call, _session=session)


def moved(moment: datetime, name: str, **span: float) -> datetime:
    """A moment some time later, or earlier where the span is below 0.

    name    of the parameter that says how long; span: one of the spans that `timedelta` takes
    Raises  ArgumentError for a day that no calendar has
    """
    try:
        return moment + timedelta(**span)
    except (OverflowError, ValueError):
        value = abs(next(iter(span.values())))
        raise ArgumentError(f"{name}={value:g}: that day is in no calendar. Give less.") from None
