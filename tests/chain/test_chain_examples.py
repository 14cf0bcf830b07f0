"""The examples in the docstrings of the chain's modules run and give what they show."""

from __future__ import annotations

import doctest
from importlib import import_module

import numpy as np
import pytest

MODULES = [
    *(f"chain.{name}" for name in ("bpn", "cells", "chain", "circles", "columns", "identities", "rows", "weeks")),
    *(f"formats.catenax.{name}" for name in ("directory", "into_tables", "moments")), "formats.chain.template",
    "simulate.provinces", "plurals",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_an_example_of_a_chain_gives_what_it_shows(name: str) -> None:
    found = doctest.testmod(import_module(f"corecar.{name}"), extraglobs={"np": np})
    assert found.attempted > 0
    assert found.failed == 0
