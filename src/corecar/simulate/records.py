"""The records around the touchdowns: who tested what on which machine, and the summaries at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.simulate.layout import Layout
from corecar.simulate.packing import (
    ATR,
    FAR,
    HBR,
    MIR,
    MRR,
    PCR,
    PMR,
    SBR,
    SDR,
    TSR,
    WCR,
    WIR,
    WRR,
    Packing,
    text,
)
from corecar.simulate.program import GROUPS, PINS, Program
from corecar.simulate.tallies import Tally
from corecar.simulate.touchdowns import HEAD
from corecar.simulate.verdicts import PASS_BIN
from corecar.stdf_values import ALL_HEADS, UNKNOWN_COUNT

WAFER_MM, EDGE_MM = 200.0, 3.0
"""Diameter of the wafer and the rim without dies [mm]."""

MAKER = "Fictional Semiconductor (demo)"
FLOOR = "Fictional Packaging and Test (demo)"


@dataclass(frozen=True)
class Insertion:
    """What distinguishes the two stages in the tester's own words."""

    stage: str
    test_code: str
    temperature: str
    tester: str
    handler_type: str
    handler: str
    card: tuple[str, str]
    load_board: tuple[str, str]


INSERTIONS = {
    row.stage: row
    for row in (
        Insertion("wafer sort", "WS1", "25C", "SORT-07", "prober", "PRB-12", ("PC-4S", "PC0187"), ("", "")),
        Insertion("final test", "FT1", "125C", "FINAL-03", "handler", "HND-05", ("", ""), ("LB-QS", "LB0042")),
    )
}


@dataclass(frozen=True)
class Named:
    """What a simulated file says it is: MIR LOT_ID, PART_TYP and START_T [s since 1970]."""

    lot: str
    product: str
    start: int

    @property
    def program(self) -> str:
        """The product as names of test programs have it."""
        return self.product.lower().replace("-", "_")


def opening(packing: Packing, insertion: Insertion, layout: Layout, named: Named, *, seed: int) -> bytes:
    """FAR, ATR, MIR, SDR, PMR of every pin and, at wafer sort, WCR."""
    start = named.start
    records = [
        packing.record(FAR, bytes([1 if packing.big_endian else 2, 4])),
        packing.record(ATR, packing.fields("I", start) + text(f"corecar simulate lot, seed {seed}")),
        packing.record(MIR, _master(packing, insertion, named)),
        packing.record(SDR, _site_description(insertion, layout.sites)),
    ]
    for index, pin in enumerate(PINS, 1):
        body = packing.fields("HH", index, 0) + text(f"CH{index:02d}", pin, pin) + bytes([HEAD, 0])
        records.append(packing.record(PMR, body))
    if insertion.stage == "wafer sort":
        records.append(packing.record(WCR, _wafer_configuration(packing, layout)))
    return b"".join(records)


def wafer_start(packing: Packing, wafer: str, start: int) -> bytes:
    """WIR."""
    return packing.record(WIR, packing.fields("BBI", HEAD, ALL_HEADS, start) + text(wafer))


def wafer_end(packing: Packing, wafer: str, tally: Tally, finish: int) -> bytes:
    """WRR; it counts attempts, as testers do: a die touched down twice is two parts and one retest."""
    parts, retests, good = (int(count.sum()) for count in (tally.parts, tally.retests, tally.good))
    counts = packing.fields("BBIIIIII", HEAD, ALL_HEADS, finish, parts, retests, 0, good, UNKNOWN_COUNT)
    return packing.record(WRR, counts + text(wafer, "", "", "", "", ""))


def closing(packing: Packing, program: Program, tally: Tally, finish: int) -> bytes:
    """TSR, HBR, SBR and PCR of every site and of all sites together, then MRR."""
    records: list[bytes] = []
    scopes = _scopes(len(tally.parts))
    for scope in scopes:
        records.extend(_test_summaries(packing, program, tally, scope))
    for kind, counts, names in ((HBR, tally.hard_bins, _hard_names()), (SBR, tally.soft_bins, _soft_names(program))):
        for scope in scopes:
            for number, name in names.items():
                found = sum(counts[site, number] for site in scope.sites)
                body = packing.fields("BBHI", scope.head, scope.site, number, found)
                records.append(packing.record(kind, body + (b"P" if number == PASS_BIN else b"F") + text(name)))
    for scope in scopes:
        parts, retests, good = (int(count[scope.sites].sum()) for count in (tally.parts, tally.retests, tally.good))
        body = packing.fields("BBIIIII", scope.head, scope.site, parts, retests, 0, good, UNKNOWN_COUNT)
        records.append(packing.record(PCR, body))
    records.append(packing.record(MRR, packing.fields("I", finish) + b" " + text("", "")))
    return b"".join(records)


