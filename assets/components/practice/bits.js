// Fewer bits: one matrix of the model, rounded as the slider moves; a row of it as a staircase.
import { sharp } from "../kit/canvas.js";
import { colourTable, gradient } from "../kit/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { bytesText, four, grouped } from "../kit/format.js";
import { cellInside } from "../kit/grid.js";
import { SCHEMA } from "../kit/schema.js";
import { commitPlace, inkStyle, practicePlace } from "./place.js";

const SHOWN = { weight: "as trained", rounded: "rounded", error: "the error" };
const { low: FEWEST, high: MOST } = SCHEMA.view.practice.keys.pr.keys.b;

export function bitsView(root) {
  const table = colourTable("diverging");
  let data = null;
  let shape = [0, 0]; // rows (outputs), columns (inputs)
  let setting = { bits: 4, row: 0 };
  let shown = "rounded";
  let hovered = null; // [row, column]
  let painted = "";
  let measured = { key: "", error: 0, norm: 1, most: 1 };
  const kept = el("canvas");
  const map = el("canvas", { class: "weights", tabindex: 0, role: "img" });
  const stairs = el("canvas", { class: "stairs", role: "img" });
  const layer = rangeOf("Layer", { min: 1, step: 1 });
  const bits = rangeOf("Bits a weight", { min: FEWEST, max: MOST, step: 1 });
  const row = rangeOf("Row of the matrix (one output)", { min: 1, step: 1 });
  const shows = choiceOf("Show", SHOWN, (name) => ((shown = name), draw()));
  const matrices = el("div");
  const scale = el("span", { class: "small colourbar" });
  const facts = el("dl", { class: "facts" });
  const whole = el("dl", { class: "facts" });
  let choice = null;
  const node = el(
    "div",
    {},
    el("div", { class: "bar" }, matrices, shows.node),
    el(
      "div",
      { class: "practice" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, el("span", { class: "small muted", text: "one matrix: inputs down, outputs across" }), scale),
        map,
        el("div", { class: "three" }, layer.node, bits.node, row.node),
        el("p", { class: "small muted", text: "the chosen row: each dot a weight, across as it was trained, up as it is rounded" }),
        stairs,
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
        el("section", { class: "card" }, el("h3", { text: "This matrix" }), whole),
      ),
    ),
  );

  const top = () => 2 ** (setting.bits - 1) - 1;
  const rowOf = (r) => data.arrays.weight.subarray(r * shape[1], (r + 1) * shape[1]);
  const scaleOf = (r) => scales()[r];
  let scalesKey = "";
  let scalesKept = null;
  function scales() {
    const key = `${data.header.id} ${setting.bits}`;
    if (scalesKey !== key) {
      scalesKey = key;
      scalesKept = Float32Array.from(
        { length: shape[0] },
        (_, r) => Math.fround(rowOf(r).reduce((most, w) => Math.max(most, Math.abs(w)), 0) / top()) || 1,
      );
    }
    return scalesKept;
  }

  /** Round half to even, as PyTorch does. */
  function stepOf(r, weight) {
    const ratio = Math.fround(weight / scaleOf(r));
    const low = Math.floor(ratio);
    if (ratio - low !== 0.5) return Math.round(ratio);
    return low % 2 ? low + 1 : low;
  }

  const draw = everyFrame(() => {
    if (!data) return;
    const began = performance.now();
    const style = inkStyle(root);
    drawMap(style);
    drawStairs(style);
    showControls();
    showNumbers();
    globalThis.__vitTimes?.push(performance.now() - began);
  });

  function drawMap(style) {
    const [rows, cols] = shape;
    const key = [data.header.id, setting.bits, shown].join();
    if (painted !== key) {
      painted = key;
      [kept.width, kept.height] = [rows, cols];
      const ink = kept.getContext("2d");
      const pixels = ink.createImageData(rows, cols);
      const cells = new Uint32Array(pixels.data.buffer);
      let [error, norm] = [0, 0];
      const values = new Float32Array(rows * cols);
      for (let r = 0; r < rows; r++) {
        const own = rowOf(r);
        for (let c = 0; c < cols; c++) {
          const rounded = stepOf(r, own[c]) * scaleOf(r);
          error += (own[c] - rounded) ** 2;
          norm += own[c] ** 2;
          values[c * rows + r] = { weight: own[c], rounded, error: rounded - own[c] }[shown];
        }
      }
      const sorted = Float32Array.from(values, Math.abs).sort();
      const most = sorted[Math.floor(0.995 * (sorted.length - 1))] || sorted.at(-1) || 1;
      for (let i = 0; i < values.length; i++) cells[i] = table[Math.max(0, Math.min(255, Math.round(127.5 + (127.5 * values[i]) / most)))];
      ink.putImageData(pixels, 0, 0);
      measured = { key, error, norm, most };
      scale.replaceChildren(`−${four(most)}`, el("i", { style: `background:${gradient(table)}` }), four(most));
    }
    const { ink, width, height } = sharp(map);
    ink.imageSmoothingEnabled = rows > width * devicePixelRatio;
    ink.drawImage(kept, 0, 0, width, height);
    const x = ((setting.row + 0.5) * width) / rows;
    for (const [thick, colour] of [
      [4, style.ground],
      [1.6, style.text],
    ]) {
      ink.beginPath();
      ink.moveTo(x, 0);
      ink.lineTo(x, height);
      ink.lineWidth = thick;
      ink.strokeStyle = colour;
      ink.stroke();
    }
    mark(
      map,
      "aria-label",
      `The weights of ${data.header.names[data.header.matrix]}, layer ${data.header.layer + 1}: ${rows} outputs by ${cols} inputs, ${SHOWN[shown]}. Arrow keys move.`,
    );
  }

  function drawStairs(style) {
    const { ink, width, height } = sharp(stairs);
    const [own, step] = [rowOf(setting.row), scaleOf(setting.row)];
    const reach = step * top() * 1.06;
    const box = { left: 62, right: width - 14, top: 8, bottom: height - 34 };
    const px = (v) => box.left + ((v + reach) / (2 * reach)) * (box.right - box.left);
    const py = (v) => box.bottom - ((v + reach) / (2 * reach)) * (box.bottom - box.top);
    ink.font = `11.5px ${style.font}`;
    ink.strokeStyle = style.line;
    ink.lineWidth = 1;
    for (let q = -top(); q <= top(); q++) {
      if (top() > 40 && q % 16) continue;
      ink.beginPath();
      ink.moveTo(box.left, py(q * step));
      ink.lineTo(box.right, py(q * step));
      ink.stroke();
    }
    ink.strokeStyle = style.text;
    ink.lineWidth = 1.4;
    ink.beginPath();
    for (let q = -top(); q <= top(); q++) {
      ink.lineTo(px((q - (q > -top() ? 0.5 : 0)) * step), py(q * step));
      ink.lineTo(px((q + (q < top() ? 0.5 : 0)) * step), py(q * step));
    }
    ink.stroke();
    ink.fillStyle = "#0072b2";
    ink.globalAlpha = 0.6;
    for (const w of own) {
      ink.beginPath();
      ink.arc(px(w), py(stepOf(setting.row, w) * step), 3, 0, 7);
      ink.fill();
    }
    ink.globalAlpha = 1;
    if (hovered && hovered[0] === setting.row) {
      const w = own[hovered[1]];
      ink.beginPath();
      ink.arc(px(w), py(stepOf(setting.row, w) * step), 6, 0, 7);
      ink.fillStyle = "#d55e00";
      ink.fill();
      ink.lineWidth = 2;
      ink.strokeStyle = style.text;
      ink.stroke();
    }
    ink.fillStyle = style.text;
    ink.textAlign = "right";
    for (const q of [-top(), 0, top()]) ink.fillText(four(q * step), box.left - 6, py(q * step) + 4);
    ink.textAlign = "center";
    for (const q of [-1, 0, 1]) ink.fillText(four(q * top() * step), Math.min(width - 24, px(q * top() * step)), box.bottom + 15);
    ink.fillText("weight as trained", (box.left + box.right) / 2, height - 4);
    mark(stairs, "aria-label", `Row ${setting.row + 1} rounded to ${2 * top() + 1} values, ${four(step)} apart.`);
  }

  function showControls() {
    const { header } = data;
    if (!choice) {
      choice = choiceOf("Matrix", Object.fromEntries(header.names.map((name, i) => [`m${i}`, name])), (name) =>
        commitPlace({ x: +name.slice(1) }),
      );
      matrices.replaceChildren(choice.node);
    }
    choice.show(`m${header.matrix}`);
    shows.show(shown);
    layer.input.max = header.depth;
    if (document.activeElement !== layer.input && root.getRootNode().activeElement !== layer.input) layer.input.value = header.layer + 1;
    layer.value.textContent = `${layer.input.value} of ${header.depth}`;
    bits.input.value = setting.bits;
    bits.value.textContent = `${setting.bits}: ${2 * top() + 1} values`;
    row.input.max = shape[0];
    row.input.value = setting.row + 1;
    row.value.textContent = `${setting.row + 1} of ${shape[0]}`;
  }

  function showNumbers() {
    const [r, c] = hovered ?? [setting.row, 0];
    const weight = rowOf(r)[c];
    const [q, s] = [stepOf(r, weight), scaleOf(r)];
    const count = shape[0] * shape[1];
    const bytes = Math.ceil((count * setting.bits) / 8) + 4 * shape[0];
    const relative = Math.sqrt(measured.error / measured.norm);
    showFacts(facts, [
      ["output, input", `${r + 1}, ${c + 1}`],
      ["weight", four(weight), `${weight}`],
      ["scale of its row", four(s), `${s}`],
      ["stored integer", `${q}`],
      ["rounded weight", four(q * s), `${q * s}`],
      ["error", four(q * s - weight), `${q * s - weight}`],
    ]);
    showFacts(whole, [
      ["weights", grouped(count)],
      ["fp32", bytesText(4 * count), `${4 * count} bytes`],
      [`${setting.bits} bits, scales`, bytesText(bytes), `${bytes} bytes`],
      ["error over weights", `${(100 * relative).toPrecision(3)}%`, `‖Ŵ − W‖ / ‖W‖ = ${relative}`],
    ]);
    root.sayPractice(
      `${data.header.names[data.header.matrix]}, layer ${data.header.layer + 1}, ${setting.bits} bits: the weights move by ${(100 * relative).toPrecision(3)}% of their length.`,
    );
    root.practice = { bits: setting.bits, row: r, column: c, weight, step: q, scale: s, relative, bytes };
  }

  for (const kind of ["pointermove", "pointerdown"]) {
    map.addEventListener(kind, (event) => {
      const cell = data && cellInside(event, map, [shape[1], shape[0]]);
      if (!cell) return;
      hovered = [cell[1], cell[0]];
      if (kind === "pointerdown") setting = { ...setting, row: cell[1] };
      draw();
    });
  }
  map.addEventListener("click", () => data && commitPlace({ o: setting.row }));
  map.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), draw()));
  map.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || !data) return;
    event.preventDefault();
    const [r, c] = hovered ?? [setting.row, 0];
    hovered = [Math.min(shape[0] - 1, Math.max(0, r + step[0])), Math.min(shape[1] - 1, Math.max(0, c + step[1]))];
    setting = { ...setting, row: hovered[0] };
    draw();
  });
  bits.input.addEventListener("input", () => ((setting = { ...setting, bits: +bits.input.value }), draw()));
  bits.input.addEventListener("change", () => commitPlace({ b: setting.bits }));
  row.input.addEventListener("input", () => ((hovered = null), (setting = { ...setting, row: +row.input.value - 1 }), draw()));
  row.input.addEventListener("change", () => commitPlace({ o: setting.row }));
  layer.input.addEventListener("input", () => (layer.value.textContent = `${layer.input.value} of ${data.header.depth}`));
  layer.input.addEventListener("change", () => commitPlace({ y: +layer.input.value - 1 }));

  return {
    node,
    async arrive(next) {
      data = next;
      shape = next.header.arrays.weight.shape;
      const place = practicePlace(next.header);
      setting = { bits: place.b, row: Math.min(place.o, shape[0] - 1) };
      if (hovered && (hovered[0] >= shape[0] || hovered[1] >= shape[1])) hovered = null;
      draw();
    },
    draw,
  };
}
