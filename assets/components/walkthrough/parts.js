// What the steps of the walkthrough are built from: rows of numbers, a dot product laid open, choices.
import { watched } from "../kit/picture/canvas.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/numbers/format.js";
import { cellAt } from "../kit/grid.js";

/** A number on screen: four digits, the exact value on hover, and where in the trace it stands. */
export function numeral(value, key) {
  return el("span", { class: "num", title: String(value), "data-key": key, text: four(value) });
}

/** Fill a definition list: names, and numbers, texts or nodes. */
export function fillFacts(list, rows) {
  list.replaceChildren(
    ...rows.flatMap(([name, value, key]) => [
      el("dt", { text: name }),
      el("dd", {}, typeof value === "number" ? numeral(value, key) : value),
    ]),
  );
}

/** A card with a heading. */
export function cardOf(title, ...children) {
  const heading = el("h3", { text: title });
  const node = el("section", { class: "card" }, heading, ...children);
  return { node, heading };
}

/** A small picture of one patch. */
export function patchCrop(part, patch, side = 52) {
  const {
    grid: [, cols],
    patchSize,
  } = part.header;
  const canvas = el("canvas", { width: side, height: side, style: `width:${side}px;height:${side}px`, "aria-hidden": "true" });
  const ink = canvas.getContext("2d");
  ink.imageSmoothingEnabled = false;
  ink.drawImage(part.bitmap, (patch % cols) * patchSize, Math.floor(patch / cols) * patchSize, patchSize, patchSize, 0, 0, side, side);
  return canvas;
}

/**
 * A row of signed numbers as bars, in `colour`, the accent or, for `signs`, the accent and grey. Hover or arrow keys choose a place,
 * which `onAt(i)` hears; `draw(values, {title, at, key, limit})`.
 */
export function vectorRow(ctx, colour, onAt = null) {
  const canvas = el("canvas", { tabindex: onAt ? 0 : null, role: "img", class: "vector" });
  const title = el("span");
  const value = el("span", { class: "small" });
  const node = el("div", { class: "vector-row" }, el("div", { class: "caption" }, title, value), canvas);
  const fit = watched(canvas, ctx.redraw);
  let shown = null;
  let place = null;
  canvas.numbers = () => shown && { title: title.textContent, values: shown, cols: shown.length };
  function draw(values, options) {
    shown = values;
    place = options.at ?? null;
    const { ink, width, height } = fit();
    let top = options.limit ?? 1e-9;
    if (!options.limit) for (const v of values) top = Math.max(top, Math.abs(v));
    const { style } = ctx;
    ink.fillStyle = style.getPropertyValue("--st-border-color") || "#888";
    ink.fillRect(0, height / 2 - 0.5, width, 1);
    const step = width / values.length;
    const own = colour.startsWith("#") ? colour : style.getPropertyValue("--st-primary-color");
    for (let i = 0; i < values.length; i++) {
      ink.fillStyle = i === place ? style.getPropertyValue("--st-text-color") : colour === "signs" && values[i] < 0 ? "#8a8f98" : own;
      const size = Math.min(1, Math.abs(values[i]) / top) * (height / 2 - 1);
      ink.fillRect(i * step, values[i] < 0 ? height / 2 : height / 2 - size, Math.max(0.8, step - Math.min(1.5, step / 4)), size);
    }
    title.textContent = options.title;
    if (place === null) value.replaceChildren();
    else value.replaceChildren(`number ${place + 1}: `, numeral(values[place], options.key ? `${options.key}:${place}` : null));
    canvas.setAttribute(
      "aria-label",
      `${options.title}: ${values.length} numbers${place === null ? "" : `, number ${place + 1} is ${four(values[place])}`}.`,
    );
  }
  if (onAt) {
    const at = (event) => cellAt(event, canvas, [1, shown.length])[1];
    for (const kind of ["pointermove", "pointerdown"]) canvas.addEventListener(kind, (event) => shown && onAt(at(event)));
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || !shown) return;
      event.preventDefault();
      event.stopPropagation();
      onAt(Math.max(0, Math.min(shown.length - 1, (place ?? 0) + step * (event.shiftKey ? 10 : 1))));
    });
  }
  return { node, canvas, draw };
}