def _master(packing: Packing, insertion: Insertion, named: Named) -> bytes:
    """The fields of a MIR in the order of the specification."""
    start = named.start
    codes = packing.fields("IIBcccHc", start - 600, start, 1, b"P", b"N", b" ", 65535, b" ")
    return codes + text(
        named.lot,  # LOT_ID
        named.product,  # PART_TYP
        insertion.tester,  # NODE_NAM
        "simulated",  # TSTR_TYP
        f"{named.program}_{insertion.test_code.lower()}",  # JOB_NAM
        "R1.2",  # JOB_REV
        f"{named.lot}.1",  # SBLOT_ID
        "operator",  # OPER_NAM
        "corecar",  # EXEC_TYP
        "1",  # EXEC_VER
        insertion.test_code,  # TEST_COD
        insertion.temperature,  # TST_TEMP
        f"simulated data; maker: {MAKER}",  # USER_TXT
        "",  # AUX_FILE
        "QFN32",  # PKG_TYP
        "DEMO-SWITCH",  # FAMLY_ID
        "",  # DATE_COD
        FLOOR,  # FACIL_ID
        "T1",  # FLOOR_ID
        "BCD180",  # PROC_ID
        "",  # OPER_FRQ
        f"{named.product}-SPEC",  # SPEC_NAM
        "C",  # SPEC_VER
        insertion.test_code,  # FLOW_ID
        "",  # SETUP_ID
        "B",  # DSGN_REV
    )


def _site_description(insertion: Insertion, sites: int) -> bytes:
    equipment = (insertion.handler_type, insertion.handler, *insertion.card, *insertion.load_board)
    return bytes([HEAD, ALL_HEADS, sites, *range(sites)]) + text(*equipment)


def _wafer_configuration(packing: Packing, layout: Layout) -> bytes:
    """WCR: as many dies across as fit a 200 mm wafer, flat down, X to the right, Y upwards; millimetres."""
    across = int(layout.x.max() - layout.x.min()) + 1
    centre = [int((axis.max() + axis.min()) // 2) for axis in (layout.x, layout.y)]
    die_mm = round((WAFER_MM - 2 * EDGE_MM) / across, 2)
    sizes = packing.fields("fffB", WAFER_MM, die_mm, die_mm, 3)
    return sizes + b"D" + packing.fields("hh", *centre) + b"RU"


@dataclass(frozen=True)
class _Scope:
    """Whom a summary record is about: one site, or the whole file under head 255 (STDF V4, TSR, HBR, SBR, PCR)."""

    head: int
    site: int
    sites: list[int]


def _scopes(sites: int) -> list[_Scope]:
    return [*(_Scope(HEAD, site, [site]) for site in range(sites)), _Scope(ALL_HEADS, 0, list(range(sites)))]


def _test_summaries(packing: Packing, program: Program, tally: Tally, scope: _Scope) -> list[bytes]:
    counts = np.stack([tally.executed, tally.failed])[:, :, scope.sites].sum(axis=2).astype(int)
    low, high = tally.lowest[:, scope.sites].min(axis=1), tally.highest[:, scope.sites].max(axis=1)
    total, squares = tally.total[:, scope.sites].sum(axis=1), tally.squares[:, scope.sites].sum(axis=1)
    records = []
    for row, test in enumerate(program.tests):
        kind = {"parametric": b"P", "multiple": b"M", "functional": b"F"}[test.kind]
        body = packing.fields("BBcIIII", scope.head, scope.site, kind, test.number, counts[0, row], counts[1, row], 0)
        body += text(test.name, "", "")
        if test.kind == "parametric" and counts[0, row]:
            body += packing.fields("Bfffff", 0xCC, 0.0, low[row], high[row], total[row], squares[row])
        records.append(packing.record(TSR, body))
    return records


def _hard_names() -> dict[int, str]:
    return {PASS_BIN: "GOOD"} | {group.hard_bin: f"FAIL_{group.name.upper()}" for group in GROUPS.values()}


def _soft_names(program: Program) -> dict[int, str]:
    """The name of a soft bin is that of the first test that leads to it."""
    names = {PASS_BIN: "GOOD"}
    for test in program.tests:
        names.setdefault(test.soft_bin, test.name)
    return dict(sorted(names.items()))
