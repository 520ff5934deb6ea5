import { HEAD_COLOURS } from "../kit/colours.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/format.js";
import { cellAt } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";

const MEASURES = { distance: "mean distance, px", entropy: "entropy, bit", prefix: "mass on tokens in front" };

// Every head as a dot, by depth and measure, and all of them sorted. A click opens the head above.
export default mounts((root) => {
  const dots = el("canvas", { class: "dots", tabindex: 0, role: "img" });
  const sorted = el("canvas", { class: "sorted", role: "img" });
  const facts = el("dl", { class: "facts" });
  const legend = el("div", { class: "legend small" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const choice = choiceOf("Measure", MEASURES, (name) => ((measure = name), draw()));
  root.append(
    el(
      "div",
      { class: "heads" },
      el(
        "div",
        {},
        el("div", { class: "bar" }, choice.node, el("span", { class: "small muted", text: "each dot is a head; click to open it" })),
        dots,
        legend,
        el("div", { class: "small muted", text: "the same heads, sorted" }),
        sorted,
      ),
      el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
    ),
    summary,
  );

  let data = null;
  let measure = "distance";
  let hovered = null;
  let places = [];
  let order = [];

  const chosen = () => (store.selection.layer ?? 0) * data.header.heads + (store.selection.head ?? 0);
  const draw = everyFrame(() => {
    if (!data) return;
    const { header, arrays } = data;
    const values = arrays[measure];
    const style = getComputedStyle(root);
    const [text, line] = [style.getPropertyValue("--st-text-color"), style.getPropertyValue("--st-border-color")];
    const ratio = devicePixelRatio;
    const fit = (canvas) => {
      [canvas.width, canvas.height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio];
      const ink = canvas.getContext("2d");
      ink.scale(ratio, ratio);
      ink.font = "12px system-ui, sans-serif";
      return ink;
    };
    const ink = fit(dots);
    const [width, height] = [dots.clientWidth, dots.clientHeight];
    const [left, bottom, up] = [52, 34, 10];
    const top = Math.max(...values, measure === "distance" ? header.uniform : 0) * 1.04 || 1;
    const x = (layer, head) =>
      left + ((layer + 0.5 + (head / Math.max(1, header.heads - 1) - 0.5) * 0.5) / header.depth) * (width - left - 8);
    const y = (value) => height - bottom - (value / top) * (height - bottom - up);
    ink.fillStyle = ink.strokeStyle = text;
    ink.textAlign = "right";
    for (let i = 0; i <= 4; i++) {
      const value = (top * i) / 4;
      ink.fillText(four(value), left - 8, y(value) + 4);
      ink.strokeStyle = line;
      ink.beginPath();
      ink.moveTo(left, y(value));
      ink.lineTo(width, y(value));
      ink.stroke();
    }
    ink.textAlign = "center";
    for (let l = 0; l < header.depth; l++) ink.fillText(String(l + 1), x(l, (header.heads - 1) / 2), height - bottom + 16);
    ink.fillText("layer", left + (width - left) / 2, height - 4);
    if (measure === "distance") {
      ink.setLineDash([5, 4]);
      ink.strokeStyle = text;
      ink.beginPath();
      ink.moveTo(left, y(header.uniform));
      ink.lineTo(width, y(header.uniform));
      ink.stroke();
      ink.setLineDash([]);
      ink.textAlign = "left";
      ink.fillText("even attention", left + 4, y(header.uniform) - 5);
    }
    places = Array.from(values, (value, i) => [x(Math.floor(i / header.heads), i % header.heads), y(value)]);
    const ring = hovered ?? chosen();
    places.forEach(([px, py], i) => {
      ink.beginPath();
      ink.arc(px, py, i === ring ? 6.5 : 4.5, 0, 7);
      ink.fillStyle = HEAD_COLOURS[header.kinds[i]];
      ink.fill();
      if (i === ring) {
        ink.lineWidth = 2;
        ink.strokeStyle = text;
        ink.stroke();
        ink.lineWidth = 1;
      }
    });
    order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
    const line2 = fit(sorted);
    const step = sorted.clientWidth / order.length;
    order.forEach((i, at) => {
      const size = Math.max(1, (values[i] / top) * 56);
      line2.fillStyle = HEAD_COLOURS[header.kinds[i]];
      line2.fillRect(at * step, 60 - size, Math.max(1, step - 1), size);
      if (i === ring) {
        line2.fillStyle = text;
        line2.fillRect(at * step, 61, Math.max(2, step - 1), 3);
      }
    });
    const at = [Math.floor(ring / header.heads) + 1, (ring % header.heads) + 1];
    const rows = [
      ["head", `layer ${at[0]}, head ${at[1]}`],
      ["type", header.kinds[ring]],
      ["mean distance", `${four(arrays.distance[ring])} px`],
      ["entropy", `${four(arrays.entropy[ring])} bit`],
      ["on tokens in front", four(arrays.prefix[ring])],
      ["within 3×3", four(arrays.local[ring])],
      ["on its row", four(arrays.row[ring])],
      ["on its column", four(arrays.column[ring])],
    ];
    showFacts(facts, rows);
    const tally = {};
    for (const kind of header.kinds) tally[kind] = (tally[kind] ?? 0) + 1;
    legend.replaceChildren(
      ...Object.entries(HEAD_COLOURS).map(([kind, colour]) =>
        el("span", {}, el("i", { style: `background:${colour}` }), `${kind} ${tally[kind] ?? 0}`),
      ),
    );
    choice.show(measure);
    dots.setAttribute(
      "aria-label",
      `${MEASURES[measure]} of ${places.length} heads by layer. Arrow keys walk them in order of the measure, Enter opens one.`,
    );
    sorted.setAttribute("aria-label", `The heads sorted by ${MEASURES[measure]}.`);
    summary.textContent = rows.map(([name, value]) => `${name} ${value}`).join(", ");
    root.dataset.ready = header.id;
  });

  const open = (i) => store.commit({ layer: Math.floor(i / data.header.heads), head: i % data.header.heads });
  const nearest = (event) => {
    const box = dots.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    return places.reduce(
      (best, [x, y], i) => (Math.hypot(x - px, y - py) < Math.hypot(places[best][0] - px, places[best][1] - py) ? i : best),
      0,
    );
  };
  const inOrder = (event) => order[cellAt(event, sorted, [1, order.length])[1]];
  for (const [canvas, at] of [
    [dots, nearest],
    [sorted, inOrder],
  ]) {
    canvas.addEventListener("pointermove", (event) => data && ((hovered = at(event)), draw()));
    canvas.addEventListener("pointerleave", () => ((hovered = null), draw()));
    canvas.addEventListener("click", (event) => data && open(at(event)));
  }
  dots.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (event.key === "Enter" && data) open(hovered ?? chosen());
    if (!step || !data) return;
    event.preventDefault();
    const at = order.indexOf(hovered ?? chosen());
    hovered = order[Math.max(0, Math.min(order.length - 1, at + step))];
    draw();
  });
  const unsubscribe = store.subscribe(draw);
  const resized = new ResizeObserver(draw);
  resized.observe(root);
  return {
    update(bytes) {
      data = unpack(bytes);
      draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
