// Step 8: through the layers. What a token resembles, how long it is, what attention and MLP add, how far heads reach, what the head would say.
import { sharp } from "../kit/canvas.js";
import { HEAD_COLOURS, colourTable } from "../kit/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { tokenName } from "../kit/grid.js";
import { cosineOf, fillFacts, numeral, patchPicker } from "./parts.js";

export function layersStep(ctx) {
  const picker = patchPicker(ctx, "Similarity");
  const layer = rangeOf("Blocks passed", { min: 0, value: 0 });
  layer.input.addEventListener("input", ctx.redraw);
  const norms = el("canvas", { class: "plot", role: "img" });
  const reach = el("canvas", { class: "plot", role: "img" });
  const lens = el("table", { class: "lens small" });
  const facts = el("dl", { class: "facts" });
  const diverging = colourTable("diverging");
  const swatches = (colours) =>
    el(
      "p",
      { class: "small legend" },
      ...Object.entries(colours).map(([kind, colour]) => el("span", {}, el("i", { style: `background:${colour}` }), kind)),
    );
  const plotTitle = (text) => el("div", { class: "caption" }, el("span", { text }));
  const claim = el("div", { class: "claim small" });
  const lensTitle = el("span");
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
        el(
          "div",
          {},
          plotTitle("What each block adds, and the token’s length"),
          norms,
          swatches({ attention: "#56b4e9", MLP: "#e69f00", "length (line)": "var(--text)" }),
        ),
        el("div", {}, plotTitle("Reach of each head in pixels; dashed: even attention"), reach, swatches(HEAD_COLOURS), claim),
      ),
      el("div", {}, el("div", { class: "caption" }, lensTitle), el("div", { class: "lens-box" }, lens)),
    ),
  );
  let started = false;
  let lensOf = null;

  for (const canvas of [norms, reach])
    canvas.addEventListener("pointermove", (event) => {
      if (!ctx.part) return;
      const box = canvas.getBoundingClientRect();
      layer.input.value = Math.round(((event.clientX - box.left - 30) / (box.width - 48)) * ctx.header.depth);
      ctx.redraw();
    });

  function draw(part) {
    const { header, arrays } = part;
    const { dim, depth } = header;
    const token = ctx.token();
    const total = header.prefix.length + header.grid[0] * header.grid[1];
    layer.input.max = depth;
    if (!started) ((started = true), (layer.input.value = depth));
    const l = Math.min(+layer.input.value, depth);
    layer.value.textContent = l ? `${l}/${depth}` : `0/${depth}, as embedded`;
    const rows = arrays.stream.subarray(l * total * dim, (l + 1) * total * dim);
    const map = new Float32Array(total - header.prefix.length);
    for (let i = 0; i < map.length; i++) map[i] = cosineOf(rows, dim, token, i + header.prefix.length); // half precision: for the colours alone
    picker.draw(part, { map, low: -1, high: 1, table: diverging, shade: 0.78, caption: `Cosine with ${tokenName(header, token)}` });
    const [mean, own] = [arrays.meanCosine[l * total + token], arrays.lengths[l * total + token]];
    const lines = [
      ["token", tokenName(header, token)],
      ["length", own, `norm:stream:${l}:${token}`],
      ["mean cosine", mean, `meanCosine:${l}:${token}`],
    ];
    if (l > 0) {
      const at = (l - 1) * total + token;
      const reaches = arrays.distance.subarray((l - 1) * header.heads, l * header.heads);
      lines.push(
        ["attention adds", arrays.attnAdds[at], `attnAdds:${l - 1}:${token}`],
        ["MLP adds", arrays.mlpAdds[at], `mlpAdds:${l - 1}:${token}`],
        ["shortest reach", Math.min(...reaches), `distanceMin:${l - 1}`],
        ["longest reach", Math.max(...reaches), `distanceMax:${l - 1}`],
        ["even attention", header.uniform, "uniform"],
      );
    }
    fillFacts(facts, lines);
    drawNorms(part, token, total, l);
    drawReach(part, l);
    if (lensOf !== part) ((lensOf = part), buildLens(part), buildClaim(part));
    [...lens.querySelectorAll("tbody tr")].forEach((tr, i) => tr.classList.toggle("lit", i === l));
    const lit = lens.querySelector("tr.lit");
    if (lit) lens.parentElement.scrollTop = lit.offsetTop - lens.parentElement.clientHeight / 2;
    const said = header.classes
      ? `the head would say ${header.lensNames[l][0]}, ${(100 * arrays.lens[l * header.lensNames[0].length]).toFixed(1)} percent`
      : "this model has no head";
    return `After ${l} blocks: ${tokenName(header, token)} has length ${four(own)}, mean cosine with the patches ${four(mean)}; ${said}.`;
  }

  /** The claim of local, middle and global layers, and under it what the heads of each third of the blocks reach here. */
  function buildClaim({ header, arrays }) {
    const { depth, heads } = header;
    const ends = [0, 1, 2, 3].map((i) => Math.round((i * depth) / 3));
    const mean = (from, to) => {
      const some = arrays.distance.subarray(from * heads, to * heads).filter(Number.isFinite);
      return some.reduce((a, b) => a + b, 0) / some.length;
    };
    const cells = ["local", "parts", "the whole"].map((text, i) => {
      const [from, to] = [ends[i], ends[i + 1]];
      if (from >= to) return [text, "–"];
      return [text, el("span", {}, `${from + 1}–${to}: `, numeral(mean(from, to), `reach:${from}:${to}`))];
    });
    claim.replaceChildren(
      el("span", { class: "muted", text: "commonly stated" }),
      ...cells.map(([text]) => el("span", { text })),
      el("span", { class: "muted", text: "mean reach here" }),
      ...cells.map(([, found]) => (typeof found === "string" ? el("span", { text: found }) : found)),
    );
  }

  function buildLens({ header, arrays }) {
    lensTitle.textContent = header.classes
      ? `The head, applied to ${header.reader.name} before the first block and after each one (the logit lens)`
      : "This model has no head, so there is nothing that a logit lens could say.";
    const names = ["likeliest", "second", "third", "fourth", "fifth"].slice(0, header.lensNames[0]?.length ?? 0);
    const rows = header.lensNames.map((row, l) =>
      el(
        "tr",
        {},
        el("th", { scope: "row", text: l ? `after ${l}` : "embedded" }),
        ...row.map((name, i) => {
          const p = arrays.lens[l * row.length + i];
          return el(
            "td",
            { style: `background:color-mix(in srgb, var(--accent) ${Math.round(55 * p)}%, transparent)`, title: name },
            el("div", {}, el("span", { text: name }), numeral(p, `lens:${l}:${i}`)),
          );
        }),
      ),
    );
    lens.replaceChildren(
      ...(rows.length
        ? [el("thead", {}, el("tr", {}, el("th", { text: "block" }), ...names.map((text) => el("th", { text })))), el("tbody", {}, ...rows)]
        : []),
    );
  }

  function axes(canvas, top, depth) {
    const { ink, width, height } = sharp(canvas);
    const style = getComputedStyle(ctx.root);
    const x = (l) => 30 + (l / depth) * (width - 48);
    const y = (v) => height - 18 - (v / top) * (height - 26);
    ink.font = "11px system-ui, sans-serif";
    ink.fillStyle = style.getPropertyValue("--st-text-color");
    for (let l = 0; l <= depth; l += depth > 14 ? 4 : 2) ink.fillText(String(l), x(l) - 4, height - 4);
    ink.fillText("0", 16, y(0) + 4);
    ink.fillText(top >= 100 ? top.toFixed(0) : top.toPrecision(3), 0, y(top) + 8);
    ink.strokeStyle = style.getPropertyValue("--st-border-color");
    ink.beginPath();
    (ink.moveTo(30, y(0)), ink.lineTo(width - 4, y(0)));
    ink.stroke();
    return { ink, x, y, width, height, text: style.getPropertyValue("--st-text-color"), line: style.getPropertyValue("--st-border-color") };
  }

  function drawNorms({ header, arrays }, token, total, l) {
    const { depth } = header;
    const lengths = Array.from({ length: depth + 1 }, (_, i) => arrays.lengths[i * total + token]);
    const top = Math.max(
      ...lengths,
      ...Array.from({ length: depth }, (_, i) => Math.max(arrays.attnAdds[i * total + token], arrays.mlpAdds[i * total + token])),
    );
    const { ink, x, y, width, text } = axes(norms, top, depth);
    const bar = Math.max(2, (width - 36) / depth / 3.4);
    for (let i = 0; i < depth; i++) {
      const [a, m] = [arrays.attnAdds[i * total + token], arrays.mlpAdds[i * total + token]];
      ink.fillStyle = "#56b4e9";
      ink.fillRect(x(i + 1) - bar, y(a), bar, y(0) - y(a));
      ink.fillStyle = "#e69f00";
      ink.fillRect(x(i + 1), y(m), bar, y(0) - y(m));
    }
    ink.strokeStyle = text;
    ink.lineWidth = 2;
    ink.beginPath();
    lengths.forEach((v, i) => ink.lineTo(x(i), y(v)));
    ink.stroke();
    ink.fillStyle = text;
    ink.beginPath();
    ink.arc(x(l), y(lengths[l]), 4.5, 0, 7);
    ink.fill();
    norms.setAttribute("aria-label", `Length of the token before and after each block: ${lengths.map(four).join(", ")}.`);
  }

  function drawReach({ header, arrays }, l) {
    const { depth, heads, uniform, kinds } = header;
    const top = Math.max(uniform, ...Array.from(arrays.distance).filter(Number.isFinite)) * 1.05;
    const { ink, x, y, width, text } = axes(reach, top, depth);
    if (l > 0) {
      ink.fillStyle = "rgba(128,128,128,0.18)";
      ink.fillRect(x(l) - 9, 0, 18, y(0));
    }
    ink.setLineDash([4, 4]);
    ink.strokeStyle = text;
    ink.beginPath();
    (ink.moveTo(30, y(uniform)), ink.lineTo(width - 4, y(uniform)));
    ink.stroke();
    ink.setLineDash([]);
    for (let i = 0; i < depth; i++)
      for (let h = 0; h < heads; h++) {
        const value = arrays.distance[i * heads + h];
        if (!Number.isFinite(value)) continue;
        ink.fillStyle = HEAD_COLOURS[kinds[i * heads + h]];
        ink.beginPath();
        ink.arc(x(i + 1) + (h - heads / 2) * 0.6, y(value), 3, 0, 7);
        ink.fill();
      }
    reach.setAttribute("aria-label", `Mean reach of the heads in pixels, even attention ${four(uniform)}. ${claim.textContent}`);
  }
  return { node, draw };
}
