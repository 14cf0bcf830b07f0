"""Bytes to tables and back: every format in one place, each name imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corecar.formats.outputs import write_lot as write
    from corecar.formats.reading import read
    from corecar.formats.recording import records
    from corecar.formats.streams import read_streams

_HOME = {
    "read": ("corecar.formats.reading", "read"),
    "records": ("corecar.formats.recording", "records"),
    "read_streams": ("corecar.formats.streams", "read_streams"),
    "write": ("corecar.formats.outputs", "write_lot"),
}

__all__ = ["read", "read_streams", "records", "write"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'corecar.formats' has no attribute '{name}'")
    module, attribute = _HOME[name]
    return getattr(import_module(module), attribute)
