import { outlineCell, sharp } from "../kit/canvas.js";
import { rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { commas, four } from "../kit/format.js";
import { cellAt, shareAt, stepToken, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { asImage, flattened } from "../patch_grid/cut.js";
import { PatchKernel, normalised } from "./kernel.js";
import { largest, termsPanel } from "./terms.js";
import { cosines, filtersPanel, keptPanel, lengths, similarPanel } from "./panels.js";

// One patch, one output: the dot product between them; and what the embedding as a whole does to the picture.
export default mounts((root) => {
  let data = null; // {header, arrays, picture, kept, kernel, norms}
  let hovered = null;
  let touched = false;
  let dim = 0;
  let tab = "similar";
  let work = null; // the dot product on screen
  let found = null; // cosines of the chosen patch

  const picture = el("canvas", { class: "picture", tabindex: 0, role: "img" });
  const name = el("span");
  const output = rangeOf("Output dimension", { min: 1, step: 1 });
  const row = el("canvas", { class: "row", tabindex: 0, role: "img" });
  const rowNote = el("p", { class: "small muted" });
  const pointed = el("dl", { class: "facts" });
  const whole = el("dl", { class: "facts" });
  const conv = el("dl", { class: "facts" });
  const convNote = el("p", { class: "small muted" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const terms = termsPanel(() => draw(), check);
  const onHover = (down, across) => {
    if (!data) return;
    const [rows, cols] = data.header.grid;
    const hold = (v, count) => Math.max(0, Math.min(count - 1, Math.floor(v * count)));
    hovered = down === null ? null : data.header.prefix.length + hold(down, rows) * cols + hold(across, cols);
    draw();
  };
  const onPick = (down, across) => (onHover(down, across), keep(hovered));
  const panels = { similar: similarPanel(onHover, onPick), kept: keptPanel(onHover, onPick), filters: filtersPanel((d) => keepDim(d)) };
  const tabs = el("div", { class: "tabs", role: "tablist" });
  const panel = el("div", { role: "tabpanel" });
  root.append(
    el(
      "div",
      { class: "embedding" },
      el("div", {}, el("div", { class: "head-line" }, name), picture, output.node, row, rowNote),
      terms.node,
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), pointed),
        el("section", { class: "card" }, el("h3", { text: "The matrix" }), whole),
        el("section", { class: "card" }, el("h3", { text: "It is a convolution" }), conv, convNote),
      ),
    ),
    tabs,
    panel,
    summary,
  );

  const token = () => {
    const {
      grid: [rows, cols],
      prefix,
    } = data.header;
    const kept = store.selection.token ?? 0;
    const middle = prefix.length + Math.floor(rows / 2) * cols + Math.floor(cols / 2);
    return Math.min(hovered ?? (kept === 0 && !touched ? middle : kept), prefix.length + rows * cols - 1);
  };

  function keep(next) {
    touched = true;
    hovered = null;
    store.commit({ token: next });
  }

  function keepDim(next) {
    dim = next;
    store.commit({ view: withView("patch_embedding", { dim: next }) });
    draw();
  }

  function readView() {
    dim = fromView("patch_embedding", "dim");
    openTab(fromView("patch_embedding", "panel"));
  }

  function check() {
    if (work?.levels)
      root.api.setTriggerValue("check", { patch: token() - data.header.prefix.length, dim: work.dim, sum: work.sum + work.bias });
  }

  // ---- computing ------------------------------------------------------------------------------------------------------------------

  function dotProduct() {
    const { header, arrays, kernel } = data;
    const t = token();
    const patch = t - header.prefix.length;
    const d = Math.min(dim, header.dim - 1);
    const label = tokenName(header, t);
    if (work?.key === `${header.id}/${t}/${d}`) return;
    work = { key: `${header.id}/${t}/${d}`, name: label, patch: header.patchSize, dim: d, levels: null };
    if (patch < 0) return;
    const [r, c] = [Math.floor(patch / header.grid[1]), patch % header.grid[1]];
    const levels = flattened(arrays.pixels, header.imageSize[1], 3, r, c, header.patchSize);
    const x = normalised(levels, header.mean, header.std);
    const weights = data.weights?.dim === d ? data.weights.values : (data.weights = { dim: d, values: kernel.weights(d) }).values;
    const products = x.map((value, i) => value * weights[i]);
    Object.assign(work, {
      levels,
      x,
      weights,
      products,
      sum: products.reduce((a, b) => a + b, 0),
      bias: arrays.bias[d],
      model: arrays.embeddings[patch * header.dim + d],
    });
  }

  function similar(patch) {
    if (found?.key === `${data.header.id}/${patch}` || patch < 0) return;
    const {
      header: { dim: wide },
      arrays,
      norms,
    } = data;
    const count = norms.before.length;
    found = {
      key: `${data.header.id}/${patch}`,
      before: cosines(arrays.embeddings, norms.before, wide, patch, new Float64Array(count)),
      after: cosines(arrays.tokens, norms.after, wide, patch, new Float64Array(count)),
    };
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------------------

  const draw = everyFrame(() => {
    if (!data) return;
    const began = performance.now();
    dotProduct();
    const patch = token() - data.header.prefix.length;
    similar(patch);
    drawPicture(patch);
    drawRow(patch);
    terms.draw(work);
    const { header, arrays } = data;
    panels[tab].draw({
      header,
      patch,
      dim: work.dim,
      name: work.name,
      cosine: found ?? { before: [], after: [] },
      picture: data.picture,
      kept: data.kept,
      errors: arrays.errors,
      components: arrays.components,
      kernel: data.kernel,
      refresh: draw,
    });
    terms.describe();
    panels[tab].describe();
    showNumbers(patch);
    globalThis.__vitTimes?.push(performance.now() - began);
  });

  function drawPicture(patch) {
    const {
      grid,
      imageSize: [height, width],
    } = data.header;
    const shape = `${width} / ${height}`;
    if (picture.style.aspectRatio !== shape) picture.style.aspectRatio = shape;
    const { ink, width: w, height: h } = sharp(picture);
    ink.imageSmoothingEnabled = width > w * devicePixelRatio;
    ink.drawImage(data.picture, 0, 0, w, h);
    const [x, y] = [w / grid[1], h / grid[0]];
    ink.strokeStyle = `rgba(255,255,255,${x > 9 ? 0.45 : 0.22})`;
    ink.beginPath();
    for (let r = 1; r < grid[0]; r++) (ink.moveTo(0, r * y), ink.lineTo(w, r * y));
    for (let c = 1; c < grid[1]; c++) (ink.moveTo(c * x, 0), ink.lineTo(c * x, h));
    ink.stroke();
    if (patch >= 0) outlineCell(ink, getComputedStyle(root), (patch % grid[1]) * x, Math.floor(patch / grid[1]) * y, x, y);
  }

  function drawRow(patch) {
    const { header, arrays } = data;
    const { ink, width, height } = sharp(row);
    const style = getComputedStyle(root);
    if (patch < 0) return;
    const values = arrays.embeddings.subarray(patch * header.dim, (patch + 1) * header.dim);
    const top = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-12);
    const step = width / header.dim;
    ink.fillStyle = style.getPropertyValue("--st-border-color");
    ink.fillRect(0, height / 2, width, 0.75);
    values.forEach((value, d) => {
      ink.fillStyle = style.getPropertyValue(d === work.dim ? "--st-text-color" : "--st-primary-color");
      ink.globalAlpha = d === work.dim ? 1 : 0.62;
      const size = (Math.abs(value) / top) * (height / 2 - 3);
      ink.fillRect(d * step, value < 0 ? height / 2 : height / 2 - size, Math.max(0.8, step - 0.5), size);
    });
    ink.globalAlpha = 1;
    outlineCell(ink, style, work.dim * step - 1, 2, Math.max(2, step) + 1.5, height - 4, 1.25);
    row.top = top;
  }

  function showNumbers(patch) {
    const { header, arrays } = data;
    const values = header.patchSize ** 2 * header.chans;
    if (+output.input.max !== header.dim) output.input.max = header.dim;
    if (+output.input.value !== work.dim + 1) output.input.value = work.dim + 1;
    output.value.textContent = `${work.dim + 1}/${header.dim}`;
    name.textContent =
      patch < 0 ? `${work.name}: a learned row, not embedded` : `${work.name}, patch ${patch + 1} of ${header.grid[0] * header.grid[1]}`;
    rowNote.textContent = patch < 0 ? "" : `E, the ${header.dim} numbers of this patch, ±${four(row.top ?? 0)}: click one.`;
    const best = work.levels && largest(work.products, 1)[0];
    showFacts(
      pointed,
      work.levels
        ? [
            ["E, this output", four(work.model), work.model],
            ["Σ x·w", four(work.sum), work.sum],
            ["b", four(work.bias), work.bias],
            ["largest term", four(work.products[best]), work.products[best]],
            ["norm of E", four(data.norms.before[patch]), data.norms.before[patch]],
            ["with its position", four(data.norms.after[patch]), data.norms.after[patch]],
            ["rebuilt, off by", `${four(arrays.errors[patch])} levels`, arrays.errors[patch]],
          ]
        : [["token", work.name]],
    );
    showFacts(whole, [
      ["W", `${values} × ${header.dim}`],
      ["parameters", `${commas(values * header.dim)} + ${header.dim}`],
      ["directions kept", `${header.rank} of ${values}`],
      ["stored as", `${header.dim} × ${header.chans} × ${header.side} × ${header.side}`],
    ]);
    showFacts(conv, [
      ["Linear on patches", `${header.grid[0] * header.grid[1]} × ${header.dim}`],
      ["Conv2d, stride P", `${header.dim} × ${header.grid[0]} × ${header.grid[1]}`],
      ["largest difference", four(header.convolution), header.convolution],
    ]);
    convNote.textContent = `A convolution with kernel and stride of ${header.patchSize} computes the same numbers; they differ by rounding.`;
    picture.setAttribute(
      "aria-label",
      `The picture in ${header.grid[0]} by ${header.grid[1]} patches; ${work.name} is chosen. Arrow keys move, Enter keeps.`,
    );
    row.setAttribute("aria-label", `The ${header.dim} numbers of ${work.name}; output ${work.dim + 1} is chosen. Arrow keys move.`);
    summary.textContent = work.levels
      ? `${work.name}, output ${work.dim + 1}: ${four(work.sum + work.bias)}; the model has ${four(work.model)}.`
      : work.name;
    for (const button of tabs.children) button.setAttribute("aria-selected", button.dataset.tab === tab);
  }

  // ---- pointer and keys -----------------------------------------------------------------------------------------------------------

  const place = (event) => shareAt(event, picture);
  picture.addEventListener("pointermove", (event) => onHover(...place(event)));
  picture.addEventListener("pointerdown", (event) => onHover(...place(event)));
  picture.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && onHover(null));
  picture.addEventListener("click", (event) => data && onPick(...place(event)));
  picture.addEventListener("keydown", (event) => {
    const next = data && stepToken(data.header, token(), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    hovered = null;
    touched = true;
    store.preview({ token: next });
  });
  picture.addEventListener("keyup", (event) => data && touched && event.key !== "Tab" && store.commit({ token: token() }));
  const dimAt = (event) => cellAt(event, row, [1, data.header.dim])[1];
  row.addEventListener("click", (event) => data && keepDim(dimAt(event)));
  row.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !data) return;
    event.preventDefault();
    keepDim((dim + step + data.header.dim) % data.header.dim);
  });
  output.input.addEventListener("input", () => ((dim = output.input.value - 1), draw()));
  output.input.addEventListener("change", () => keepDim(output.input.value - 1));

  for (const [key, { title }] of Object.entries(panels))
    tabs.append(el("button", { type: "button", role: "tab", "data-tab": key, text: title, onclick: () => keepTab(key) }));
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(panels);
    const next = (names.indexOf(tab) + step + names.length) % names.length;
    keepTab(names[next]);
    tabs.children[next].focus();
  });

  function openTab(key) {
    if (key === tab && panel.childElementCount) return;
    tab = key;
    panel.replaceChildren(panels[key].node);
  }

  function keepTab(key) {
    openTab(key);
    store.commit({ view: withView("patch_embedding", { panel: key }) });
    draw();
  }

  const unsubscribe = store.subscribe(() => (readView(), draw()));
  const resized = new ResizeObserver(draw);
  resized.observe(root);

  function asCanvas(pixels, height, width) {
    const canvas = el("canvas", { width, height });
    canvas.getContext("2d").putImageData(asImage(pixels, height, width), 0, 0);
    return canvas;
  }

  return {
    update(bytes, api) {
      root.api = api;
      const { header, arrays } = unpack(bytes);
      if (header.id === data?.header.id) return draw();
      const [height, width] = header.imageSize;
      const norms = { before: lengths(arrays.embeddings, header.dim), after: lengths(arrays.tokens, header.dim) };
      data = {
        header,
        arrays,
        norms,
        kernel: new PatchKernel(arrays, header),
        picture: asCanvas(arrays.pixels, height, width),
        kept: asCanvas(arrays.kept, height, width),
      };
      hovered = work = found = null;
      readView();
      root.embedding = { work: () => work, cosines: () => found, kernel: data.kernel };
      root.dataset.ready = header.id;
      draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
