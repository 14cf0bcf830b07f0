"""Simulate a lot: draw the process, plant outliers, let a tester write it all down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from corecar.atomic import whole_file
from corecar.errors import ArgumentError
from corecar.lot import Float32Array, Int64Array, Progress
from corecar.simulate import records
from corecar.simulate.outliers import Outliers, Planted, default_outliers, plan_outliers
from corecar.simulate.packing import Packing
from corecar.simulate.probing import Probing, Simulation, Stage, prepare, probe_wafer, survey
from corecar.simulate.process import generator
from corecar.simulate.tallies import count, empty_tally
from corecar.simulate.touchdowns import Attempts, Style, packed_touchdowns, touchdown_template
from corecar.simulate.truth import Truth, truth_path, write_truth
from corecar.simulate.verdicts import Verdict

START = 1_790_000_000
"""Simulated lots begin at this second since 1970, so that the same seed gives the same bytes."""

_PLANT, _TIME = 3, 4
"""Streams of random numbers, beside those of `corecar.simulate.probing`."""

PRODUCT = "DEMO-HSD4"
"""What a simulated lot is of where nobody says."""
LONGEST_NAME = 100
"""Characters of a lot's or product's name."""

STAGES = tuple(records.INSERTIONS)
STYLES = ("lean", "text", "full")
NATIVE = Packing(big_endian=False)
COMPRESSED = (".gz", ".zst")


def simulate_lot(
    path: str | Path,
    *,
    wafers: int = 25,
    dies: int = 1000,
    tests: int = 60,
    sites: int = 4,
    seed: int = 1,
    stage: Stage = "wafer sort",
    big_endian: bool = False,
    style: Style = "lean",
    stop_on_fail: bool = False,
    outliers: Outliers | None = None,
    lot: str | None = None,
    product: str = PRODUCT,
    start: datetime | None = None,
    bad_zone: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a lot as a tester would: a genuine STDF V4 file, with its truth file beside it.

    path          `.stdf`, or with `.gz` or `.zst` behind it; the truth goes to `truth_path(path)`
    wafers        wafers, or trays at final test (1 to 1,000)
    dies          parts on each
    tests         tests in the program, at least 8; some of multiple results, some functional
    sites         parts tested at a time
    seed          the same arguments and seed write the same bytes
    stage         `wafer sort`: parts have X and Y; `final test`: a unit number in PART_TXT and no wafers
    style         `lean`: limits and names in the first record of a test only; `text`: names in each; `full`: all
    stop_on_fail  leave out what comes after a part's first failing test
    outliers      latent outliers to plant; by default one strong in 500 parts and one weak in 2,000
    lot, product  as MIR LOT_ID and PART_TYP say them; by default `SIM` and the seed, `DEMO-HSD4`
    start         when testing begins by the tester's clock, without zone; by default always the same moment
    bad_zone      plant a zone at the edge of every wafer in which most dies fail; a process step went wrong there
    progress      called with (wafers written, wafers)
    Returns       the path
    Raises        ArgumentError, OutputError
    Source        STDF V4; robust sigma: AEC-Q001 Rev D

    >>> simulate_lot("lot.stdf.gz", wafers=2, dies=200)  # doctest: +SKIP
    PosixPath('lot.stdf.gz')
    """
    path = Path(path)
    check_path(path)
    _check(wafers, seed, stage, style)
    wanted = outliers or default_outliers(wafers * dies)
    named = named_as(f"SIM{seed:05d}" if lot is None else lot, product, start)
    simulation = prepare(wafers, dies, tests, sites, seed, stage, stop_on_fail, bad_zone=bad_zone)
    whole, good = survey(simulation)
    planted = plan_outliers(simulation.program, wanted, whole, good, generator(seed, _PLANT))
    told = write_simulation(path, simulation, planted, named, Packing(big_endian), style, progress)
    write_truth(truth_path(path), told.as_json(path))
    return path


def named_as(lot: str, product: str, start: datetime | None) -> records.Named:
    """What a simulated file says it is. Raises ArgumentError."""
    return records.Named(_name("lot", lot), _name("product", product), _seconds(start))


def write_simulation(
    path: Path,
    simulation: Simulation,
    planted: tuple[Planted, ...],
    named: records.Named,
    packing: Packing = NATIVE,
    style: Style = "lean",
    progress: Progress | None = None,
) -> Truth:
    """Write a simulation as a tester would; what is planted in it. Raises OutputError."""
    told = Truth(simulation, planted)
    _write(path, _file(simulation, planted, named, packing, style, told, progress))
    return told


def _name(what: str, name: str) -> str:
    """A text that fits a field of STDF. Raises ArgumentError."""
    if not name.strip() or not name.isascii() or len(name) > LONGEST_NAME:
        raise ArgumentError(f'{what}="{name}": expected 1 to {LONGEST_NAME} characters of ASCII.')
    return name


