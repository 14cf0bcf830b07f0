"""An address of every page, in the workspace that the tests of the pages share."""

from __future__ import annotations

PATHS = (
    "/", "/chain", "/chain?table=demand", "/chain?site=OSAT-1", "/match", "/match?risk=measured", "/plan",
    "/plan/losses", "/plan/compare", "/expand", "/stress", "/lots", "/lots/1",
    "/lots/1/wafers/W01", "/lots/1/wafers/W01?test=1000", "/lots/1/tests/1000", "/compare", "/recipes", "/quality",
    "/quality?test=1000", "/quality/actions/1", "/quality/gauges/1", "/recipes/limits/1", "/lots/3", "/jobs", "/jobs/1",
    "/admin", "/qualify", "/qualify/new", "/qualify/1", "/qualify/1?level=1", "/qualify/1/tests/A4",
    "/search?q=SIM",
)  # fmt: skip
"""Where tests look at every page."""

LACKING = """() => {
  const bare = [];
  for (const grid of document.querySelectorAll("main .ag-root-wrapper")) {
    const words = [...grid.closest(".grid-wrap").querySelectorAll("button")].map((each) => each.textContent);
    for (const word of ["CSV", "Workbook"]) if (!words.includes(word)) bare.push("a table without " + word);
  }
  for (const drawn of document.querySelectorAll("main svg[aria-label], main canvas")) {
    const place = drawn.closest("[data-picture]");
    const words = place ? [...place.querySelectorAll(".picture-buttons button")].map((each) => each.textContent) : [];
    const wanted = drawn.tagName === "CANVAS" ? ["PNG"] : ["SVG", "PNG"];
    for (const word of wanted) if (!words.includes(word)) bare.push(drawn.ariaLabel + " without " + word);
  }
  return bare;
}"""
"""What of a page cannot be taken along: tables without CSV or workbook, drawings without pictures."""
