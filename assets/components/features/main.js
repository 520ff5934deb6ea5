// How alike tokens are: the cosine of the token under the pointer with all others, in one layer. Layers that have come are kept.
import { decodePicture, outlinePatch, paintGrid, themeOf, watched } from "../kit/picture/canvas.js";
import { colourBar, colourTable } from "../kit/picture/colours.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { tokenName } from "../kit/grid.js";
import { Columns } from "../kit/numbers/columns.js";
import { othersOf, toLengthOne } from "../kit/numbers/likeness.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, selected } from "../kit/view.js";
import { chooseToken, tokenOf } from "./choices.js";
import { elements, layOut } from "./layout.js";
import { listen } from "./listen.js";
import { ROWS, cosine, factsOf, meaningOf } from "./words.js";

const MOST_KEPT = 2 ** 27; // bytes of layers, as they are computed with

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    ...elements(),
    root,
    tables: { own: colourTable("viridis"), full: colourTable("diverging") },
    data: null, // {header, bitmap}
    layers: new Map(), // name of a layer and its rows -> {header, rows}
    hovered: null,
    computed: "", // what `likeness` is of
    likeness: new Float32Array(0),
  };
  view.draw = everyFrame(() => view.data && drawAll(view));
  layOut(view);
  view.fitMarks = watched(view.marks, view.draw);
  view.say = speaker(root);
  listen(view);
  const unsubscribe = store.subscribe(view.draw);
  const resized = new ResizeObserver(view.draw);
  resized.observe(root);
  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (view.layers.get(nameOf(header))?.header.id === header.id && view.data?.header.of === header.of) return view.draw();
      decodePicture(arrays.picture).then((bitmap) => {
        take(view, header, bitmap, arrays.rows);
        view.draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

const nameOf = ({ layer, rows, content }) => `${layer} ${rows} ${content}`;

/** Another layer or other rows; of another picture or model, all that was kept goes. */
function take(view, header, bitmap, rows) {
  const { layers, base } = view;
  const count = header.prefix.length + header.grid[0] * header.grid[1];
  if (view.data?.header.of !== header.of) {
    layers.clear();
    view.hovered = null;
  }
  layers.delete(nameOf(header));
  layers.set(nameOf(header), { header, columns: new Columns(toLengthOne(rows, rows.length / count), { count }) });
  while (layers.size > 1 && layers.size * rows.byteLength > MOST_KEPT) layers.delete(layers.keys().next().value);
  view.data = { header, bitmap };
  [base.width, base.height] = [header.imageSize[1], header.imageSize[0]];
  base.getContext("2d").drawImage(bitmap, 0, 0);
  view.prefixButtons = header.prefix.map((_, i) =>
    el("button", {
      type: "button",
      onpointerenter: () => view.hover(i),
      onpointerleave: () => view.hover(null),
      onclick: () => chooseToken(i),
    }),
  );
  view.prefix.replaceChildren(...view.prefixButtons, view.hint);
}

/** What is wanted, if it has come, else what came last. */
function shownOf(view) {
  const { header } = view.data;
  const { rows, content } = fromView("features");
  const wanted = view.layers.get(nameOf({ layer: selected(header).layer, rows, content }));
  return { ...(wanted ?? view.layers.get(nameOf(header))), waits: !wanted };
}

function drawAll(view) {
  const start = performance.now();
  const shown = shownOf(view);
  const { header, columns, waits } = shown;
  const token = view.hovered ?? tokenOf(header);
  const style = themeOf(view.root);
  const first = header.prefix.length;
  const name = `${header.id} ${token}`;
  if (view.computed !== name) {
    if (view.likeness.length !== columns.count) view.likeness = new Float32Array(columns.count);
    columns.dotsWith(0, token, view.likeness);
    view.computed = name;
  }
  const patches = view.likeness.subarray(first);
  const others = othersOf(patches, token - first);
  paint(view, header, patches, { token, others, style });
  showControls(view, header, waits);
  showNumbers(view, header, token, others);
  view.zoom.draw();
  view.root.likeness = view.likeness;
  view.root.dataset.ready = header.id;
  globalThis.__vitTimes?.push(performance.now() - start);
}

function paint(view, { grid, prefix }, patches, { token, others, style }) {
  const span = fromView("features", "span");
  const [low, top] = span === "full" || others.most === null ? [-1, 1] : [patches[others.least], patches[others.most]];
  paintGrid(view.map, patches, grid, view.tables[span], low, top);
  const { ink, width, height } = view.fitMarks();
  if (others.most !== null) outlinePatch(ink, style, others.most, grid, [width, height], 1);
  outlinePatch(ink, style, token - prefix.length, grid, [width, height], 3);
  const ends = `${span} ${cosine(low)} ${cosine(top)}`;
  if (view.bar.dataset.ends === ends) return;
  view.bar.dataset.ends = ends;
  colourBar(view.bar, view.tables[span], low, top);
  [view.bar.firstChild.textContent, view.bar.lastChild.textContent] = [cosine(low), cosine(top)];
}

function showControls(view, header, waits) {
  const { rows, span } = fromView("features");
  const { layer } = selected(header);
  view.choices.show();
  view.spans.show(span);
  mark(view.layer.input, "max", header.depth);
  if (+view.layer.input.value !== layer + 1) view.layer.input.value = layer + 1;
  put(view.layer.value, `${layer + 1}/${header.depth}`);
  put(view.waits, waits ? `${ROWS[rows]} of layer ${layer + 1} are on their way` : "");
}

function showNumbers(view, header, token, others) {
  const name = tokenName(header, token);
  put(view.title, `Layer ${header.layer + 1}, ${ROWS[header.rows]}: like ${name}`);
  const facts = factsOf(header, token, view.likeness, others);
  showFacts(view.facts, facts);
  put(view.note, meaningOf(header));
  view.prefixButtons.forEach((button, i) => {
    put(button, `${header.prefix[i]} ${cosine(view.likeness[i])}`);
    mark(button, "aria-pressed", token === i);
  });
  mark(
    view.base,
    "aria-label",
    `The picture in ${header.grid[0]} by ${header.grid[1]} patches. Arrow keys move, Enter keeps a patch as the token.`,
  );
  view.say(`${view.title.textContent}. ${facts.map(([fact, value]) => `${fact} ${value}`).join(", ")}.`);
}
