"""ARCHITECTURE.md says of the layers what pyproject.toml holds the code to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS, VERBS = (
    [layer.replace("corecar.", "") for layer in contract["layers"]]
    for contract in sorted(CONTRACTS, key=lambda contract: "containers" in contract)
)
BLOCKS = [block.split("\n") for block in re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)]


def test_the_layers_on_the_page_are_those_that_are_checked() -> None:
    assert LAYERS in BLOCKS
    assert VERBS in BLOCKS


def test_the_page_says_what_each_module_of_a_layer_knows() -> None:
    named = set(re.findall(r"^\| `(\w+)(?:\.py|/)` \|", PAGE, re.MULTILINE))
    assert named == {module for layer in LAYERS for module in layer.split(" | ")}
