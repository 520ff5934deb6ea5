// The attention explorer. The query is the token under the pointer, or the pinned one; then the pointer reads off keys.
import { decodePicture, watched } from "../kit/picture/canvas.js";
import { colourTable } from "../kit/picture/colours.js";
import { el, everyFrame, speaker } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { lightTable, spotlightOf } from "../kit/picture/spotlight.js";
import { store } from "../kit/store.js";
import { explorer } from "./explorer.js";
import { drawExplorer } from "./frame.js";
import { listen } from "./listen.js";
import { AllHeads } from "./math.js";
import { matrixPanel } from "./matrix.js";
import { optionsHere } from "./options.js";
import { comparePanel, workingPanel } from "./panels.js";
import { headShown, pairOf, pin } from "./state.js";

const NARROW = 560; // px below which the heads of a layer stand four in a row

export default mounts((root) => {
  const view = create(root);
  listen(view);
  const unsubscribe = store.subscribe(() => {
    view.options = optionsHere();
    view.draw();
  });
  const resized = new ResizeObserver(([{ contentRect }]) => {
    view.narrow = contentRect.width < NARROW;
    view.draw();
  });
  resized.observe(root);
  return {
    update(bytes, api) {
      view.api = api;
      const { header, arrays } = unpack(bytes);
      if (header.id === view.data?.header.id) return view.draw();
      decodePicture(arrays.picture).then((bitmap) => {
        take(view, header, bitmap, arrays);
        root.dataset.ready = header.id;
        view.draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

/** Everything that the explorer knows and is made of; nothing else holds state. */
function create(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    tables: { viridis: colourTable("viridis"), spotlight: lightTable(), diverging: colourTable("diverging") },
    data: null, // {header, heads, bitmap, spotlight}
    hovered: null, // token under the pointer, on the picture
    cell: null, // [query, key] under the pointer, on the matrix
    thumb: null, // [layer, head] under the pointer, on the wall
    weights: null, // [layers, heads, tokens]
    tops: null, // [layers, heads]: the end of each map's colour scale
    computed: "", // what the weights are of: token, direction and factor
    known: null, // [layers]: whether a layer's weights are those
    latest: 0, // the layer computed last
    narrow: false,
    teach: { scaled: true, temperature: 1 },
  };
  view.draw = everyFrame(() => view.data && drawExplorer(view));
  view.options = optionsHere();
  Object.assign(view, explorer(view));
  view.panels = panelsOf(view);
  view.inkOfMarks = watched(view.marks, view.draw);
  view.fitMap = watched(view.map, view.draw);
  view.say = speaker(root, () => view.panels[view.options.tab].describe?.());
  return view;
}

function panelsOf(view) {
  const change = (changes) => {
    Object.assign(view, changes);
    view.draw();
  };
  const working = workingPanel(view.draw, (teach) => change({ teach }), check.bind(null, view));
  const onHover = (query, key) => change({ cell: query === null ? null : [query, key] });
  return {
    working: { title: "One weight, step by step", ...working },
    matrix: { title: "Matrix", ...matrixPanel(view.root, view.zooms.matrix, onHover, (query) => pin(view, query)) },
    compare: { title: "Compare two", ...comparePanel(view.root, view.tables) },
  };
}

function check(view) {
  const { layer, head } = headShown(view);
  const [query, key] = pairOf(view);
  const { weight } = view.data.heads.steps(layer, head, query, key);
  view.api.setTriggerValue("check", { layer, head, query, key, weight });
}

/** Another picture or model. */
function take(view, header, bitmap, arrays) {
  const heads = new AllHeads(header, arrays.q, arrays.k, arrays.lse);
  const spotlight = spotlightOf(bitmap);
  Object.assign(view, { data: { header, bitmap, heads, spotlight }, computed: "", hovered: null, cell: null, thumb: null });
  view.weights = new Float32Array(header.depth * header.heads * heads.tokens);
  view.tops = new Float32Array(header.depth * header.heads);
  view.known = new Uint8Array(header.depth);
  view.options = optionsHere();
  view.root.explorer = heads;
  build(view);
}

function build(view) {
  const { header, bitmap } = view.data;
  const { base } = view;
  const hover = (token) => {
    view.hovered = token;
    view.draw();
  };
  view.prefixButtons = header.prefix.map((label, i) =>
    el("button", {
      type: "button",
      text: label,
      "aria-label": `${label} as query`,
      onpointerenter: () => view.options.pinned || hover(i),
      onpointerleave: () => hover(null),
      onclick: () => pin(view, i),
    }),
  );
  view.prefix.replaceChildren(...view.prefixButtons, view.hint);
  const numbers = (count) => Array.from({ length: count }, (_, i) => el("span", { text: i + 1 }));
  view.down.replaceChildren(...numbers(header.depth));
  view.across.replaceChildren(...numbers(header.heads));
  [base.width, base.height] = [header.imageSize[1], header.imageSize[0]];
  base.getContext("2d").drawImage(bitmap, 0, 0);
  base.setAttribute(
    "aria-label",
    `The picture in ${header.grid[0]} by ${header.grid[1]} patches. Arrow keys move, Enter pins the query, Escape lets it go.`,
  );
  view.wall.setAttribute(
    "aria-label",
    `Maps of the heads: ${header.depth} layers of ${header.heads}. Left and right choose another head, up and down another layer.`,
  );
}
