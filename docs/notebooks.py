"""The example notebooks, executed: `python docs/notebooks.py --write` runs them all and keeps what they show.

Each makes its own data in a temporary folder. All of them run in one kernel, one after the other, since most of the
time goes into starting one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebooks() -> list[Path]:
    """The notebooks, in the order in which a newcomer reads them."""
    return sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook as they lie in its file."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def executed(paths: list[Path]) -> list[list[dict[str, Any]]]:
    """Run notebooks one after the other in one fresh kernel; the cells of each with what they show.

    Raises  CellExecutionError for the first cell that raises
    """
    import nbformat
    from nbclient import NotebookClient

    pages = [cells(path) for path in paths]
    made = [_cell(nbformat, one) for page in pages for one in page]
    whole = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": KERNEL})
    NotebookClient(whole, timeout=120, kernel_name="python3", record_timing=False).execute()
    ran = iter(whole.cells)
    return [[_kept(one, next(ran)) for one in page] for page in pages]


def _cell(nbformat: Any, cell: dict[str, Any]) -> Any:
    source = "".join(cell["source"])
    return nbformat.v4.new_code_cell(source) if cell["cell_type"] == "code" else nbformat.v4.new_markdown_cell(source)


def _kept(cell: dict[str, Any], ran: Any) -> dict[str, Any]:
    """A cell with what it showed; what is shown as HTML is not kept as text too, which is a dict of a whole page."""
    if cell["cell_type"] != "code":
        return cell
    outputs = json.loads(json.dumps(ran["outputs"]))
    for output in outputs:
        data = output.get("data", {})
        output.pop("execution_count", None)
        if output["output_type"] == "execute_result":
            output["execution_count"] = None
        for rich in ("text/html", "image/svg+xml", "image/png"):
            if rich in data:
                data["text/plain"] = f"<{rich}>"
    return {**cell, "execution_count": None, "outputs": outputs}


def write() -> None:
    """Run every notebook and keep what it shows."""
    paths = notebooks()
    for path, made in zip(paths, executed(paths), strict=True):
        whole = json.loads(path.read_text(encoding="utf-8")) | {"cells": made}
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: {len(made)} cells, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("python docs/notebooks.py --write")
    write()
