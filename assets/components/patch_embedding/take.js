// What one can take of the embedding: the patch with its row and its dot product, and what lies in the open tab.
import { tokenOf } from "./chosen.js";
import { figureMenu, patchRows } from "../kit/take/take.js";

export function menusOf(view) {
  const { root } = view;
  const file = () => `embedding-${view.work.name.replace(/\W+/g, "-")}`;
  return {
    patch: figureMenu({
      name: "the patch and its row",
      root,
      nodes: () => [view.picture, view.row, view.rowNote, view.terms.node],
      title: () => `${view.name.textContent}, output ${view.dim + 1} of ${view.data.header.dim}`,
      file,
      rows: () => [["numbers", "at", "value"], ...rowOf(view, "E"), ...productsOf(view)],
    }),
    panel: figureMenu({
      name: "the open tab",
      root,
      nodes: () => [view.panel],
      title: () => `${view.panels[view.tab].title}: ${view.work.name}`,
      file: () => `${file()}-${view.tab}`,
      rows: () => tabRows(view),
    }),
  };
}

/** The patch's row of the embedding; none for a token without pixels. */
function rowOf(view, name) {
  const { header, arrays } = view.data;
  const { dim, prefix } = header;
  const patch = tokenOf(view) - prefix.length;
  if (patch < 0) return [];
  return Array.from(arrays.embeddings.subarray(patch * dim, (patch + 1) * dim), (value, d) => [name, d + 1, value]);
}

const productsOf = ({ work }) => Array.from(work.products ?? [], (value, i) => ["x · w", i + 1, value]);

function tabRows(view) {
  const { header, arrays } = view.data;
  if (view.tab === "kept") return patchRows(header.grid, { error: arrays.errors });
  if (view.tab === "similar") {
    const { before, after } = view.found;
    const change = after.map((value, i) => value - before[i]);
    return patchRows(header.grid, { "as embedded": before, "with positions added": after, "what positions change": change });
  }
  const { kernel } = view.data;
  const rows = Array.from({ length: header.dim }, (_, d) => Array.from(kernel.weights(d), (value, i) => [d + 1, i + 1, value]));
  return [["output", "weight", "value"], ...rows.flat()];
}
