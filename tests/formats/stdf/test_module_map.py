"""The map of the STDF modules names each of them once."""

from __future__ import annotations

import re
from pathlib import Path

import corecar.formats.stdf


def test_the_map_names_every_module_once() -> None:
    lines = re.findall(r"^    ((?:\w+, )*\w+) {1,}\S", corecar.formats.stdf.__doc__ or "", re.MULTILINE)
    named = [name for line in lines for name in line.split(", ")]
    there = [path.stem for path in Path(corecar.formats.stdf.__file__).parent.glob("*.py") if path.stem != "__init__"]
    assert sorted(named) == sorted(there)
