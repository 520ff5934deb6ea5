// Step 7: the MLP of one layer for one token: its neurons on the curve of the activation, and what drives one of them. In a gated MLP (SwiGLU)
// a neuron is a gate, which stands on the curve, times a value.
import { outlineCell, sharp } from "../kit/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { tokenName } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { fillChoices, fillFacts, numeral, patchPicker, productCard, vectorRow } from "./parts.js";

/** The error function, to about 1.2e-7 (a rational Chebyshev fit of erfc). */
function erf(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const poly = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  let sum = 0;
  for (let i = poly.length - 1; i >= 0; i--) sum = sum * t + poly[i];
  const tail = t * Math.exp(-x * x - 1.26551223 + t * sum);
  return x >= 0 ? 1 - tail : tail - 1;
}

/** The model's activation functions by the names of its configuration. */
export const ACTIVATION_OF = {
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  quick_gelu: (x) => x / (1 + Math.exp(-1.702 * x)),
  silu: (x) => x / (1 + Math.exp(-x)),
};
const BEND_NAMES = { gelu: "GELU", gelu_tanh: "GELU", quick_gelu: "QuickGELU", silu: "SiLU" };

export function mlpStep(ctx) {
  const picker = patchPicker(ctx, "Pick a token");
  const layer = rangeOf("Layer", { min: 1 });
  const curve = el("canvas", { class: "curve", tabindex: 0, role: "img" });
  const list = el("div", { class: "neurons", role: "listbox", "aria-label": "The most active neurons" });
  const drivers = el("div", { class: "crops drivers" });
  const curveTitle = el("span");
  const driversTitle = el("p", { class: "small" });
  const facts = el("dl", { class: "facts" });
  const rows = [
    vectorRow(ctx, "#56b4e9"),
    vectorRow(ctx, "#e69f00"),
    vectorRow(ctx, "accent", (i) => ((place = i), tab("out"), ctx.redraw())),
  ];
  const cards = {
    in: productCard(ctx, "A neuron", ""),
    value: productCard(ctx, "Its value", ""),
    out: productCard(ctx, "One number of what is added", ""),
  };
  const tabs = choiceOf(
    "What is laid open",
    { in: "Into the neuron", value: "Its value", out: "Out of the MLP" },
    (name) => (tab(name), ctx.redraw()),
  );
  const node = el(
    "div",
    { class: "cols lean" },
    el("div", { class: "stack tight" }, picker.node, layer.node, facts),
    el(
      "div",
      { class: "stack" },
      el(
        "div",
        { class: "cols halves" },
        el("div", {}, el("div", { class: "caption" }, curveTitle), curve),
        el(
          "div",
          { class: "stack tight" },
          el("div", { class: "caption" }, el("span", { text: "Most active neurons of this token" })),
          list,
          driversTitle,
          drivers,
        ),
      ),
      el("div", { class: "cols thirds" }, ...rows.map((r) => r.node)),
      el("div", { class: "tabbed" }, tabs.node, ...Object.values(cards).map((card) => card.node)),
    ),
  );
  let [neuron, place, opened, chosen] = [0, 0, "in", false];
  const images = new Map();
  function tab(name) {
    opened = name;
    tabs.show(name);
    for (const [key, card] of Object.entries(cards)) card.node.hidden = key !== name;
  }
  tab("in");

  layer.input.addEventListener("input", () => (layer.value.textContent = `${layer.input.value}/${ctx.header.depth}`));
  layer.input.addEventListener("change", () => store.commit({ layer: +layer.input.value - 1 }));
  curve.addEventListener("pointermove", (event) => ctx.part && nearest(event));
  curve.addEventListener("click", (event) => ctx.part && (nearest(event), (chosen = true)));
  curve.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !ctx.part) return;
    event.preventDefault();
    event.stopPropagation();
    const pre = ofToken(ctx.part);
    const order = Array.from(pre.keys()).sort((a, b) => pre[a] - pre[b]);
    pick(order[Math.max(0, Math.min(order.length - 1, order.indexOf(neuron) + step))]);
  });

  /** What stands before the bend for the chosen token: the neurons, or their gates; `values`: what the gates are multiplied with. */
  const widthOf = (header) => (header.ffn === "swiglu" ? 2 : 1) * header.hidden;
  const ofToken = ({ header, arrays }, from = 0) =>
    arrays.pre.subarray(ctx.token() * widthOf(header) + from, ctx.token() * widthOf(header) + from + header.hidden);
  const range = (pre) => [Math.min(-4, ...pre), Math.max(3, ...pre)];
  function nearest(event) {
    const box = curve.getBoundingClientRect();
    const pre = ofToken(ctx.part);
    const [low, high] = range(pre);
    const x = low + ((event.clientX - box.left) / box.width) * (high - low);
    pick(pre.reduce((best, v, i) => (Math.abs(v - x) < Math.abs(pre[best] - x) ? i : best), 0));
  }
  function pick(next) {
    neuron = next;
    chosen = true;
    if (opened === "out") tab("in");
    ctx.redraw();
  }

  function draw(part) {
    const { header, arrays } = part;
    const { dim, hidden, layer: l } = header;
    const gated = header.ffn === "swiglu";
    const bend = gated ? "silu" : header.act;
    const act = ACTIVATION_OF[bend];
    const token = ctx.token();
    const pre = ofToken(part);
    const values = gated ? ofToken(part, hidden) : null;
    const post = Float64Array.from(pre, (v, i) => act(v) * (gated ? values[i] : 1));
    const order = Array.from(post.keys()).sort((a, b) => post[b] - post[a]);
    if (!chosen || neuron >= hidden) neuron = order[0];
    place = Math.min(place, dim - 1);
    tabs.node.children[1].hidden = !gated;
    if (!gated && opened === "value") tab("in");
    layer.input.max = header.depth;
    if (ctx.root.getRootNode().activeElement !== layer.input)
      ((layer.input.value = l + 1), (layer.value.textContent = `${l + 1}/${header.depth}`));
    const wide = widthOf(header);
    const map = new Float32Array(arrays.pre.length / wide - header.prefix.length);
    for (let i = 0; i < map.length; i++) {
      const at = (i + header.prefix.length) * wide + neuron;
      map[i] = act(arrays.pre[at]) * (gated ? arrays.pre[at + hidden] : 1);
    }
    const [least, most] = [Math.min(...map), Math.max(...map)];
    picker.draw(part, { map, low: least, high: most, caption: `Neuron ${neuron + 1} of ${hidden} in every patch` });
    curveTitle.textContent = `${BEND_NAMES[bend]}, the bend, and this token’s ${hidden} ${gated ? "gates" : "neurons"} on it`;
    drawCurve(pre, act, BEND_NAMES[bend]);
    fillChoices(
      list,
      order.slice(0, 8).map((i) => ({
        id: String(i),
        chosen: i === neuron,
        choose: () => pick(i),
        parts: [el("span", { class: "muted", text: `${i + 1}` }), " ", numeral(post[i], `post:${l}:${token}:${i}`)],
      })),
    );
    const normed = arrays.norm.subarray(token * dim, (token + 1) * dim);
    const column = (i) => arrays.w1.subarray(i * dim, (i + 1) * dim);
    const told = {
      in: cards.in.show({
        title: gated ? `Gate of neuron ${neuron + 1} before ${BEND_NAMES[bend]}` : `Neuron ${neuron + 1} before ${BEND_NAMES[bend]}`,
        a: normed,
        b: column(neuron),
        aName: "the normalised token",
        bName: "this neuron’s weights",
        bias: arrays.b1[neuron],
        value: pre[neuron],
        key: `pre:${l}:${token}:${neuron}`,
      }),
    };
    if (gated)
      told.value = cards.value.show({
        title: `Value of neuron ${neuron + 1}`,
        a: normed,
        b: column(hidden + neuron),
        aName: "the normalised token",
        bName: "the weights of its value",
        bias: arrays.b1[hidden + neuron],
        value: values[neuron],
        key: `pre:${l}:${token}:${hidden + neuron}`,
      });
    const alive = post.reduce((n, v) => n + ((gated ? Math.abs(v) : v) > 0.1 ? 1 : 0), 0);
    const beyond = gated ? "beyond ±0.1" : "above 0.1";
    const lines = [
      ["token", tokenName(header, token)],
      [gated ? "its gate" : `before ${BEND_NAMES[bend]}`, pre[neuron], `pre:${l}:${token}:${neuron}`],
    ];
    if (gated)
      lines.push(
        ["gate after SiLU", act(pre[neuron]), `gate:${l}:${token}:${neuron}`],
        ["its value", values[neuron], `pre:${l}:${token}:${hidden + neuron}`],
      );
    lines.push(
      [gated ? "gate × value" : "after", post[neuron], `post:${l}:${token}:${neuron}`],
      [`neurons ${beyond}`, `${alive} of ${hidden}`],
      [gated ? "gates below 0" : "before: below 0", `${pre.reduce((n, v) => n + (v < 0 ? 1 : 0), 0)} of ${hidden}`],
    );
    fillFacts(facts, lines);
    const update = arrays.update.subarray(token * dim, (token + 1) * dim);
    rows[0].draw(normed, { title: `in: ${dim} normalised` });
    rows[1].draw(post, { title: `${hidden} neurons, ${gated ? "gated" : "bent"}`, at: neuron });
    rows[2].draw(update, { title: `out: ${dim} to add`, at: place, key: `mlpUpdate:${l}:${token}` });
    const gamma = arrays.scale[place];
    told.out = cards.out.show({
      title: `Number ${place + 1} of what is added`,
      a: post,
      b: arrays.w2.subarray(place * hidden, (place + 1) * hidden),
      aName: "the neurons",
      bName: "a row of the last matrix",
      bias: arrays.b2[place],
      value: update[place],
      key: `mlpUpdate:${l}:${token}:${place}`,
      after: gamma === 1 ? null : { text: `× γ ${four(gamma)}`, apply: (s) => gamma * s },
    });
    drawDrivers(part);
    return `Layer ${l + 1}, ${tokenName(header, token)}: neuron ${neuron + 1} gives ${four(post[neuron])}; ${alive} of ${hidden} neurons are ${beyond}. ${told[opened]}`;
  }

  function drawCurve(pre, act, name) {
    const { ink, width, height } = sharp(curve);
    const style = getComputedStyle(ctx.root);
    const [low, high] = range(pre);
    const [bottom, top] = [-0.6, Math.max(1, act(high))];
    const x = (v) => ((v - low) / (high - low)) * width;
    const y = (v) => height - 16 - ((v - bottom) / (top - bottom)) * (height - 24);
    ink.strokeStyle = style.getPropertyValue("--st-border-color");
    ink.beginPath();
    (ink.moveTo(0, y(0)), ink.lineTo(width, y(0)), ink.moveTo(x(0), 0), ink.lineTo(x(0), height - 14));
    ink.stroke();
    ink.strokeStyle = style.getPropertyValue("--st-text-color");
    ink.lineWidth = 1.5;
    ink.beginPath();
    for (let i = 0; i <= width; i += 2) ink.lineTo(i, y(act(low + (i / width) * (high - low))));
    ink.stroke();
    ink.fillStyle = "rgba(230,159,0,0.55)";
    for (const v of pre) ink.fillRect(x(v) - 1.5, y(act(v)) - 1.5, 3, 3);
    for (const [colour, radius] of [
      ["--st-background-color", 6.5],
      ["--st-text-color", 5],
      ["--st-background-color", 3],
    ]) {
      ink.fillStyle = style.getPropertyValue(colour);
      ink.beginPath();
      ink.arc(x(pre[neuron]), y(act(pre[neuron])), radius, 0, 7);
      ink.fill();
    }
    ink.fillStyle = style.getPropertyValue("--st-text-color");
    ink.font = "12px system-ui, sans-serif";
    for (let v = Math.ceil(low); v <= high; v += Math.ceil((high - low) / 10))
      ink.fillText(String(v).replace("-", "−"), Math.min(width - 14, x(v) + 2), height - 2);
    curve.setAttribute(
      "aria-label",
      `${name} with ${pre.length} neurons on it. Neuron ${neuron + 1}: ${four(pre[neuron])} becomes ${four(act(pre[neuron]))}. Arrow keys go to the next neuron.`,
    );
  }

  function drawDrivers({ header, drivers: found }) {
    driversTitle.textContent = found
      ? `Patches of the gallery that drive neuron ${neuron + 1} most:`
      : "The model is being run on the gallery…";
    if (!found) return drivers.replaceChildren();
    const {
      drivers: count,
      gallery,
      gallerySize: [size, side],
    } = found.header;
    const cols = size / side;
    drivers.replaceChildren(
      ...Array.from({ length: count }, (_, i) => {
        const at = neuron * count + i;
        const [picture, patch] = [found.arrays.drivePicture[at], found.arrays.drivePatch[at]];
        const [row, col] = [Math.floor(patch / cols), patch % cols];
        const canvas = el("canvas", {
          width: 56,
          height: 56,
          style: "width:56px;height:56px",
          role: "img",
          "aria-label": `${gallery[picture].title}, row ${row + 1}, column ${col + 1}`,
        });
        const { title, address } = gallery[picture];
        const paint = (image) => {
          const own = image.naturalWidth / cols;
          const ink = canvas.getContext("2d");
          // The patch and what lies around it, three by three within the picture, so that one sees what it belongs to.
          const [x, y] = [col, row].map((i) => Math.max(0, Math.min(cols - 3, i - 1)));
          ink.drawImage(image, x * own, y * own, 3 * own, 3 * own, 0, 0, 56, 56);
          outlineCell(ink, getComputedStyle(ctx.root), ((col - x) * 56) / 3, ((row - y) * 56) / 3, 56 / 3, 56 / 3);
        };
        const known = images.get(address);
        if (known?.complete) paint(known);
        else {
          const image = known ?? new Image();
          images.set(address, image);
          image.addEventListener("load", () => paint(image), { once: true });
          image.src ||= address;
        }
        return el(
          "figure",
          { title: `${title}, row ${row + 1}, col ${col + 1}` },
          canvas,
          el("figcaption", { class: "small" }, numeral(found.arrays.driveValue[at], `drive:${header.layer}:${neuron}:${i}`)),
        );
      }),
    );
  }
  return { node, draw };
}
