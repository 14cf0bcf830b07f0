"""A file that is scanned on its way into the store: its bytes pass unchanged, and it reads as it would on its own."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lots import build_lot
from tests.same_lots import assert_same

import corecar
from corecar.formats import read_streams, windows
from corecar.formats.reading import Passing
from corecar.formats.sources import members
from corecar.formats.streams import stream_in_passing

PACKERS: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "bz2": bz2.compress}


def passed(path: Path) -> tuple[Passing, bytes]:
    """The file after its blocks were taken, each looked at as late as promised: when the next one is there."""
    passing = Passing(members(path)[0])
    taken, held = b"", None
    for block in passing.blocks():
        if held is not None:
            taken += held.tobytes()
        held = block
    return passing, taken + (held.tobytes() if held is not None else b"")


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "ROOM", 3000)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("kind", PACKERS)
def test_bytes_pass_unchanged_and_the_lot_is_that_of_the_file(tmp_path: Path, kind: str) -> None:
    lot = build_lot([[float(part * test) for part in range(400)] for test in range(1, 20)])
    corecar.write(lot, tmp_path / "plain.stdf")
    content = (tmp_path / "plain.stdf").read_bytes()
    path = tmp_path / "lot.stdf"
    path.write_bytes(PACKERS[kind](content))
    passing, taken = passed(path)
    assert len(content) > 20 * 3000
    assert taken == content
    found = stream_in_passing(passing)
    assert found is not None
    assert (found.start, found.stop, found.member) == (0, len(content), None)
    assert_same(found.lot, corecar.read(path))


@pytest.mark.usefixtures("small_windows")
def test_every_shared_file_passes_whole_and_reads_as_alone_or_not_at_all(shared: Path) -> None:
    healthy = 0
    for path in sorted([*(shared / "stdf").iterdir(), *(shared / "traps").iterdir()]):
        if path.suffix in (".md", ".json") or path.stat().st_size == 0:
            continue
        passing, taken = passed(path)
        assert taken == b"".join(members(path)[0].chunks()), path.name
        found = stream_in_passing(passing)
        if found is None:
            continue
        healthy += 1
        (alone,) = read_streams(path)
        assert_same(found.lot, alone.lot)
        assert found.lot.sources == alone.lot.sources, path.name
        assert (found.start, found.stop) == (alone.start, alone.stop)
    assert healthy > 20


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize(
    "harm", [lambda c: c[:-3], lambda c: c[:5000] + c[5007:], lambda c: c + c, lambda c: b"no" + c]
)
def test_what_is_damaged_or_several_streams_passes_but_is_not_read(
    tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    lot = build_lot([[float(part * test) for part in range(400)] for test in range(1, 5)])
    corecar.write(lot, tmp_path / "whole.stdf")
    content = harm((tmp_path / "whole.stdf").read_bytes())
    path = tmp_path / "lot.stdf"
    path.write_bytes(content)
    passing, taken = passed(path)
    assert taken == content
    assert stream_in_passing(passing) is None
