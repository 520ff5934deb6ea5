// What one can take of the explorer: the map with the heads, or the heads alone.
import { patchName } from "../kit/grid.js";
import { figureMenu } from "../kit/take/take.js";
import { averaged, byColumn, chosen, headShown, subjectOf, wallHere, weightsOf } from "./state.js";

/** The menus of both; `kept()` gives their nodes. */
export function menusOf(view, kept) {
  const { root } = view;
  const file = () => {
    const { layer, head, token } = chosen(view);
    return `attention-layer${layer + 1}-head${head + 1}-token${token}`;
  };
  return {
    view: figureMenu({ name: "the map and the heads", root, nodes: kept, title: () => titleOf(view), file, rows: () => rowsOf(view) }),
    wall: figureMenu({
      name: "the heads",
      root,
      nodes: () => [kept()[1]],
      title: () => `${view.mapTitle.textContent}: ${view.wallTitle.textContent}`,
      file: () => `${file()}-heads`,
      rows: () => wallRows(view),
    }),
  };
}

function titleOf(view) {
  const { layer, head } = headShown(view);
  const { depth, heads } = view.data.header;
  const who = averaged(view) ? `mean of ${heads} heads` : `head ${head + 1} of ${heads}`;
  return `Layer ${layer + 1} of ${depth}, ${who}: ${view.mapTitle.textContent}`;
}

const nameOf = ({ prefix, grid }, token) => prefix[token] ?? patchName(grid, token - prefix.length);

/** What is drawn on the map: a weight a token. */
function rowsOf(view) {
  const { header } = view.data;
  const { layer, head } = headShown(view);
  const subject = nameOf(header, subjectOf(view));
  const [one, other] = byColumn(view) ? ["key", "query"] : ["query", "key"];
  const place = [layer + 1, averaged(view) ? "mean" : head + 1, subject];
  return [["layer", "head", one, other, "weight"], ...Array.from(weightsOf(view), (weight, t) => [...place, nameOf(header, t), weight])];
}

/** What is drawn on the wall: a weight a head and token. */
function wallRows(view) {
  const { header, heads } = view.data;
  const { first, count } = wallHere(view);
  const rows = Array.from({ length: count }, (_, n) => {
    const [layer, head] = [Math.floor((first + n) / header.heads) + 1, ((first + n) % header.heads) + 1];
    const weights = view.weights.subarray((first + n) * heads.tokens, (first + n + 1) * heads.tokens);
    return Array.from(weights, (weight, t) => [layer, head, nameOf(header, t), weight]);
  });
  return [["layer", "head", "token", "weight"], ...rows.flat()];
}
