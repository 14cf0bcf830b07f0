"""A drill: fictional movements with a known truth are traced in a workspace of their own, timed and compared."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Annotated, Any

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.workspace import Workspace, init
from corecar.simulate.movements import Movements, Piece, move_lots

Place = tuple[str, str]


def drill(
    call: Call,
    *,
    seed: Annotated[int, "Another number draws other movements."] = 1,
    steps: Annotated[int, "Events after the wafers were made.", AtLeast(0)] = 200,
    lost: Annotated[float, "Share of events that lost which piece is which.", AtLeast(0)] = 0.3,
    questions: Annotated[int, "So many wafer zones are asked about, and as many pieces.", AtLeast(1)] = 10,
) -> dict[str, Any]:
    """Time a trace over fictional movements, and hold every answer against the truth; nothing of yours is touched.

    Completeness is the share of truly affected pieces that were told, which must be 100 %; precision the share of told
    pieces that are truly affected.
    """
    moved = move_lots(seed, steps=steps, lost=lost)
    draw = Random(seed)
    with tempfile.TemporaryDirectory(prefix="corecar-drill-") as folder:
        file = Path(folder) / "events.csv"
        file.write_text("\n".join(moved.lines) + "\n", encoding="utf-8")
        with init(Path(folder) / "house", owner="Drill House") as house:
            begun = perf_counter()
            house.trace_import(file)
            taken = perf_counter() - begun
            ahead = [_ahead(house, moved, draw.choice(moved.pieces)) for _ in range(questions)]
            back = [_back(house, draw.choice(moved.pieces)) for _ in range(questions)]
    rows = [*ahead, *back]
    affected, found, told = (sum(row[name] for row in rows) for name in ("affected", "found", "told"))
    completeness, precision = found / affected, found / told
    said = f"{len(rows)} questions: completeness {completeness:.1%}, precision {precision:.1%}."
    return {"said": said, "completeness": completeness, "precision": precision, "import_seconds": taken, "rows": rows}


def _ahead(house: Workspace, moved: Movements, die: Piece) -> dict[str, Any]:
    """Where the die of one column of a wafer and those right of it are: told, and true."""
    wafer, place = die.path[0]
    column = int(place.split(",")[0])
    zone = [piece for piece in moved.pieces if piece.path[0][0] == wafer and _column(piece) >= column]
    last = max(_column(piece) for piece in zone), max(int(piece.path[0][1].split(",")[1]) for piece in zone)
    truth = Counter(piece.now for piece in zone)
    begun = perf_counter()
    answer = house.trace_forward([f"wafer:{wafer[1]}@{column},0..{last[0]},{last[1]}"], limit=1_000_000)
    seconds = perf_counter() - begun
    told: Counter[Place] = Counter()
    for row in answer["rows"]:
        told[row["class"], row["id"]] += row["pieces"]
    return _row("forward", f"{wafer[1]}, x from {column}", truth, told, seconds)


def _back(house: Workspace, piece: Piece) -> dict[str, Any]:
    """From which die a piece came: told, and true."""
    (kind, name), place = piece.path[-1]
    begun = perf_counter()
    answer = house.trace_back(f"{kind}:{name}" + (f"@{place}" if place and kind != "scrap" else ""), limit=1_000_000)
    seconds = perf_counter() - begun
    told = Counter({(row["class"], row["id"]): row["pieces"] for row in answer["rows"] if row["class"] == "wafer"})
    return _row("back", f"{kind} {name} {place}".strip(), Counter({piece.path[0][0]: 1}), told, seconds)


def _column(piece: Piece) -> int:
    return int(piece.path[0][1].split(",")[0])


def _row(way: str, about: str, truth: Counter[Place], told: Counter[Place], seconds: float) -> dict[str, Any]:
    found = sum(min(count, told[thing]) for thing, count in truth.items())
    return {"way": way, "about": about, "affected": sum(truth.values()), "found": found,
            "told": sum(told.values()), "seconds": seconds}  # fmt: skip
