// The points of a figure as a table of numbers.
import { el } from "../dom.js";

export const rowsOf = (figure) => figure.data.flatMap((trace) => trace.customdata ?? []);

const sourced = (rows) => rows.some((row) => row.at(-2));

/** The names of a table's columns. */
export function columnsOf(figure) {
  return [...figure.layout.meta.columns, ...(sourced(rowsOf(figure)) ? ["source"] : [])];
}

/** What the points tell, in those columns. */
export function plainRows(figure) {
  const rows = rowsOf(figure);
  const last = sourced(rows);
  return rows.map((row) => [...row.slice(0, -2), ...(last ? [row.at(-2).replaceAll("<br>", " ")] : [])]);
}

/** The table of all points, made when it is opened. */
export function showTable({ table, figure }) {
  table.querySelector(".scroll")?.remove();
  if (!table.open || !figure) return;
  const { title } = figure.layout.meta;
  table.append(
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, ...columnsOf(figure).map((text) => el("th", { scope: "col", text })))),
        el("tbody", {}, ...plainRows(figure).map((row) => el("tr", {}, ...row.map((text) => el("td", { text }))))),
      ),
    ),
  );
}
