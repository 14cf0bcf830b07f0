"""Meetings as they stand in the catalogue."""

from __future__ import annotations

from corecar.bridge.calls import Call
from corecar.match.facts import Dealing


def dealings(call: Call) -> dict[tuple[str, str], Dealing]:
    """What came of earlier meetings of two parties."""
    return {}
