"""The drawn lake, written once."""

from __future__ import annotations

import pytest
from tests.store.drawn_lake import Drawn, draw_lake


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """One file per run, on this machine's disk."""
    return draw_lake(tmp_path_factory.mktemp("lake"))
