"""How the commands of `assess` print what they found, and draw it first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from corecar.assess.figures import Figures


def answer(found: Figures, said: str, json: bool, csv: bool) -> None:
    """Print an answer: the sentence and the figures, all figures as JSON, or a row for each as CSV."""
    answer_with(found.to_dict() if json else found.told(), said, json, csv)


def answer_with(figures: Mapping[str, Any], said: str, json: bool, csv: bool) -> None:
    """The same of figures by name."""
    from corecar.bridge.study.told_figures import rows_of, told_of
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form, form
    from corecar.cli.spreadsheet import print_csv

    wanted = form(json, csv)
    if wanted is Form.CSV:
        print_csv([("figures", rows_of(figures))])
    else:
        print_answer(figures if wanted is Form.JSON else told_of(figures, said), wanted)


def draw(figure: Path, svg: str) -> None:
    """Write a drawing, before anything is printed: whoever reads only the first line has the whole file."""
    from corecar.report.figures.saved import save_figure

    save_figure(figure, svg)
    typer.echo(f"wrote {figure}", err=True)
