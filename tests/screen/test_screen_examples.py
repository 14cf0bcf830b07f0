"""The examples in the docstrings of the screens run and give what they show."""

from __future__ import annotations

import doctest
from importlib import import_module

import numpy as np
import pytest

MODULES = [
    "baselines", "count_tails", "die_areas", "distances", "gaps", "rederiving", "shapes", "skew", "yield_limits",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_what_it_shows(name: str) -> None:
    module = import_module(f"corecar.screen.{name}")
    found = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert found.attempted > 0
    assert found.failed == 0
