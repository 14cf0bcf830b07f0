"""Corecar: the bridge of packaging and test between chipmakers and carmakers.

The names a user needs; each is imported when it is first used, so that `import corecar` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corecar import assess
    from corecar.bridge.grade.composites import composite
    from corecar.bridge.grade.drawing import draw
    from corecar.bridge.grade.grading import grade
    from corecar.bridge.plan.planning import plan_chain
    from corecar.bridge.workspace import Workspace, init
    from corecar.bridge.workspace import open_workspace as open
    from corecar.errors import CorecarError
    from corecar.formats import read, records, write
    from corecar.formats.chain import read_chain
    from corecar.formats.maps import read_map, write_map
    from corecar.lot import Lot
    from corecar.remote import connect
    from corecar.simulate import simulate_chain, simulate_lot

__version__ = "0.1.0"

_HOME = {
    "read": "corecar.formats",
    "records": "corecar.formats",
    "read_chain": "corecar.formats.chain",
    "read_map": "corecar.formats.maps",
    "write": "corecar.formats",
    "write_map": "corecar.formats.maps",
    "composite": "corecar.bridge.grade.composites",
    "draw": "corecar.bridge.grade.drawing",
    "grade": "corecar.bridge.grade.grading",
    "plan_chain": "corecar.bridge.plan.planning",
    "simulate_chain": "corecar.simulate",
    "simulate_lot": "corecar.simulate",
    "open": "corecar.bridge.workspace:open_workspace",
    "init": "corecar.bridge.workspace",
    "connect": "corecar.remote",
    "Workspace": "corecar.bridge.workspace",
    "Lot": "corecar.lot",
    "CorecarError": "corecar.errors",
}
_PACKAGES = ("assess",)
"""Packages that are themselves a name a user needs."""

__all__ = [
    "CorecarError",
    "Lot",
    "Workspace",
    "__version__",
    "assess",
    "composite",
    "connect",
    "draw",
    "grade",
    "init",
    "open",
    "plan_chain",
    "read",
    "read_chain",
    "read_map",
    "records",
    "simulate_chain",
    "simulate_lot",
    "write",
    "write_map",
]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"corecar.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'corecar' has no attribute '{name}'")
    module, _, own = _HOME[name].partition(":")
    return getattr(import_module(module), own or name)


def __dir__() -> list[str]:
    return sorted(__all__)
