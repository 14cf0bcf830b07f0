"""The files to read: simulated lots of a wanted size, a real lot repeated, and their gzip."""

from __future__ import annotations

import gzip
import math
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corecar.simulate import Outliers, simulate_lot

Style = Literal["lean", "text", "full"]

DIES, TESTS, SITES = 1000, 200, 4
TRIAL_DIES = 400
FEW = Outliers(strong=1, weak=1)
WIR, WRR = (2, 10), (2, 20)
MB = 1_000_000


@dataclass(frozen=True)
class Shape:
    """What kind of file: how much its records repeat, its byte order, and whether it holds parametric tests only."""

    style: Style
    big_endian: bool = False
    parametric_only: bool = False

    @property
    def name(self) -> str:
        """As it stands in tables and file names."""
        return f"{self.style}-{'big' if self.big_endian else 'little'}{'-ptr' if self.parametric_only else ''}"


def made_lot(folder: Path, shape: Shape, megabytes: float, maker: Path | None = None) -> Path:
    """A file of about so many megabytes, made once and kept.

    maker  a script `MAKER OUT --wafers N --die N --ptr N --ftr N --mpr N --style S [--big] [--complete]`; without one,
           the simulator writes the file
    """
    path = folder / f"{'maker' if maker else 'simulated'}-{shape.name}-{megabytes:g}MB.stdf"
    if path.exists():
        return path
    trial = folder / "trial.stdf"
    _make(trial, shape, maker, wafers=1, dies=TRIAL_DIES)
    parts = max(math.ceil(megabytes * MB / trial.stat().st_size * TRIAL_DIES), 2 * SITES)
    trial.unlink()
    wafers = math.ceil(parts / DIES)
    _make(path, shape, maker, wafers=wafers, dies=math.ceil(parts / wafers))
    return path


def repeated_lot(folder: Path, real: Path, megabytes: float) -> Path:
    """A real lot grown to a size: its wafer follows itself under new names, between its own first and last records."""
    path = folder / f"{real.name.partition('.')[0]}-{megabytes:g}MB.stdf"
    if path.exists():
        return path
    content = gzip.decompress(real.read_bytes()) if real.suffix == ".gz" else real.read_bytes()
    start, end = _wafer_span(content)
    times = max(round(megabytes * MB / (end - start)), 1)
    with path.open("wb") as file:
        file.write(content[:start])
        for number in range(times):
            file.write(_renamed(content[start:end], f"W{number + 1:04d}"))
        file.write(content[end:])
    return path


def gzipped(path: Path) -> Path:
    """The same content as gzip at the usual level, made once and kept."""
    packed = path.with_name(path.name + ".gz")
    if not packed.exists():
        with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as file:
            shutil.copyfileobj(plain, file, MB)
    return packed


def _make(path: Path, shape: Shape, maker: Path | None, *, wafers: int, dies: int) -> None:
    if maker is None:
        simulate_lot(
            path,
            wafers=wafers,
            dies=dies,
            tests=TESTS,
            sites=SITES,
            style=shape.style,
            big_endian=shape.big_endian,
            outliers=FEW,
        )
        return
    counts = {"--wafers": wafers, "--die": dies, "--ptr": TESTS, "--sites": SITES}
    if shape.parametric_only:
        counts |= {"--ftr": 0, "--mpr": 0}
    command = [sys.executable, str(maker), str(path), "--style", shape.style]
    command += [word for name, count in counts.items() for word in (name, str(count))]
    command += ["--big"] if shape.big_endian else []
    command += ["--complete"] if shape.parametric_only else []
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _headers(content: bytes) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Position, length and type of every record (STDF V4, record header; the byte order follows from the FAR)."""
    code = ">H" if content[:2] == b"\x00\x02" else "<H"
    at = 0
    while at + 4 <= len(content):
        (length,) = struct.unpack_from(code, content, at)
        yield at, length, (content[at + 2], content[at + 3])
        at += 4 + length


def _wafer_span(content: bytes) -> tuple[int, int]:
    """From the first WIR to behind the last WRR."""
    places = [(at, length, kind) for at, length, kind in _headers(content) if kind in (WIR, WRR)]
    last_at, last_length, _ = places[-1]
    return places[0][0], last_at + 4 + last_length


def _renamed(wafer: bytes, name: str) -> bytes:
    """The records of a wafer with WAFER_ID replaced in its WIR and WRR, by a name as long as the old one."""
    out = bytearray(wafer)
    code = ">H" if _big_endian(wafer) else "<H"
    at = 0
    while at < len(wafer):
        (length,) = struct.unpack_from(code, wafer, at)
        kind = (wafer[at + 2], wafer[at + 3])
        if kind in (WIR, WRR):
            place = at + 4 + (6 if kind == WIR else 26)
            size = wafer[place]
            out[place + 1 : place + 1 + size] = name[-size:].rjust(size, "W").encode() if size else b""
        at += 4 + length
    return bytes(out)


def _big_endian(wafer: bytes) -> bool:
    """A WIR is shorter than 256 bytes, so the byte order shows in its length field."""
    return wafer[0] == 0