def _seconds(start: datetime | None) -> int:
    """MIR START_T. Raises ArgumentError for a moment with a zone, or that STDF cannot say."""
    if start is None:
        return START
    if start.tzinfo is not None:
        raise ArgumentError(f"start={start.isoformat()}: a tester's clock has no zone; leave it out.")
    seconds = int((start - datetime(1970, 1, 1)).total_seconds())
    if not 600 <= seconds < 2**32:
        raise ArgumentError(f"start={start.isoformat()}: STDF has the years 1970 to 2106.")
    return seconds


def _file(
    simulation: Simulation,
    planted: tuple[Planted, ...],
    named: records.Named,
    packing: Packing,
    style: Style,
    told: Truth,
    progress: Progress | None,
) -> Iterator[bytes]:
    """The whole file, a wafer's worth of pieces at a time."""
    program, layout = simulation.program, simulation.layout
    units = simulation.stage == "final test"
    lean, full = (touchdown_template(program, packing, layout.sites, each, units=units) for each in (style, "full"))
    described = np.zeros(len(program.tests), dtype=np.bool_)
    lot, now = empty_tally(program, layout.sites), named.start
    yield records.opening(packing, records.INSERTIONS[simulation.stage], layout, named, seed=simulation.seed)
    for wafer in range(simulation.wafers):
        probing = probe_wafer(simulation, wafer, planted)
        told.add(wafer, probing)
        name, tally, begin = simulation.wafer_name(wafer), empty_tally(program, layout.sites), now
        if name:
            yield records.wafer_start(packing, name, begin)
        for retest, attempts in enumerate(_attempts(simulation, wafer, probing)):
            yield from packed_touchdowns(program, packing, lean, full, attempts, described)
            for counted in (tally, lot):
                count(counted, program, attempts, retest=bool(retest))
            now += _duration_s(attempts)
        if name:
            yield records.wafer_end(packing, name, tally, now)
        if progress:
            progress(wafer + 1, simulation.wafers)
    yield records.closing(packing, program, lot, now)


def _attempts(simulation: Simulation, wafer: int, probing: Probing) -> Iterator[Attempts]:
    """The first touchdown of every part, then the second of those retested, if any."""
    everyone = np.arange(len(simulation.layout))
    first_id = simulation.first_id(wafer)
    yield _attempt(simulation, wafer, everyone, probing.values, probing.verdict, first_id)
    if len(probing.again):
        later = first_id + len(everyone)
        yield _attempt(simulation, wafer, probing.again, probing.again_values, probing.again_verdict, later)


def _attempt(
    simulation: Simulation, wafer: int, parts: Int64Array, values: Float32Array, verdict: Verdict, first_id: int
) -> Attempts:
    layout = simulation.layout
    touchdown = np.unique(layout.touchdown[parts], return_inverse=True)[1]
    rng = generator(simulation.seed, _TIME, wafer, len(parts))
    base = 240 + 11 * len(simulation.program.tests)
    time_ms = base + rng.integers(0, 12, int(touchdown[-1]) + 1)
    units = simulation.unit(wafer, parts)
    x, y = layout.x[parts].astype(np.int64), layout.y[parts].astype(np.int64)
    counter = first_id + np.arange(len(parts))
    return Attempts(values, verdict, touchdown, layout.site[parts], x, y, counter, units, time_ms[touchdown])


def _duration_s(attempts: Attempts) -> int:
    """Time of the touchdowns and of the moves between them [s]."""
    first = np.unique(attempts.touchdown, return_index=True)[1]
    return int((attempts.time_ms[first] + 300).sum() // 1000) + 30


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """Write the file whole or not at all, compressed as its name asks. Raises OutputError."""
    with whole_file(path) as sibling, _opened(sibling, path.suffix) as file:
        for piece in pieces:
            file.write(piece)


@contextmanager
def _opened(path: Path, suffix: str) -> Iterator[BinaryIO]:
    """A file to write to. Compressed files hold no time and no name, so that the same seed gives the same bytes."""
    with path.open("wb") as plain:
        if suffix == ".gz":
            from isal import igzip

            with igzip.IGzipFile("", "wb", 2, plain, mtime=0) as packed:
                yield cast(BinaryIO, packed)
        elif suffix == ".zst":
            import zstandard

            with zstandard.ZstdCompressor().stream_writer(plain) as packed:
                yield cast(BinaryIO, packed)
        else:
            yield plain


def _check(wafers: int, seed: int, stage: str, style: str) -> None:
    if not 1 <= wafers <= 1000:
        raise ArgumentError(f"wafers={wafers}: a simulated lot has 1 to 1,000 wafers.")
    if seed < 0:
        raise ArgumentError(f"seed={seed}: expected 0 or more.")
    for name, value, known in (("stage", stage, STAGES), ("style", style, STYLES)):
        if value not in known:
            raise ArgumentError(f'{name}="{value}": expected one of {", ".join(known)}.')


def check_path(path: Path) -> None:
    """Raises ArgumentError for a name that no simulated file is written to."""
    endings = [f".{stem}{packed}" for stem in ("stdf", "std") for packed in ("", *COMPRESSED)]
    if not path.name.lower().endswith(tuple(endings)):
        raise ArgumentError(f"{path}: a simulated lot is written to a name ending in one of {', '.join(endings)}.")
