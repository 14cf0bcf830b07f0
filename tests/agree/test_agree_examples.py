"""The examples in the docstrings of the modules of memoranda run and give what they show."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = ("canonical", "certificates", "contained", "fields", "terms", "text_values", "volumes")


@pytest.mark.parametrize("name", MODULES)
def test_an_example_of_a_memorandum_gives_what_it_shows(name: str) -> None:
    found = doctest.testmod(import_module(f"corecar.agree.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
