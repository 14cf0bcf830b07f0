"""The scripts of the docs folder, which is no package, as modules."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def loaded(name: str) -> ModuleType:
    """A module of the docs folder."""
    specification = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


generated_pages = loaded("generated_pages")
shown = loaded("shown")

__all__ = ["DOCS", "ROOT", "generated_pages", "shown"]
