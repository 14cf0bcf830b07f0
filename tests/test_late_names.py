"""Names that are imported when they are first used: all are there, and what is not asked for is not imported."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import corecar

SOURCE = Path(str(corecar.__file__)).parent
PACKAGES = sorted(
    ".".join(("corecar", *path.parent.relative_to(SOURCE).parts))
    for path in SOURCE.rglob("__init__.py")
    if "late_names(" in path.read_text(encoding="utf-8")
)


def test_there_are_such_packages() -> None:
    assert {"corecar.assess", "corecar.screen", "corecar.formats.maps"} <= set(PACKAGES)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_found_and_none_is_hidden_by_a_module(name: str) -> None:
    package = import_module(name)
    assert dir(package) == sorted(package.__all__)
    modules = {path.stem for path in Path(str(package.__file__)).parent.iterdir()}
    assert [each for each in package.__all__ if each in modules] == []
    assert all(getattr(package, each) is not None for each in package.__all__)
    with pytest.raises(AttributeError, match=f"'{name}' has no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize(
    ("verb", "spared"),
    [
        ("lots", ("corecar.screen.screening", "corecar.formats.datalog.lots", "numba", "scipy")),
        ("agree_due", ("corecar.screen.screening", "numba", "scipy", "pyhanko", "typst")),
        ("plan_show", ("corecar.screen.screening", "numba", "scipy", "highspy")),
    ],
)
def test_a_question_imports_no_screens_and_no_solvers(verb: str, spared: tuple[str, ...]) -> None:
    code = (
        "import sys; from corecar.bridge.verbs import WORKSPACE_VERBS; "
        f"WORKSPACE_VERBS[{verb!r}].load(); print(*[name for name in {spared!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
