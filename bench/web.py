"""Benchmark of the pages in a browser: how smoothly a wafer of 100,000 dies moves, and a table of 100,000 rows scrolls.

python bench/web.py             minutes: a simulated wafer of 100,000 dies, a table of as many rows
python bench/web.py --small     to see that it runs

Frames are timed by the browser itself (requestAnimationFrame), Debian's chromium without a window or a graphics card.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import corecar
from machine import describe_machine
from serve import serving, session_of

FRAMES = 120
LATE_MS = 50.0

TIMED = """async ([selector, frames, step]) => {
  const target = document.querySelector(selector), deltas = [], drawn = [];
  const turn = () => new Promise(requestAnimationFrame);
  let last = await turn();
  for (let i = 0; i < frames; i++) {
    new Function("target", "i", step)(target, i);
    const now = await turn();
    deltas.push(now - last); last = now;
    if (window.mapDrawMs !== undefined) drawn.push(window.mapDrawMs);
  }
  return [deltas, drawn];
}"""
PAN = """const key = ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"][Math.floor(i / 15) % 4];
target.dispatchEvent(new KeyboardEvent("keydown", { key }));"""
ZOOM = """const box = target.getBoundingClientRect();
target.dispatchEvent(new WheelEvent("wheel", { deltaY: Math.floor(i / 20) % 2 ? 100 : -100, cancelable: true,
  clientX: box.left + box.width / 3, clientY: box.top + box.height / 3 }));"""
SCROLL = "target.scrollTop += 400;"
JUMP = "target.scrollTop = (i * 7919) % 97 / 97 * target.scrollHeight;"


def timed(page: Any, selector: str, step: str) -> dict[str, float]:
    """Frames while something is done in each of them [ms]."""
    deltas, drawn = page.evaluate(TIMED, [selector, FRAMES, step])
    found = {f"p{q}": float(np.quantile(deltas, q / 100)) for q in (50, 95)}
    found["late"] = float(np.mean(np.array(deltas) > LATE_MS))
    if drawn:
        found["draw_p95"] = float(np.quantile(drawn, 0.95))
    return found


def opened(page: Any, address: str, ready: str) -> float:
    """Seconds until something stands on a page, from asking for it."""
    begun = page.evaluate("performance.timeOrigin + performance.now()")
    page.goto(address)
    page.wait_for_selector(ready, timeout=120_000)
    return float(page.evaluate("performance.timeOrigin + performance.now()") - begun) / 1e3


def filled(page: Any) -> float:
    """Seconds from a jump to the middle until every row there shows what it holds."""
    begun = page.evaluate("performance.now()")
    page.evaluate("const t = document.querySelector('#measured'); t.scrollTop = t.scrollHeight / 2")
    page.wait_for_function(
        "[...document.querySelectorAll('.ag-row')].length > 5 && [...document.querySelectorAll('.ag-row')]"
        ".every(r => r.textContent.trim()) && document.querySelector('#measured').scrollTop > 1000"
    )
    return float(page.evaluate("performance.now()") - begun) / 1e3


def demand(folder: Path, rows: int) -> Path:
    """A chain whose table of demand has so many rows; the folder of its CSV files."""
    tables = {
        "parties": ["party,name,kind", "CARS,Demo Cars,carmaker"],
        "products": ["product,kind,party,value,currency",
                     *(f"CAR{number:05},vehicle-program,CARS,20000,CNY" for number in range(rows // 50))],
        "demand": ["product,customer,week,quantity",
                   *(f"CAR{number:05},CARS,2027-W{week:02},{number % 97 + week}"
                     for number in range(rows // 50) for week in range(1, 51))],
    }  # fmt: skip
    folder.mkdir()
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    dies = 1_000 if given.small else 100_000
    report: dict[str, Any] = {"dies": dies}
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        house = Path(folder) / "house"
        with corecar.init(house, owner="Demo House") as made:
            lot = corecar.simulate_lot(Path(folder) / "lot.stdf.gz", wafers=1, dies=dies, tests=8, sites=16)
            made.ingest([lot])
            made.chain_import([demand(Path(folder) / "chain", dies)])
        with serving(house) as (at, link, _), sync_playwright() as play:
            name, value = session_of(at, link).split("=", 1)
            browser = play.chromium.launch(args=["--no-sandbox"], executable_path="/usr/bin/chromium")
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": name, "value": value, "url": at}])
            page = context.new_page()
            for turn in ("at first", "again"):
                report[f"wafer opens {turn} [s]"] = opened(page, f"{at}/lots/1/wafers/W01", "canvas.map-canvas")
            page.wait_for_timeout(1500)
            report["pan"] = timed(page, "canvas.map-canvas", PAN)
            report["zoom"] = timed(page, "canvas.map-canvas", ZOOM)
            for turn in ("at first", "again"):
                report[f"table opens {turn} [s]"] = opened(page, f"{at}/chain?table=demand", ".ag-row")
            page.wait_for_timeout(1500)
            page.evaluate("document.querySelector('.ag-body-viewport').id = 'measured'")
            report["scroll"] = timed(page, "#measured", SCROLL)
            report["jump"] = timed(page, "#measured", JUMP)
            report["rows after a jump [s]"] = filled(page)
            browser.close()
    for name, found in report.items():
        print(name, {key: round(value, 2) for key, value in found.items()} if isinstance(found, dict) else found)
    print(describe_machine())
    if given.json:
        given.json.write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main()
