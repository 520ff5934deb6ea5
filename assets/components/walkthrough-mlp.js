// Step 7: the MLP of one layer for one token: its neurons on the curve of the activation, and what drives one of them.
import { el, four, store, tokenName } from "./shared.js";
import { rangeOf, sharp } from "./parts.js";
import { cardOf, fillFacts, numeral, patchPicker, productCard, vectorRow } from "./walkthrough-parts.js";

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
};

export function mlpStep(ctx) {
  const picker = patchPicker(ctx, "Pick a token");
  const layer = rangeOf("Layer", { min: 1 });
  const curve = el("canvas", { class: "curve", tabindex: 0, role: "img" });
  const list = el("div", { class: "neurons", role: "listbox", "aria-label": "The most active neurons" });
  const drivers = el("div", { class: "crops drivers" });
  const driversTitle = el("p", { class: "small" });
  const terms = productCard(ctx, "A neuron laid open", "");
  const facts = el("dl", { class: "facts" });
  const rows = [vectorRow(ctx, "#56b4e9"), vectorRow(ctx, "#e69f00"), vectorRow(ctx, "accent", (i) => ((place = i), (opened = "out"), ctx.redraw()))];
  const back = productCard(ctx, "One number of what is added", "");
  const node = el("div", { class: "stack" },
    el("div", { class: "cols two-and-rail" },
      el("div", {}, picker.node, layer.node),
      el("div", { class: "stack" }, el("div", {}, el("div", { class: "caption" }, el("span", { text: "The activation, and the neurons of this token on it" })), curve), el("div", { class: "caption" }, el("span", { text: "Most active neurons" })), list, driversTitle, drivers),
      el("div", { class: "stack" }, terms.node, cardOf("This token", facts).node)),
    el("div", { class: "cols thirds" }, ...rows.map((r) => r.node)), back.node);
  let [neuron, place, opened, chosen] = [0, 0, "", false];
  const images = new Map();

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

  const ofToken = (part) => part.arrays.pre.subarray(ctx.token() * part.header.hidden, (ctx.token() + 1) * part.header.hidden);
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
    ctx.redraw();
  }

  function draw(part) {
    const { header, arrays } = part;
    const { dim, hidden } = header;
    const act = ACTIVATION_OF[header.act];
    const token = ctx.token();
    const pre = ofToken(part);
    const post = Float64Array.from(pre, act);
    const order = Array.from(post.keys()).sort((a, b) => post[b] - post[a]);
    if (!chosen || neuron >= hidden) neuron = order[0];
    place = Math.min(place, dim - 1);
    layer.input.max = header.depth;
    if (ctx.root.getRootNode().activeElement !== layer.input) (layer.input.value = header.layer + 1), (layer.value.textContent = `${header.layer + 1}/${header.depth}`);
    const total = arrays.pre.length / hidden;
    const map = new Float32Array(total - header.prefix.length);
    for (let i = 0; i < map.length; i++) map[i] = act(arrays.pre[(i + header.prefix.length) * hidden + neuron]);
    const [least, most] = [Math.min(...map), Math.max(...map)];
    picker.draw(part, { map, low: least, high: most, caption: `Neuron ${neuron + 1} in every patch` });
    drawCurve(pre, act, header);
    const l = header.layer;
    list.replaceChildren(...order.slice(0, 8).map((i) => el("button", { type: "button", role: "option", "aria-selected": i === neuron, onclick: () => pick(i) }, el("span", { class: "muted", text: `${i + 1}` }), " ", numeral(post[i], `post:${l}:${token}:${i}`))));
    const normed = arrays.norm.subarray(token * dim, (token + 1) * dim);
    terms.show({ title: `Neuron ${neuron + 1} before ${label(header)}`, a: normed, b: arrays.w1.subarray(neuron * dim, (neuron + 1) * dim), aName: "the normalised token", bName: "this neuron’s weights", bias: arrays.b1[neuron], value: pre[neuron], key: `pre:${l}:${token}:${neuron}` });
    const alive = post.reduce((n, v) => n + (v > 0.1 ? 1 : 0), 0);
    fillFacts(facts, [
      ["token", `${tokenName(header, token)} · #${token}`],
      ["sizes", `${dim} → ${hidden} → ${dim}`],
      [`neuron ${neuron + 1}, in`, pre[neuron], `pre:${l}:${token}:${neuron}`],
      [`neuron ${neuron + 1}, out`, post[neuron], `post:${l}:${token}:${neuron}`],
      ["out above 0.1", `${alive} of ${hidden}`],
      ["in below zero", `${pre.reduce((n, v) => n + (v < 0 ? 1 : 0), 0)} of ${hidden}`],
    ]);
    const update = arrays.update.subarray(token * dim, (token + 1) * dim);
    rows[0].draw(normed, { title: `in: ${dim} normalised numbers` });
    rows[1].draw(post, { title: `${hidden} neurons after ${label(header)}`, at: neuron });
    rows[2].draw(update, { title: `out: ${dim} numbers to add`, at: place, key: `mlpUpdate:${l}:${token}` });
    const column = Float64Array.from(post, (_, i) => arrays.w2[place * hidden + i]);
    back.show({ title: `Number ${place + 1} of what is added`, a: post, b: column, aName: "the neurons", bName: "a row of the second matrix", bias: arrays.b2[place], value: update[place], key: `mlpUpdate:${l}:${token}:${place}` });
    drawDrivers(part);
    return `Layer ${l + 1}, ${tokenName(header, token)}: neuron ${neuron + 1} has ${four(pre[neuron])} before and ${four(post[neuron])} after the activation; ${alive} of ${hidden} neurons are above 0.1.`;
  }

  const label = (header) => (header.act === "quick_gelu" ? "QuickGELU" : "GELU");

  function drawCurve(pre, act, header) {
    const { ink, width, height } = sharp(curve);
    const style = getComputedStyle(ctx.root);
    const [low, high] = range(pre);
    const [bottom, top] = [-0.6, Math.max(1, act(high))];
    const x = (v) => ((v - low) / (high - low)) * width;
    const y = (v) => height - 16 - ((v - bottom) / (top - bottom)) * (height - 24);
    ink.strokeStyle = style.getPropertyValue("--st-border-color");
    ink.beginPath();
    ink.moveTo(0, y(0)), ink.lineTo(width, y(0)), ink.moveTo(x(0), 0), ink.lineTo(x(0), height - 14);
    ink.stroke();
    ink.strokeStyle = style.getPropertyValue("--st-text-color");
    ink.lineWidth = 1.5;
    ink.beginPath();
    for (let i = 0; i <= width; i += 2) ink.lineTo(i, y(act(low + (i / width) * (high - low))));
    ink.stroke();
    ink.fillStyle = "rgba(230,159,0,0.55)";
    for (const v of pre) ink.fillRect(x(v) - 1.5, y(act(v)) - 1.5, 3, 3);
    ink.fillStyle = style.getPropertyValue("--st-primary-color");
    ink.beginPath();
    ink.arc(x(pre[neuron]), y(act(pre[neuron])), 5, 0, 7);
    ink.fill();
    ink.fillStyle = style.getPropertyValue("--st-text-color");
    ink.font = "12px system-ui, sans-serif";
    for (let v = Math.ceil(low); v <= high; v += Math.ceil((high - low) / 10)) ink.fillText(String(v).replace("-", "−"), Math.min(width - 14, x(v) + 2), height - 2);
    curve.setAttribute("aria-label", `${label(header)} with ${pre.length} neurons on it. Neuron ${neuron + 1}: ${four(pre[neuron])} becomes ${four(act(pre[neuron]))}. Arrow keys go to the next neuron.`);
  }

  function drawDrivers(part) {
    const { header, arrays } = part;
    driversTitle.textContent = `Patches of the gallery that drive neuron ${neuron + 1} most:`;
    const side = 224 / header.galleryGrid;
    drivers.replaceChildren(...Array.from({ length: header.drivers }, (_, i) => {
      const at = neuron * header.drivers + i;
      const [picture, patch] = [arrays.drivePicture[at], arrays.drivePatch[at]];
      const canvas = el("canvas", { width: 56, height: 56, style: "width:56px;height:56px" });
      const { title, address } = header.gallery[picture];
      const paint = (image) => {
        const [row, col] = [Math.floor(patch / header.galleryGrid), patch % header.galleryGrid];
        // The patch in the middle, and as much around it, so that one sees what it belongs to.
        canvas.getContext("2d").drawImage(image, (col - 1) * side, (row - 1) * side, 3 * side, 3 * side, 0, 0, 56, 56);
        const ink = canvas.getContext("2d");
        ink.strokeStyle = "#ffffff";
        ink.lineWidth = 2;
        ink.strokeRect(56 / 3, 56 / 3, 56 / 3, 56 / 3);
      };
      const known = images.get(address);
      if (known?.complete) paint(known);
      else {
        const image = known ?? new Image();
        images.set(address, image);
        image.addEventListener("load", () => paint(image), { once: true });
        image.src ||= address;
      }
      return el("figure", { title: `${title}, row ${Math.floor(patch / header.galleryGrid) + 1}, col ${(patch % header.galleryGrid) + 1}` }, canvas, el("figcaption", { class: "small" }, numeral(arrays.driveValue[at], `drive:${header.layer}:${neuron}:${i}`)));
    }));
  }
  return { node, draw };
}
