"""The names of `corecar.assess` are there when asked for, and cost nothing before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import corecar
from corecar import assess

PACKAGE = Path(assess.__file__).parent


@pytest.mark.parametrize("name", assess.__all__)
def test_every_name_is_reachable_and_says_what_it_is(name: str) -> None:
    thing = getattr(corecar.assess, name)
    assert callable(thing)
    assert thing.__doc__


def test_no_name_is_hidden_by_a_module_of_the_same_name() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"measures"}
    assert modules.isdisjoint(assess.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'divine'"):
        _ = assess.divine


def test_importing_corecar_or_asking_for_help_brings_no_statistics() -> None:
    brought = "[name for name in sys.modules if name.startswith(('scipy', 'corecar.assess.'))]"
    look = f"import sys, corecar, corecar.cli.app; assert not {brought}"
    subprocess.run([sys.executable, "-c", look], check=True)


def test_examples_in_the_docstrings_are_true() -> None:
    import doctest
    from importlib import import_module

    for path in sorted(PACKAGE.glob("*.py")):
        module = import_module(f"corecar.assess.{path.stem}" if path.stem != "__init__" else "corecar.assess")
        assert doctest.testmod(module).failed == 0, path.name