/** A dot product laid open: all products as bars, the largest in words, the sum, and the value that the model holds. */
export function productCard(ctx, heading, empty) {
  const say = el("p", { class: "small say", text: empty });
  const bars = vectorRow(ctx, "signs");
  const list = el("ol", { class: "products small" });
  const total = el("p", { class: "small total", role: "status" });
  const title = el("h3", { text: heading });
  const node = el("section", { class: "card product" }, title, el("div", { class: "body" }, el("div", {}, say, bars.node), list, total));
  bars.node.hidden = list.hidden = total.hidden = true;
  function show({ title: name, a, b, aName, bName, bias = 0, value, key, after = null }) {
    const products = Float64Array.from(a, (v, i) => v * b[i]);
    const sum = products.reduce((x, y) => x + y, 0);
    const order = Array.from(products.keys())
      .sort((i, j) => Math.abs(products[j]) - Math.abs(products[i]))
      .slice(0, 4);
    bars.node.hidden = list.hidden = total.hidden = false;
    title.textContent = name;
    say.textContent =
      products.length === 1 ? `${aName}, times ${bName}:` : `${products.length} products of ${aName} and ${bName}; the largest:`;
    bars.draw(products, { title: "All products, side by side" });
    list.replaceChildren(
      ...order.map((i) =>
        el("li", {}, `no. ${i + 1}: ${four(a[i])} × ${four(b[i])} = `, el("strong", { text: four(products[i]), title: products[i] })),
      ),
    );
    const found = after ? after.apply(sum + bias) : sum + bias;
    const rest = ctx.header.rounded ? " (this model’s weights are sent rounded to half precision)" : "";
    total.replaceChildren(
      "Sum ",
      numeral(sum),
      ...(bias ? [` + bias ${four(bias)}`] : []),
      ...(after ? [` ${after.text}`] : []),
      " = ",
      el("strong", {}, numeral(found)),
      "; the model holds ",
      el("strong", {}, numeral(value, key)),
      `, difference ${Math.abs(found - value)
        .toExponential(1)
        .replace("-", "−")}${rest}.`,
    );
    return `${name}: ${four(value)}.`;
  }
  return { node, show };
}

/** Fill a list of choices, `{id, chosen, choose, parts, title}` each. Focus stays on the one that has it; arrow keys choose the next. */
export function fillChoices(list, rows) {
  if (!list.dataset.keys) {
    list.dataset.keys = "on";
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const buttons = [...list.children];
      const at = buttons.indexOf(event.target.closest("button"));
      if (!step || at < 0) return;
      event.preventDefault();
      event.stopPropagation();
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      if (list.getAttribute("role") === "listbox") next.click();
    });
  }
  const held = list.getRootNode().activeElement;
  const id = list.contains(held) ? held.dataset.id : null;
  const option = list.getAttribute("role") === "listbox";
  list.replaceChildren(
    ...rows.map(({ id: name, chosen, choose, parts, title }) =>
      el(
        "button",
        { type: "button", "data-id": name, title, onclick: choose, ...(option ? { role: "option", "aria-selected": String(chosen) } : {}) },
        ...parts,
      ),
    ),
  );
  const buttons = [...list.children];
  const tabbed = buttons.find((_, i) => rows[i].chosen) ?? buttons[0];
  for (const button of buttons) button.tabIndex = button === tabbed ? 0 : -1;
  if (id !== null) (buttons.find((button) => button.dataset.id === id) ?? buttons[0])?.focus({ preventScroll: true });
}

/** Cosine of the angle between two rows of one array. */
export function cosineOf(values, dim, a, b) {
  let ab = 0,
    aa = 0,
    bb = 0;
  for (let d = 0; d < dim; d++) {
    const [x, y] = [values[a * dim + d], values[b * dim + d]];
    ((ab += x * y), (aa += x * x), (bb += y * y));
  }
  return aa && bb ? ab / Math.sqrt(aa * bb) : 0;
}

/** Length of one row. */
export function lengthOf(values, dim, row) {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += values[row * dim + d] ** 2;
  return Math.sqrt(sum);
}
