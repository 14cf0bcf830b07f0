"""Work in process, cycle time and X-factor of each cell: lots that come, wait for a machine, and are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from corecar.plan.expansion.cells import SHIFT, Cell, Run
from corecar.plan.expansion.queueing import joined, mixed, split, waiting_hours, with_outages, with_setups
from corecar.plan.expansion.utilisation import Spread

DAYS = 7.0
"""In a week."""
ASSUMED = "assumed"


class Variation(NamedTuple):
    """What testers tell of the lots of a route; None for what they do not.

    pieces      units of a lot, on the mean
    hours       of a lot, on the mean
    time_cv     coefficient of variation of the time of a lot
    arrival_cv  that of the times between lots
    lots        that it rests on
    source      where times are from: `wall clock` or `touchdowns`
    """

    pieces: float | None
    hours: float | None
    time_cv: float | None
    arrival_cv: float | None
    lots: int
    source: str


class Assumed(NamedTuple):
    """What is taken where no tester tells: units of a lot, coefficients of variation, mean hours of a repair."""

    pieces: float = 2000.0
    arrival_cv: float = 1.0
    time_cv: float = 0.5
    repair_hours: float = 2.0


@dataclass(frozen=True)
class Stream:
    """Lots of one route at one cell.

    lots    that come in a week
    pieces  of one; a load of all sites at least
    hours   of one on one machine that runs; cv2 its squared coefficient of variation
    """

    run: Run
    lots: float
    pieces: float
    hours: float
    cv2: float
    arrival_cv2: float
    pieces_from: str
    times_from: str
    arrivals_from: str
    rests_on: int


@dataclass(frozen=True)
class Flow:
    """Lots of all routes of a cell before its machines, in hours that it works.

    lots         that come in a week
    pieces       of one, on the mean
    raw          hours of a lot on one machine that runs, without set-up, outage and queue
    hours        effective: with set-ups and outages; cv2 its squared coefficient of variation
    """

    cell: Cell
    streams: tuple[Stream, ...]
    lots: float
    pieces: float
    raw: float
    hours: float
    cv2: float
    arrival_cv2: float

    @property
    def worked(self) -> float:
        """Hours a week that the cell works."""
        return float(self.cell.row["shifts"]) * SHIFT

    @property
    def load(self) -> float:
        """Part of the worked time in which a machine makes, is set up or stands."""
        return self.lots * self.hours / (self.worked * self.cell.stations)

    def waiting(self, load: float) -> float:
        """Hours in the queue at a load; infinite from 1 on."""
        return waiting_hours(load, self.cell.stations, self.hours, self.arrival_cv2, self.cv2)

    def cycle(self, load: float) -> float:
        """Worked hours of a lot from its arrival until it is made."""
        return self.waiting(load) + self.hours

    def days(self, hours: float) -> float:
        """Calendar days that so many worked hours take."""
        return hours * DAYS / self.worked

    def in_process(self, load: float) -> float:
        """Lots that wait or are made, by J. D. C. Little's law: throughput x cycle time."""
        return load * self.cell.stations / self.hours * self.cycle(load)


def flows(
    cells: Sequence[Cell], lying: Spread, told: Mapping[str, Variation], assumed: Assumed
) -> dict[str, Flow | None]:
    """The flow of each cell; None for one that gets nothing.

    lying  pieces of a week by cell and route
    told   route -> what testers tell of its lots
    """
    wanted: dict[str, float] = {}
    for (_, route), pieces in lying.pieces.items():
        wanted[route] = wanted.get(route, 0.0) + pieces
    return {cell.name: _flow(cell, lying, wanted, told, assumed) for cell in cells}


def _flow(
    cell: Cell, lying: Spread, wanted: Mapping[str, float], told: Mapping[str, Variation], assumed: Assumed
) -> Flow | None:
    streams = tuple(
        _stream(run, pieces, pieces / wanted[run.route], told.get(run.route), assumed)
        for run in cell.runs
        if (pieces := lying.pieces[cell.name, run.route]) > 1e-6
    )
    if not streams or not cell.stations:
        return None
    lots = [stream.lots for stream in streams]
    raw, _ = mixed(lots, [stream.hours for stream in streams], [stream.cv2 for stream in streams])
    prepared = [_prepared(stream) for stream in streams]
    hours, cv2 = mixed(lots, [mean for mean, _ in prepared], [spread for _, spread in prepared])
    hours, cv2 = with_outages(hours, cv2, float(cell.row["oee"]), assumed.repair_hours)
    arrivals = joined(lots, [stream.arrival_cv2 for stream in streams])
    pieces, _ = mixed(lots, [stream.pieces for stream in streams], [0.0] * len(streams))
    return Flow(cell, streams, sum(lots), pieces, raw, hours, cv2, arrivals)


def _stream(run: Run, pieces: float, share: float, known: Variation | None, assumed: Assumed) -> Stream:
    """The lots of a route at a cell that gets a share of them."""
    size = known.pieces if known and known.pieces else None
    times = known.time_cv if known else None
    arrivals = known.arrival_cv if known else None
    lot = max(size or assumed.pieces, float(run.sites))
    return Stream(
        run=run,
        lots=pieces / lot,
        pieces=lot,
        hours=lot * run.hours,
        cv2=(assumed.time_cv if times is None else times) ** 2,
        arrival_cv2=split((assumed.arrival_cv if arrivals is None else arrivals) ** 2, share),
        pieces_from="measured" if size else ASSUMED,
        times_from=known.source if known and times is not None else ASSUMED,
        arrivals_from="starts of lots" if arrivals is not None else ASSUMED,
        rests_on=known.lots if known else 0,
    )


def _prepared(stream: Stream) -> tuple[float, float]:
    """Hours of a lot and their squared CV with its set-ups: as many a week as the table tells."""
    setups, each = float(stream.run.row["setups_a_week"]), float(stream.run.row["setup_hours"])
    chance = min(setups / stream.lots, 1.0)
    return with_setups(stream.hours, stream.cv2, chance, each * setups / stream.lots / chance if chance else 0.0)
