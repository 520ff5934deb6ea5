// The table of published models: sorted by any column, filtered by words and family, up to four rows ticked.
import { el } from "../kit/dom.js";
import { countText, exactText } from "../kit/numbers/format.js";

const change = (ratio) => `${ratio >= 0 ? "+" : "−"}${Math.abs(100 * ratio).toFixed(Math.abs(ratio) < 0.0995 ? 1 : 0)}%`;

/** At which size a result was read out; probes' sources do not say. */
export const sizeWords = (result) => (result.size_stated ? `${result.size} px` : "size not stated");

const HOW_SHORT = { "linear probe": "linear", "nearest neighbours": "k-NN", "zero-shot": "0-shot" };

/** How a result was reached, in a word: results of different kinds are not one scale. */
export const howShort = (result) => HOW_SHORT[result.protocol] ?? `@${result.size}`;

/** @type {[string, string, ...((row: any) => any)[]][]} Columns: key, heading, how to sort, what to show, the tooltip. */
const COLUMNS = [
  ["name", "model", (row) => row.name, (row) => row.name, (row) => row.note],
  ["patch", "patch", (row) => row.patch, (row) => row.patch],
  ["depth", "layers", (row) => row.depth, (row) => row.depth],
  ["dim", "width", (row) => row.dim, (row) => row.dim],
  ["heads", "heads", (row) => row.heads, (row) => row.heads],
  ["hidden", "MLP", (row) => row.hidden, (row) => row.hidden],
  [
    "count",
    "parameters",
    (row) => row.count,
    (row) => (row.facts ? countText(row.count) : `(${countText(row.count)})`),
    (row) => `${exactText(row.count)}${row.facts ? ", computed" : ": the table’s figure"}`,
  ],
  [
    "published",
    "published",
    (row) => row.publishedCount,
    (row) => row.published.replace(/\([^)]*\)/g, "").replace("/", " / "),
    (row) => row.sources.join("; "),
  ],
  [
    "off",
    "difference",
    (row) => row.count / row.publishedCount - 1,
    (row) => change(row.count / row.publishedCount - 1),
    () => "the count beside what the paper prints, which is rounded and may leave the classifier out",
  ],
  [
    "macs",
    "MACs, 224 px",
    (row) => row.macs,
    (row) => (row.facts ? countText(row.macs) : `(${countText(row.macs)})`),
    (row) => `${exactText(row.macs)} multiply-accumulates = ${exactText(2 * row.macs)} FLOPs`,
  ],
  ["gmacs224", "in table", (row) => row.gmacs224, (row) => `${row.gmacs224} G`, () => "10⁹ multiply-accumulates at 224 px, as tabulated"],
  [
    "best",
    "top-1",
    (row) => row.best ?? 0,
    (row) => (row.best ? `${row.best}% ${howShort(row.bestOf)}` : "—"),
    (row) => row.top1.map((t) => `${t.value}%: ${t.data}, ${t.protocol}, ${sizeWords(t)} (${t.source})`).join("\n"),
  ],
];

/** The picks with one more, the last four of them, or without one that was among them. */
export const toggled = (picks, name) => (picks.includes(name) ? picks.filter((one) => one !== name) : [...picks, name].slice(-4));

/** `state()` gives {sort, words, family, picks}; `set(changes)` keeps them; `point(row)` is told what lies under the pointer. */
export function modelTable(rows, state, set, point) {
  const table = { rows, state, set, point };
  makeFilters(table);
  makeTable(table);
  makeLines(table);

  return { node: table.node, show: () => showRows(table) };
}

function makeFilters(table) {
  const families = ["all", ...new Set(table.rows.map((row) => row.family))];
  table.search = el("input", {
    type: "search",
    placeholder: "filter by name",
    "aria-label": "Filter by name",
    oninput: () => table.set({ words: table.search.value.slice(0, 24) }, true),
    onchange: () => table.set({ words: table.search.value.slice(0, 24) }),
  });
  table.select = el(
    "select",
    { "aria-label": "Family", onchange: () => table.set({ family: table.select.value }) },
    ...families.map((name) => el("option", { value: name, text: name === "all" ? "all families" : name })),
  );
  table.shown = el("span", { class: "small muted", role: "status" });
}

function makeTable(table) {
  table.headings = COLUMNS.map(([key, text]) =>
    el("th", { scope: "col" }, el("button", { type: "button", text, onclick: () => sortBy(table, key) })),
  );
  table.body = el("tbody");
  table.node = el(
    "div",
    {},
    el("div", { class: "filters" }, table.search, table.select, table.shown),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of models" },
      el("table", { class: "models" }, el("thead", {}, el("tr", {}, el("th", { text: "pick" }), ...table.headings)), table.body),
    ),
  );
}

function makeLines(table) {
  table.lines = new Map(
    table.rows.map((row) => {
      const tick = el("input", { type: "checkbox", "aria-label": `Compare ${row.name}`, onchange: () => toggle(table, row) });
      const cells = COLUMNS.map(([, , , show, tip]) => el("td", { text: String(show(row)), title: tip?.(row) || null }));
      if (row.note) cells[0].append(el("sup", { text: " *" }));
      const line = el("tr", { onpointerenter: () => table.point(row), onfocusin: () => table.point(row) }, el("td", {}, tick), ...cells);
      return [row.name, { row, tick, line }];
    }),
  );
}

function sortBy(table, key) {
  const [now, down] = [table.state().sort.replace("-", ""), table.state().sort.startsWith("-")];
  table.set({ sort: now === key && !down ? `-${key}` : key });
}

function toggle(table, row) {
  table.set({ picks: toggled(table.state().picks, row.name) });
}

function showRows(table) {
  const { sort, words, family, picks } = table.state();
  const key = sort.replace("-", "");
  const sign = sort.startsWith("-") ? -1 : 1;
  const read = (COLUMNS.find(([name]) => name === key) ?? [])[2];
  const kept = table.rows.filter(
    (row) => (family === "all" || row.family === family) && row.name.toLowerCase().includes(words.toLowerCase()),
  );
  if (read) kept.sort((a, b) => sign * (typeof read(a) === "string" ? read(a).localeCompare(read(b)) : read(a) - read(b)));
  table.body.replaceChildren(...kept.map((row) => table.lines.get(row.name).line));
  for (const { row, tick, line } of table.lines.values()) {
    tick.checked = picks.includes(row.name);
    tick.disabled = !row.facts;
    tick.title = row.facts ? "" : row.note;
    line.classList.toggle("picked", tick.checked);
  }
  table.headings.forEach((th, i) =>
    COLUMNS[i][0] === key ? th.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending") : th.removeAttribute("aria-sort"),
  );
  table.shown.textContent = kept.length
    ? `${kept.length} of ${table.rows.length} models; pick up to four`
    : "No model has that in its name.";
  if (table.search !== table.search.getRootNode().activeElement) table.search.value = words;
  table.select.value = family;
}
