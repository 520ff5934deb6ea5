// Patches removed from the picture, and added to the covered one, in three orders: curves, areas, and the pictures themselves.
import { watched } from "../kit/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { store } from "../kit/store.js";
import { fromView, selected, withView } from "../kit/view.js";
import { followedName, followedNote, pictureKeeper } from "./parts.js";

const CURVE_COLOURS = { attention: "#d55e00", occlusion: "#0072b2", random: "#8d949c" };

export function curvesView(root) {
  const keep = pictureKeeper();
  const say = speaker(root);
  let data = null;
  let point = null;
  const redraw = everyFrame(draw);
  const chart = (name, title) => {
    const canvas = el("canvas", { class: "chart", role: "img" });
    const found = { name, title, canvas, fit: watched(canvas, redraw), picture: el("canvas", { class: "picture", role: "img" }) };
    found.fitPicture = watched(found.picture, redraw);
    found.node = el("figure", {}, el("figcaption", {}, el("strong", { text: title })), canvas, found.picture);
    canvas.addEventListener("pointermove", (event) => {
      if (!data) return;
      const box = canvas.getBoundingClientRect();
      const at = ((event.clientX - box.left - 44) / (box.width - 54)) * last();
      move(Math.max(0, Math.min(last(), Math.round(at))));
    });
    return found;
  };
  const charts = [chart("deletion", "Removed, one share after the other"), chart("insertion", "Added to the covered picture")];
  const share = rangeOf("Share of the patches", { min: 0, step: 1 });
  const orders = choiceOf("Order", { attention: "attention", occlusion: "occlusion", random: "random" }, (name) =>
    store.commit({ view: withView("experiments", { order: name }) }),
  );
  const ways = choiceOf("Attention", { layer: "one layer", rollout: "rollout" }, (name) =>
    store.commit({ view: withView("experiments", { map: name }) }),
  );
  const layer = rangeOf("Attention of layer", { min: 1, step: 1 });
  const rows = el("tbody");
  const note = el("p", { class: "aside" });
  const head = ["order", "at this share", "area, removed", "at this share", "area, added"];
  root.append(
    el(
      "div",
      { class: "curves" },
      ...charts.map((found) => found.node),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "The pictures, in order of" }), orders.node, share.node),
        el("section", { class: "card" }, el("h3", { text: "Attention of" }), ways.node, layer.node),
      ),
    ),
    el(
      "div",
      { class: "wide" },
      el("table", { class: "numbers" }, el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { text })))), rows),
    ),
    note,
  );

  const last = () => data.arrays.shares.length - 1;
  const order = () => fromView("experiments", "order");
  const rolled = () => fromView("experiments", "map") === "rollout";
  const at = () => point ?? fromView("experiments", "share", { shares: last() }) ?? Math.round(last() / 3);
  const move = (next) => ((point = next), redraw());

  /** One curve; for random orders the mean, the lowest and the highest of them. */
  function curve(name, kind) {
    const { arrays, header } = data;
    const points = arrays.shares.length;
    const of = (i) => arrays[name].subarray(i * points, (i + 1) * points);
    if (kind !== "random") return { mean: of(kind === "attention" ? 0 : 1) };
    const all = Array.from({ length: header.seeds }, (_, i) => of(2 + i));
    const across = (pick) => Float32Array.from({ length: points }, (_, i) => pick(all.map((values) => values[i])));
    return {
      mean: across((v) => v.reduce((a, b) => a + b) / v.length),
      low: across((v) => Math.min(...v)),
      high: across((v) => Math.max(...v)),
    };
  }

  function draw() {
    if (!data) return;
    const { header, arrays } = data;
    const now = Math.max(0, at());
    let top = header.before;
    for (const name of ["deletion", "insertion"]) for (const value of arrays[name]) if (value > top) top = value;
    let bottom = 0;
    for (const name of ["deletion", "insertion"]) for (const value of arrays[name]) if (value < bottom) bottom = value;
    for (const found of charts) {
      drawChart(found, bottom, top, now);
      drawPicture(found, now);
    }
    share.input.max = last();
    if (+share.input.value !== now) share.input.value = now;
    const percent = `${Math.round(100 * arrays.shares[now])}%`;
    put(share.value, percent);
    orders.show(order());
    ways.show(rolled() ? "rollout" : "layer");
    layer.node.hidden = rolled();
    layer.input.max = header.depth;
    const own = selected(header).layer + 1;
    if (+layer.input.value !== own) layer.input.value = own;
    put(layer.value, `${own}/${header.depth}`);
    const names = { attention: `by attention, ${header.source}`, occlusion: "by occlusion", random: `at random, mean of ${header.seeds}` };
    const number = (value) => (value === null || Number.isNaN(value) ? "—" : four(value));
    const areaOf = (side, kind) => {
      const found = header.areas[side];
      if (kind !== "random") return number(found[kind === "attention" ? 0 : 1]);
      const some = found.slice(2);
      if (some.includes(null)) return "—";
      return `${number(some.reduce((a, b) => a + b) / some.length)} (${number(Math.min(...some))} to ${number(Math.max(...some))})`;
    };
    rows.replaceChildren(
      ...Object.keys(CURVE_COLOURS).map((kind) =>
        el(
          "tr",
          {},
          el("td", {}, el("i", { class: "key", style: `background:${CURVE_COLOURS[kind]}` }), names[kind]),
          el("td", { text: number(curve("deletion", kind).mean[now]) }),
          el("td", { text: areaOf(0, kind) }),
          el("td", { text: number(curve("insertion", kind).mean[now]) }),
          el("td", { text: areaOf(1, kind) }),
        ),
      ),
    );
    put(
      note,
      `An order that finds what the answer rests on falls early when patches are removed (small area) and rises early when they are added (large area). Removed patches take the picture’s mean colour. ${followedNote(header)}`,
    );
    const said = Object.keys(CURVE_COLOURS).map(
      (kind) =>
        `${names[kind]}: ${number(curve("deletion", kind).mean[now])} with ${percent} removed, ${number(curve("insertion", kind).mean[now])} with ${percent} added`,
    );
    say(`${followedName(header)}. ${said.join("; ")}.`);
  }

  function drawChart(found, bottom, top, now) {
    const {
      header,
      arrays: { shares },
    } = data;
    const { ink, width, height } = found.fit();
    const style = getComputedStyle(found.canvas);
    const [l, r, t, b] = [44, 10, 20, 34];
    const x = (i) => l + (width - l - r) * shares[i];
    const y = (value) => height - b - ((height - t - b) * (value - bottom)) / (top - bottom);
    ink.font = `12px ${style.fontFamily}`;
    ink.strokeStyle = style.getPropertyValue("--line");
    ink.fillStyle = style.getPropertyValue("--muted");
    ink.lineWidth = 1;
    for (const part of [0, 0.5, 1]) {
      const value = bottom + part * (top - bottom);
      ink.textAlign = "right";
      ink.fillText(part === 0 && bottom === 0 ? "0" : value.toPrecision(2), l - 6, y(value) + 4);
      ink.beginPath();
      ink.moveTo(l, y(value));
      ink.lineTo(width - r, y(value));
      ink.stroke();
      ink.textAlign = part === 1 ? "right" : "center";
      ink.fillText(`${100 * part}%`, l + (width - l - r) * part, height - b + 16);
    }
    ink.textAlign = "left";
    ink.fillText(followedName(header), 2, 12);
    ink.textAlign = "right";
    ink.fillText(`share ${found.name === "deletion" ? "removed" : "added"}`, width - r, height - 4);
    const line = (values) => {
      ink.beginPath();
      values.forEach((value, i) => !Number.isNaN(value) && ink.lineTo(x(i), y(value)));
      ink.stroke();
    };
    for (const kind of ["random", "occlusion", "attention"]) {
      const { mean, low, high } = curve(found.name, kind);
      ink.strokeStyle = ink.fillStyle = CURVE_COLOURS[kind];
      if (low && !Number.isNaN(mean[mean.length - 1])) {
        ink.globalAlpha = 0.22;
        ink.beginPath();
        low.forEach((value, i) => ink.lineTo(x(i), y(value)));
        for (let i = high.length - 1; i >= 0; i--) ink.lineTo(x(i), y(high[i]));
        ink.fill();
        ink.globalAlpha = 1;
      }
      ink.lineWidth = kind === order() ? 3 : 1.75;
      line(mean);
      ink.beginPath();
      if (!Number.isNaN(mean[now])) ink.arc(x(now), y(mean[now]), 4, 0, 7);
      ink.fill();
    }
    ink.strokeStyle = style.getPropertyValue("--text");
    ink.lineWidth = 1;
    ink.globalAlpha = 0.5;
    ink.beginPath();
    ink.moveTo(x(now), t);
    ink.lineTo(x(now), height - b);
    ink.stroke();
    ink.globalAlpha = 1;
    mark(
      found.canvas,
      "aria-label",
      `${found.title}: ${followedName(header)} by the share of the patches, in three orders. The slider chooses a share.`,
    );
  }

  function drawPicture(found, now) {
    const { header, arrays, bitmap } = data;
    const { ink, width, height } = found.fitPicture();
    const [rowCount, cols] = header.grid;
    ink.drawImage(bitmap, 0, 0, width, height);
    const size = rowCount * cols;
    const which = Object.keys(CURVE_COLOURS).indexOf(order());
    const ranking = arrays.orders.subarray(which * size, (which + 1) * size);
    const count = Math.round(arrays.shares[now] * size);
    ink.fillStyle = `rgb(${header.mean.join(",")})`;
    const gone = found.name === "deletion" ? ranking.subarray(0, count) : ranking.subarray(count);
    const edge = (i, total, whole) => Math.round((i * whole) / total);
    for (const patch of gone) {
      const [row, col] = [Math.floor(patch / cols), patch % cols];
      const [x0, y0] = [edge(col, cols, width), edge(row, rowCount, height)];
      ink.fillRect(x0, y0, edge(col + 1, cols, width) - x0, edge(row + 1, rowCount, height) - y0);
    }
    const verb = found.name === "deletion" ? "removed" : "added";
    mark(
      found.picture,
      "aria-label",
      ranking.length ? `The picture with ${count} of ${size} patches ${verb}, ${order()}.` : "The picture; the orders are not known yet.",
    );
  }

  share.input.addEventListener("input", () => move(+share.input.value));
  share.input.addEventListener("change", () => store.commit({ view: withView("experiments", { share: +share.input.value }) }));
  layer.input.addEventListener("input", () => put(layer.value, `${layer.input.value}/${data.header.depth}`));
  layer.input.addEventListener("change", () => store.commit({ layer: layer.input.value - 1 }));
  const unsubscribe = store.subscribe(redraw);

  return {
    async update(header, arrays) {
      data = { header, arrays, bitmap: await keep(header, arrays) };
      draw();
    },
    destroy: unsubscribe,
  };
}
