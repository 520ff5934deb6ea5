// The columns and lines of the table of results.
import { el } from "../kit/dom.js";
import { bytesText, percent } from "../kit/numbers/format.js";
import { store } from "../kit/store.js";
import { commitPlace } from "../practice/place.js";

const WORKS_WITH = { patches: "tokens", sizes: "tokens", attention: "pairs", tokens: "tokens", bits: null };

const changesSize = ({ demo }) => demo === "patches" || demo === "sizes";

/** What the bars are drawn against, and whether the accuracy at a size is known. */
export function topsOf(data) {
  const most = (key) => Math.max(...data.rows.map((row) => row[key] ?? 0)) || 1;
  return {
    macs: most("macs"),
    disk: most("disk"),
    ratio: most("ratio"),
    accuracy: changesSize(data) && data.rows.some((row) => row.accuracy),
  };
}

/** The names of the columns. */
export function columnsOf({ demo }, tops) {
  return [
    "way",
    WORKS_WITH[demo],
    demo === "bits" ? "file" : "MACs",
    "time",
    "peak memory",
    "same class",
    "cosine",
    demo === "bits" ? "largest logit change" : null,
    tops.accuracy ? "validation top-1" : null,
  ].filter(Boolean);
}

/** One way of the table; a cell that is not measured yet says "…". */
export function lineOf(row, data, tops) {
  const { demo } = data;
  const cells = [el("th", { scope: "row" }, nameOf(row, data))];
  if (WORKS_WITH[demo]) cells.push(el("td", { text: row.counts }));
  if (demo === "bits")
    cells.push(row.disk === null ? dash() : barred(bytesText(row.disk), row.disk / tops.disk, "#009e73", `${row.disk} bytes`));
  else cells.push(barred(`×${row.share.toPrecision(3)}`, row.macs / tops.macs, "#0072b2", `${row.macs} multiply-accumulates`));
  cells.push(row.ratio === null ? dash() : barred(`×${row.ratio.toPrecision(3)}`, row.ratio / tops.ratio, "#d55e00", `${row.ratio}`));
  cells.push(row.peak === null ? dash() : el("td", { text: bytesText(row.peak), title: `${row.peak} bytes` }));
  cells.push(agreementOf(row));
  cells.push(row.cosine === undefined ? dash() : el("td", { text: row.cosine.toFixed(4), title: `${row.cosine}` }));
  if (demo === "bits")
    cells.push(row.difference === undefined ? dash() : el("td", { text: row.difference.toPrecision(3), title: `${row.difference}` }));
  if (tops.accuracy) cells.push(accuracyOf(row.accuracy));
  return el("tr", { class: row.now ? "now" : null }, ...cells);
}

const dash = () => el("td", { class: "muted" }, "…");

const barred = (text, share, colour, exact) =>
  el(
    "td",
    { title: exact },
    el(
      "div",
      { class: "bar-cell" },
      el("span", { text }),
      el("span", { class: "track" }, el("i", { style: `width:${100 * Math.min(1, share)}%;background:${colour}` })),
    ),
  );

/** The way's name, a button where it can be set above. */
function nameOf(row, data) {
  const sizes = changesSize(data);
  const go = sizes ? () => store.commit({ image_size: row.sizes[0], patch_size: row.sizes[1] }) : () => commitPlace(row.place);
  const clickable = !row.now && (sizes || Object.keys(row.place).length > 0);
  return clickable
    ? el("button", { type: "button", text: row.name, title: "Set the picture above to this", onclick: go })
    : el("span", { text: row.name });
}

function accuracyOf(accuracy) {
  if (!accuracy) return el("td", { class: "muted", text: "—" });
  const { pictures, image_size: size, patch_size: patch, grid, top1 } = accuracy;
  return el("td", {
    text: percent(top1),
    title: `${pictures} validation pictures at ${size} / ${patch}, ${grid} × ${grid} patches`,
  });
}

/** On how many pictures the class stays, a dot each; without classes, dots that say the cosine. */
function agreementOf(row) {
  if (!row.pictures) return dash();
  const known = row.pictures[0][1] !== null;
  const same = row.pictures.filter((picture) => picture[1]).length;
  const dots = row.pictures.map(([name, agrees, cosine, own, other]) =>
    el("i", {
      class: known ? (agrees ? "dot same" : "dot") : "dot plain",
      title: known ? `${name}: ${agrees ? own : `${own} → ${other}`}` : `${name}: cosine ${cosine.toFixed(4)}`,
    }),
  );
  return el(
    "td",
    {},
    el(
      "div",
      { class: "agree" },
      known ? el("strong", { text: `${same} / ${row.pictures.length}` }) : el("span", { class: "muted", text: "no classes" }),
      el("span", { class: "dots" }, ...dots),
    ),
  );
}
