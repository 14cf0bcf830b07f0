"""Every comparison with a peer runs on every shared STDF file, one test a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `stdf_name` the name of every real file and of every trap."""
    if "stdf_name" in metafunc.fixturenames:
        found = [path for folder in ("stdf", "traps") for path in sorted((SHARED / folder).glob("*.std*"))]
        metafunc.parametrize("stdf_name", [f"{path.parent.name}/{path.name}" for path in found] or ["none"])


@pytest.fixture
def stdf_file(stdf_name: str, shared: Path) -> Path:
    """The shared file of that name; skips where there is none."""
    if stdf_name == "none":
        pytest.skip("no shared STDF files on this machine")
    return shared / stdf_name
