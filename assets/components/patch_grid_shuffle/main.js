import { decodePicture, sharp } from "../kit/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { four, percent } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";

// The same set of patches in another order: what the model says with its positions and without.
export default mounts((root) => {
  let data = null; // {header, arrays, bitmap}
  let order = null; // the order on screen, which a press changes before the model has answered
  let waiting = null;
  const [ordered, mixed] = [el("canvas", { role: "img" }), el("canvas", { role: "img" })];
  const button = el("button", { type: "button", onclick: shuffle });
  const table = el("table", { class: "answers" });
  const note = el("p", { class: "muted" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(
    el("h2", { text: "The same patches in another order" }),
    el(
      "div",
      { class: "shuffle" },
      el("figure", {}, el("figcaption", { class: "muted" }, "in order"), ordered),
      el("figure", {}, el("figcaption", { class: "muted" }, "shuffled"), mixed),
      el("div", {}, button, table, note),
    ),
    summary,
  );

  function shuffle() {
    if (!data) return;
    waiting = data.header.seed + 1;
    order = data.arrays.following;
    root.api.setTriggerValue("shuffle", waiting);
    draw();
  }

  function paint(canvas, places) {
    const {
      grid: [rows, cols],
    } = data.header;
    canvas.style.aspectRatio = `${cols} / ${rows}`;
    const { ink, width, height } = sharp(canvas);
    const [w, h] = [data.bitmap.width / cols, data.bitmap.height / rows];
    const [x, y] = [width / cols, height / rows];
    for (let i = 0; i < rows * cols; i++) {
      const p = places ? places[i] : i;
      ink.drawImage(
        data.bitmap,
        (p % cols) * w,
        Math.floor(p / cols) * h,
        w,
        h,
        (i % cols) * x,
        Math.floor(i / cols) * y,
        x + 0.4,
        y + 0.4,
      );
    }
  }

  const draw = everyFrame(() => {
    if (!data) return;
    const { answers, drift, seed, allowed, most, tokens, grid, features } = data.header;
    paint(ordered, null);
    paint(mixed, seed || waiting ? order : null);
    button.textContent = seed || waiting ? "Shuffle again" : "Shuffle and run";
    button.disabled = !allowed;
    const cell = ([label, p]) => el("td", { title: `${p}` }, `${label} `, el("strong", { text: features ? p.toFixed(3) : percent(p) }));
    const shown = answers.length > 0 && waiting === null;
    table.hidden = !shown;
    if (!allowed)
      note.textContent = `This cut has ${tokens} tokens; choose one with at most ${most}, so that three more runs do not take long.`;
    else if (waiting !== null) note.textContent = "The model runs: in order and shuffled, with positions and without.";
    else if (!shown)
      note.textContent = `Mix the ${grid[0] * grid[1]} patches and let the model read them again, with its positions and without.`;
    else {
      const [[a, b], [c, d]] = answers;
      table.replaceChildren(
        el("tr", {}, el("th"), el("th", { text: "in order" }), el("th", { text: "shuffled" })),
        el("tr", {}, el("th", { text: "with positions" }), cell(a), cell(b)),
        el("tr", {}, el("th", { text: "without positions" }), cell(c), cell(d)),
      );
      note.textContent = `Without positions a patch does not know where it was, so the order cannot matter: the ${features ? "features" : "logits"} differ by ${four(drift)} at most, which is rounding. With positions the shuffled picture is another picture.${features ? " This model has no head: shown is the cosine of its features to those in order, with positions." : ""}`;
      summary.textContent = `With positions: ${a[0]} in order, ${b[0]} shuffled. Without: ${c[0]} and ${d[0]}.`;
    }
    ordered.setAttribute("aria-label", `The picture's ${grid[0] * grid[1]} patches in order`);
    mixed.setAttribute("aria-label", seed ? "The same patches shuffled" : "Not shuffled yet");
  });
  const resized = new ResizeObserver(draw);
  resized.observe(root);

  return {
    update(bytes, api) {
      root.api = api;
      const next = unpack(bytes);
      if (next.header.id === data?.header.id) return draw();
      decodePicture(next.arrays.picture).then((bitmap) => {
        data = { ...next, bitmap };
        order = next.arrays.order;
        waiting = null;
        root.dataset.ready = next.header.id;
        draw();
      });
    },
    destroy() {
      resized.disconnect();
    },
  };
});
