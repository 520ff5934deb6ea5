// The points of a figure as a table of numbers.
import { el } from "./dom.js";

export const rowsOf = (figure) => figure.data.flatMap((trace) => trace.customdata ?? []);

/** The table of all points, made when it is opened. */
export function showTable({ table, figure }) {
  table.querySelector(".scroll")?.remove();
  if (!table.open || !figure) return;
  const rows = rowsOf(figure);
  const sourced = rows.some((row) => row.at(-2));
  const { columns: names, title } = figure.layout.meta;
  const cells = (row) => [...row.slice(0, -2), ...(sourced ? [row.at(-2).replaceAll("<br>", " ")] : [])];
  const columns = [...names, ...(sourced ? ["source"] : [])];
  table.append(
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, ...columns.map((text) => el("th", { scope: "col", text })))),
        el("tbody", {}, ...rows.map((row) => el("tr", {}, ...cells(row).map((text) => el("td", { text }))))),
      ),
    ),
  );
}
