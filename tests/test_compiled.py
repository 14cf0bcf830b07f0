"""Machine code kept on disk is tied to all sources that it was made from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from corecar import compiled as compiled_module
from corecar.compiled import fingerprint

KERNEL = """
from corecar.compiled import compiled
from corecar.outer import helper

@compiled
def kernel(x):
    return helper(x)
"""
OUTER = "from corecar.compiled import compiled\n\n@compiled\ndef helper(x):\n    return x + {}\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package whose kernel calls a helper of another module that uses a constant of a third."""
    root = tmp_path / "corecar"
    (root / "tables").mkdir(parents=True)
    (root / "kernel.py").write_text("from corecar.outer import (\n    helper,\n)\n")
    (root / "outer.py").write_text("from corecar import tables\n")
    (root / "tables" / "__init__.py").write_text("VALUE = 1\n")
    (root / "tables" / "values.csv").write_text("1\n")
    (root / "unrelated.py").write_text("x = 1\n")
    return root


@pytest.mark.parametrize("changed", ["kernel.py", "outer.py", "tables/__init__.py", "tables/values.csv"])
def test_a_change_in_anything_a_kernel_is_made_from_is_seen(package: Path, changed: str) -> None:
    before = fingerprint(package / "kernel.py", package)
    copy = package.with_name("changed")
    package.rename(copy)
    with (copy / changed).open("a") as file:
        file.write("\n# changed\n")
    assert fingerprint(copy / "kernel.py", copy) != before


def test_a_change_elsewhere_is_not(package: Path) -> None:
    before = fingerprint(package / "kernel.py", package)
    copy = package.with_name("changed")
    package.rename(copy)
    (copy / "unrelated.py").write_text("x = 2\n")
    assert fingerprint(copy / "kernel.py", copy) == before


UNCACHED = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Python takes two sources of one size and second for the same, and would go on with what it compiled of the first."""


def test_a_kernel_is_compiled_anew_when_a_constant_of_another_module_changes(tmp_path: Path) -> None:
    source = Path(compiled_module.__file__).parent
    copy = tmp_path / "corecar"
    copy.mkdir()
    for name in ("compiled.py", "garbage.py", "machine_code.py"):
        (copy / name).write_bytes((source / name).read_bytes())
    (copy / "__init__.py").write_text("")
    (copy / "kernel.py").write_text(KERNEL)
    call = "from corecar.kernel import kernel; print(kernel(1), kernel.from_disk)"
    answers = []
    for constant in (1, 1, 2):
        (copy / "outer.py").write_text(OUTER.format(constant))
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")} | UNCACHED
        found = subprocess.run(
            [sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
        )
        answers.append(found.stdout.split())
    assert answers == [["2", "0"], ["2", "1"], ["3", "0"]]


def test_the_disk_is_asked_whether_it_holds_a_kernel_as_its_sources_are_now(tmp_path: Path) -> None:
    source = Path(compiled_module.__file__).parent
    copy = tmp_path / "corecar"
    copy.mkdir()
    for name in ("compiled.py", "garbage.py", "machine_code.py"):
        (copy / name).write_bytes((source / name).read_bytes())
    (copy / "__init__.py").write_text("")
    (copy / "kernel.py").write_text(KERNEL)
    ask = "from corecar.kernel import kernel; from corecar.compiled import has_code; print(has_code(kernel), kernel(1))"
    answers = []
    for constant in (1, 1, 2):
        (copy / "outer.py").write_text(OUTER.format(constant))
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")} | UNCACHED
        found = subprocess.run(
            [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
        )
        answers.append(found.stdout.split())
    assert answers == [["False", "2"], ["True", "2"], ["False", "3"]]
