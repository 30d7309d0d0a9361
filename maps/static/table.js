/* Tables whose headings sort them: <table data-sort>; cells may say their value in data-value. */
"use strict";

document.querySelectorAll("table[data-sort]").forEach(function (table) {
  const heads = Array.from(table.tHead.rows[0].cells);
  const body = table.tBodies[0];
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

  function value(row, column) {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value || -1);
  }

  function compare(first, second) {
    return typeof first === "number" ? first - second : collator.compare(first, second);
  }

  heads.forEach(function (head, column) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", function () {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = Array.from(body.rows).sort(
        (first, second) => (up ? 1 : -1) * compare(value(first, column), value(second, column)));
      body.append(...rows);
    });
  });
});
