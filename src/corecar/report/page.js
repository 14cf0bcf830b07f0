"use strict";
// Sorting by a click on a head and finding by a word, for tables long enough to need it.
const key = (cell) => {
  const text = cell.textContent.trim();
  const value = Number(text.replace(/,/g, "").replace("−", "-").replace(/ ?(%|ppm|σ)$/, ""));
  const unit = text.endsWith("ppm") ? 1e-4 : 1;
  return text === "–" || text === "" ? null : Number.isNaN(value) ? text : value * unit;
};
const compare = (a, b) => {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
};
for (const box of document.querySelectorAll(".table.live")) {
  const body = box.querySelector("tbody");
  const heads = [...box.querySelectorAll("th")];
  heads.forEach((head, column) => {
    head.tabIndex = 0;
    const sort = () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [key(row.cells[column]), row]);
      rows.sort((a, b) => {
        const empty = (a[0] === null) - (b[0] === null);
        return empty || (down ? -1 : 1) * compare(a[0], b[0]);
      });
      body.append(...rows.map((row) => row[1]));
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => event.key === "Enter" && sort());
  });
  const find = document.createElement("input");
  find.type = "search";
  find.className = "find";
  find.placeholder = "Find in this table";
  find.setAttribute("aria-label", "Find in this table");
  find.addEventListener("input", () => {
    const word = find.value.trim().toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(word);
  });
  box.before(find);
}
