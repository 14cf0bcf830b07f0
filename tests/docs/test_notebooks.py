"""The example notebooks run in a real kernel, and show what is kept in their files."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import Any

import pytest
from tests.docs.scripts import DOCS

MISSING = [name for name in ("nbclient", "nbformat", "ipykernel") if importlib.util.find_spec(name) is None]
LEAD = re.compile(r'<p class="text lead">(.*?)</p>')


@pytest.fixture(scope="module")
def script() -> Any:
    """The module that runs the notebooks; its folder is no package."""
    specification = importlib.util.spec_from_file_location("docs_notebooks", DOCS / "notebooks.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def shown(cells: list[dict[str, Any]]) -> list[str]:
    """What the cells of a notebook show as HTML."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return ["".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", {})]


def sentences(cells: list[dict[str, Any]]) -> list[str]:
    """The first sentence of everything that shows itself."""
    return [lead for html in shown(cells) for lead in LEAD.findall(html)]


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}; pip install 'corecar[test]'")
def test_each_notebook_runs_and_says_what_is_kept_in_its_file(script: Any) -> None:
    paths = script.notebooks()
    assert len(paths) == 3
    for path, ran in zip(paths, script.executed(paths), strict=True):
        assert sentences(ran) == sentences(script.cells(path)), f"{path.name}: run python docs/notebooks.py --write"
        assert len(sentences(ran)) >= 3


def test_notebooks_are_kept_with_what_they_show_and_name_no_folder_of_whoever_ran_them(script: Any) -> None:
    for path in script.notebooks():
        cells = script.cells(path)
        assert shown(cells)
        text = path.read_text("utf-8")
        assert not re.search(r"/tmp/|/home/|/work/", text), path.name
        assert not [output for cell in cells for output in cell.get("outputs", ()) if output["output_type"] == "error"]


def test_a_page_links_every_notebook(script: Any) -> None:
    page = (DOCS / "how-to" / "notebooks.md").read_text("utf-8")
    assert [path.name for path in script.notebooks()] == re.findall(r"\.\./notebooks/([\w-]+\.ipynb)", page)
