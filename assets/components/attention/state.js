// What the explorer shows: the head and token, the query and key that are explained, and all weights of one token.
import { store } from "../kit/store.js";
import { selected, withView } from "../kit/view.js";
import { wallOf } from "./draw.js";

/** {layer, head, token} of the selection, within this model. */
export const chosen = ({ data }) => selected(data.header);

/** {layer, head} that is drawn: the tile under the pointer, or what is chosen. */
export const headShown = (view) => (view.thumb ? { layer: view.thumb[0], head: view.thumb[1] } : chosen(view));

/** How the wall of heads lies now. */
export const wallHere = (view) => wallOf(view.data.header, view.options.wall, chosen(view).layer, view.narrow);

/** What scores are multiplied by: 1/√d over the temperature. */
export const factorOf = ({ teach, data }) => (teach.scaled ? data.heads.scale : 1) / teach.temperature;

export const byColumn = ({ options }) => options.way === "column";

/** The token whose row (or column) is drawn. */
export function subjectOf(view) {
  if (view.cell) return view.cell[byColumn(view) ? 1 : 0];
  return view.options.pinned || view.hovered === null ? chosen(view).token : view.hovered;
}

/** Whether the mean of a layer's heads is drawn: where it is asked for, and no tile is under the pointer. */
export const averaged = (view) => view.options.average && !view.thumb;

/** The weights that are drawn, of a head or the mean of a layer's, `[tokens]`. */
export function weightsOf(view) {
  const { layer, head } = headShown(view);
  const { tokens } = view.data.heads;
  if (averaged(view)) return meanOf(view.weights, layer * view.data.header.heads, view.data.header.heads, tokens);
  const from = (layer * view.data.header.heads + head) * tokens;
  return view.weights.subarray(from, from + tokens);
}

function meanOf(weights, first, count, tokens) {
  const mean = new Float32Array(tokens);
  for (let h = 0; h < count; h++) for (let t = 0; t < tokens; t++) mean[t] += weights[(first + h) * tokens + t] / count;
  return mean;
}

/** Query and key of the weight that is explained: the pointer's, or the query with its strongest key (in columns: the reverse). */
export function pairOf(view) {
  if (view.cell) return view.cell;
  const one = subjectOf(view);
  const values = weightsOf(view);
  let other = view.options.pinned && view.hovered !== null ? view.hovered : -1;
  if (other < 0) other = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
  return byColumn(view) ? [other, one] : [one, other];
}

const ROOM = 3; // ms of a frame (8.3 at 120 a second) that layers outside the big picture may take

/** The layers whose weights are drawn, the one in the big picture first; the others from where the last frame left off. */
function layersDrawn(view) {
  const { options, data, latest } = view;
  const { depth } = data.header;
  const own = [headShown(view).layer, chosen(view).layer];
  const common = options.scale === "shared" || options.scale === "log"; // the scale's end is found among all heads
  const others = () => Array.from({ length: depth }, (_, i) => (latest + 1 + i) % depth);
  return new Set(options.wall === "all" || common ? [...own, ...others()] : own);
}

/** The weights of the subject in all heads that are drawn, unless they are there. What has no room in this frame follows in the next. */
export function compute(view) {
  const start = performance.now();
  const { known, weights, tops, data } = view;
  const [subject, factor] = [subjectOf(view), factorOf(view)];
  const name = `${subject}/${view.options.way}/${factor}`;
  if (name !== view.computed) known.fill(0);
  view.computed = name;
  const own = headShown(view).layer;
  let others = 0; // one of them at least in every frame, however slow the machine is
  for (const layer of layersDrawn(view)) {
    if (known[layer]) continue;
    if (others && performance.now() - start > ROOM) return view.draw();
    data.heads.layer(layer, subject, byColumn(view), weights, tops, factor);
    known[layer] = 1;
    view.latest = layer;
    others += Number(layer !== own);
  }
}

/** Keep a token as the query, or let it go where it is kept. */
export function pin(view, token) {
  const pinned = !(view.options.pinned && token === chosen(view).token);
  store.commit({ token, view: withView("attention", { ...view.options, pinned }) });
}
