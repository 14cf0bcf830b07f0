"""Events of a chip's whole way for the benchmark of genealogy: wafers of 10,000 die, strips, reels, ECUs, vehicles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from corecar.trace.lines import COLUMNS

DIE = 10_000
STRIP = 500
REEL = 2_500
START = datetime(2026, 1, 1, tzinfo=UTC)
WAFERS_A_DAY = 25
TOOLS = 20


def lines(first: int, last: int, mounted: int) -> Iterator[str]:
    """Lines of a CSV with the events of wafers `first` to `last` (not included).

    mounted  of each wafer how many units go on to an ECU and into a vehicle, an event each
    """
    yield ",".join(COLUMNS)
    for wafer in range(first, last):
        yield from _wafer(wafer, mounted)


def _wafer(wafer: int, mounted: int) -> Iterator[str]:
    begin = START + timedelta(minutes=wafer * 24 * 60 / WAFERS_A_DAY)
    times = [(begin + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ") for day in range(8)]
    name = f"W{wafer}"
    yield f'c{wafer},{times[0]},create,out,wafer,{name},"0,0..99,99",{DIE},'
    yield f"p{wafer},{times[1]},test,in,wafer,{name},,,"
    yield f"p{wafer},{times[1]},test,with,equipment,PROBER-{wafer % TOOLS},,,"
    for strip in range(DIE // STRIP):
        rows = STRIP // 100
        event = f"a{wafer}-{strip}"
        yield f'{event},{times[2]},transform,in,wafer,{name},"0,{strip * rows}..99,{strip * rows + rows - 1}",,'
        yield f"{event},{times[2]},transform,out,strip,S{wafer}-{strip},1..{STRIP},,"
        yield f"{event},{times[2]},transform,with,equipment,BOND-{strip % TOOLS},,,"
    for strip in range(DIE // STRIP):
        reel, part = divmod(strip, REEL // STRIP)
        event = f"r{wafer}-{strip}"
        yield f"{event},{times[3]},pack,in,strip,S{wafer}-{strip},1..{STRIP},,"
        yield f"{event},{times[3]},pack,out,reel,R{wafer}-{reel},{part * STRIP + 1}..{(part + 1) * STRIP},,"
    for reel in range(DIE // REEL):
        yield f"s{wafer}-{reel},{times[4]},ship,in,reel,R{wafer}-{reel},,,"
        yield f"s{wafer}-{reel},{times[4]},ship,with,party,Bench Tier,,,"
    for unit in range(mounted):
        reel, pocket = divmod(unit, REEL)
        yield f"m{wafer}-{unit},{times[5]},mount,in,reel,R{wafer}-{reel},{pocket + 1},1,"
        yield f"m{wafer}-{unit},{times[5]},mount,out,ecu,K{wafer}-{unit},U1,1,"
    for unit in range(mounted):
        yield f"i{wafer}-{unit},{times[6]},install,in,ecu,K{wafer}-{unit},,,"
        yield f"i{wafer}-{unit},{times[6]},install,out,vehicle,V{wafer}-{unit},brake,1,"
