"""Stops of a chain as files: the answer as JSON, its rows as CSV, two pictures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corecar.atomic import refused
from corecar.bridge.plain import plain


def write_stress(answer: Mapping[str, Any], out: str | Path) -> list[str]:
    """Write stress.json, stress.csv, stress-impact.svg and stress-survival.svg into a folder. Raises OutputError.

    Returns  their names
    """
    from corecar.fonts import families
    from corecar.report.figures.stress_charts import impact_bars, survival_scatter
    from corecar.report.figures.svg import standalone

    table = io.StringIO()
    writer = csv.DictWriter(table, list(answer["rows"][0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "most_lost": "; ".join(row["most_lost"])} for row in answer["rows"])
    contents = {
        "stress.json": json.dumps(plain(answer), indent=1, ensure_ascii=False) + "\n",
        "stress.csv": table.getvalue(),
        "stress-impact.svg": standalone(impact_bars(answer["rows"], answer["said"]), families()),
        "stress-survival.svg": standalone(survival_scatter(answer["rows"], answer["said"]), families()),
    }
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (Path(out) / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise refused(out, error) from error
    return list(contents)
