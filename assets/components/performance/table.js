// The table of published results. Every cell knows its source or formula: arrow keys move through the cells, and the line below tells.
import { el } from "../kit/dom.js";

export const ROW_SETS = { stated: "the common table", supervised: "trained with labels", all: "all results" };
const KEPT_IN = { stated: (row) => row.stated, supervised: (row) => row.protocol === "trained or fine-tuned", all: () => true };

/** What is commonly stated, beside what is so: struck through unless it is the same, rounded. */
export const saidBeside = (text, said, agrees) => (said && said !== text ? el(agrees ? "span" : "s", { class: "said", text: said }) : null);

/** `state()` gives {rows, sort, model}; `set(changes)` keeps them. */
export function resultTable(header, state, set) {
  const table = { header, state, set };
  table.names = Object.keys(table.header.columns);
  const buttons = table.names.map((name) =>
    el("button", {
      type: "button",
      text: table.header.columns[name],
      "data-note": table.header.columnNotes[name],
      onclick: () => sortBy(table, name),
    }),
  );
  table.headings = buttons.map((button) => el("th", { scope: "col" }, button));
  table.body = el("tbody");
  table.origin = el("p", { class: "origin small", role: "status" });
  table.scroll = el(
    "div",
    { class: "scroll" },
    el(
      "table",
      { class: "results", role: "grid", "aria-label": "Published results; arrow keys move through the cells" },
      el("thead", {}, el("tr", {}, ...table.headings)),
      table.body,
    ),
  );
  table.lines = table.header.rows.map((row) => ({ row, line: lineOf(table, row) }));
  table.focused = null;
  listen(table);
  table.origin.textContent =
    "Point at a cell, touch it, or go through them with the arrow keys: here stands where its figure is from. " +
    "Small: what is commonly stated, struck through where it is not so. Click a row to follow its model in the chart.";

  return { node: el("div", {}, table.scroll, table.origin), show: () => showRows(table) };
}

function listen(table) {
  table.scroll.addEventListener("pointerover", (event) => event.target.closest("td") && tell(table, event.target.closest("td")));
  table.scroll.addEventListener("focusin", (event) => event.target.closest("td") && tell(table, event.target.closest("td")));
  table.body.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    const at = [...cell.parentElement.children].indexOf(cell);
    const to = {
      ArrowRight: () => cell.nextElementSibling,
      ArrowLeft: () => cell.previousElementSibling,
      ArrowDown: () => cell.parentElement.nextElementSibling?.children[at],
      ArrowUp: () => cell.parentElement.previousElementSibling?.children[at],
      Home: () => cell.parentElement.firstElementChild,
      End: () => cell.parentElement.lastElementChild,
    }[event.key];
    if (event.key === "Enter") cell.parentElement.click();
    else if (to) focus(table, to());
    else return;
    event.preventDefault();
  });
}

function lineOf(table, row) {
  const cells = row.cells.map(([text, , note, kind, said, agrees], i) =>
    el(
      "td",
      {
        role: "gridcell",
        tabindex: -1,
        class: `figure ${kind}`,
        "data-note": said ? `${note}. Commonly stated: ${said}` : note,
        "data-kind": kind === "absent" ? "not known" : kind,
        "data-column": table.names[i],
      },
      el("span", { text }),
      saidBeside(text, said, agrees),
    ),
  );
  return el(
    "tr",
    { "data-model": row.name, onclick: () => table.set({ model: table.state().model === row.name ? "" : row.name }) },
    ...cells,
  );
}

function sortBy(table, name) {
  const now = table.state().sort;
  table.set({ sort: now === name ? `-${name}` : now === `-${name}` ? "" : name });
}

function tell(table, cell) {
  const row = cell.parentElement;
  table.origin.replaceChildren(
    el("strong", { text: `${row.dataset.model}, ${table.header.columns[cell.dataset.column]}: ${cell.firstChild.textContent}` }),
    ` · ${cell.dataset.kind}: ${cell.dataset.note}`,
  );
}

function focus(table, cell) {
  if (!cell) return;
  table.focused?.setAttribute("tabindex", -1);
  table.focused = cell;
  cell.setAttribute("tabindex", 0);
  cell.focus();
}

function showRows(table) {
  const { rows, sort, model } = table.state();
  const column = table.names.indexOf(sort.replace("-", ""));
  const sign = sort.startsWith("-") ? -1 : 1;
  const kept = table.lines.filter(({ row }) => KEPT_IN[rows](row));
  const read = ({ row }) => row.cells[column][1] ?? row.cells[column][0];
  if (column >= 0)
    kept.sort((a, b) =>
      typeof read(a) === typeof read(b)
        ? sign * (typeof read(a) === "string" ? read(a).localeCompare(read(b)) : read(a) - read(b))
        : typeof read(a) === "string"
          ? 1
          : -1,
    );
  table.body.replaceChildren(...kept.map(({ line }) => line));
  for (const { row, line } of table.lines) line.classList.toggle("picked", row.name === model);
  table.headings.forEach((th, i) =>
    i === column ? th.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending") : th.removeAttribute("aria-sort"),
  );
  if (!table.focused?.isConnected) ((table.focused = table.body.querySelector("td")), table.focused?.setAttribute("tabindex", 0));
}
