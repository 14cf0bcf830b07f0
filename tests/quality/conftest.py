"""The reference that the tests of numbers are held to."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.quality.printed import Passage, passages


@pytest.fixture(scope="session")
def reference(shared: Path) -> dict[str, Passage]:
    """The passages of checkable numbers by name."""
    return passages(shared)
