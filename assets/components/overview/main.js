import { decodePicture, savePng } from "../kit/canvas.js";
import { colourTable, gradient } from "../kit/colours.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, percent } from "../kit/format.js";
import { stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";

// Picture, sequence, flow and prediction. One token is chosen, everywhere at once: hover, tap or arrow keys; a click keeps it.
export default mounts((root) => {
  const colours = { diverging: colourTable("diverging"), viridis: colourTable("viridis") };
  const picture = el("canvas", { tabindex: 0, role: "img" });
  const sequence = el("canvas", { tabindex: -1, role: "img", "aria-label": "The tokens in reading order" });
  const counts = el("span", { class: "muted small" });
  const bars = el("div", { class: "bars" });
  const saying = el("h3");
  const unsure = el("p", { class: "small muted", style: "margin:8px 0 0" });
  const facts = el("dl", { class: "facts" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const flow = el("ol", { class: "flow", "aria-label": "From pixels to the prediction" });
  const left = el(
    "div",
    {},
    caption("The picture in patches", el("span", { class: "muted small", text: "or arrow keys" })),
    el("div", { class: "picture" }, picture),
  );
  const middle = el("div", { class: "sequence" }, caption("The sequence the model reads", counts), sequence);
  const rail = el(
    "div",
    { class: "rail" },
    el("section", { class: "card" }, saying, bars, unsure),
    el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
  );
  root.append(
    el("div", { class: "stage" }, left, middle, rail),
    flow,
    el("div", { class: "small" }, el("button", { type: "button", text: "Save picture and patches (PNG)", onclick: save })),
    summary,
  );

  let data = null; // {header, arrays}
  let bitmap = null;
  let hovered = null;
  let stages = {};

  function caption(text, extra) {
    return el("div", { class: "caption" }, el("span", { text }), extra);
  }

  const token = () =>
    Math.min(hovered ?? store.selection.token ?? 0, data.header.prefix.length + data.header.grid[0] * data.header.grid[1] - 1);
  const draw = everyFrame(() => data && bitmap && (drawPicture(), drawSequence(), drawChosen()));
  const resized = new ResizeObserver(draw);
  resized.observe(root);
  const unsubscribe = store.subscribe(draw);

  // Geometry of the sequence: cells wrap, the prefix tokens first.
  function cells() {
    const count = data.header.prefix.length + data.header.grid[0] * data.header.grid[1];
    const width = sequence.clientWidth || 500;
    const across = Math.ceil(Math.sqrt(count * 1.35));
    return { count, across, pitch: width / across, width };
  }

  function drawPicture() {
    const {
      grid,
      imageSize: [height, width],
    } = data.header;
    const ratio = devicePixelRatio;
    picture.width = picture.clientWidth * ratio;
    picture.height = (picture.width * height) / width;
    const ink = picture.getContext("2d");
    ink.drawImage(bitmap, 0, 0, picture.width, picture.height);
    const [stepY, stepX] = [picture.height / grid[0], picture.width / grid[1]];
    ink.strokeStyle = "rgba(255,255,255,0.5)";
    ink.lineWidth = Math.max(1, ratio * 0.75);
    ink.beginPath();
    for (let r = 1; r < grid[0]; r++) (ink.moveTo(0, r * stepY), ink.lineTo(picture.width, r * stepY));
    for (let c = 1; c < grid[1]; c++) (ink.moveTo(c * stepX, 0), ink.lineTo(c * stepX, picture.height));
    ink.stroke();
    const patch = token() - data.header.prefix.length;
    if (patch >= 0) outline(ink, (patch % grid[1]) * stepX, Math.floor(patch / grid[1]) * stepY, stepX, stepY);
  }

  function outline(ink, x, y, w, h) {
    const style = getComputedStyle(root);
    const ratio = devicePixelRatio;
    ink.lineWidth = 5 * ratio;
    ink.strokeStyle = style.getPropertyValue("--st-background-color");
    ink.strokeRect(x, y, w, h);
    ink.lineWidth = 2 * ratio;
    ink.strokeStyle = style.getPropertyValue("--st-text-color");
    ink.strokeRect(x, y, w, h);
  }

  function drawSequence() {
    const { grid, prefix } = data.header;
    const { count, across, pitch } = cells();
    const ratio = devicePixelRatio;
    const gap = pitch > 14 ? 3 : 1;
    sequence.width = sequence.clientWidth * ratio;
    sequence.height = Math.ceil(count / across) * pitch * ratio;
    const ink = sequence.getContext("2d");
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.imageSmoothingQuality = "medium";
    const [sy, sx] = [bitmap.height / grid[0], bitmap.width / grid[1]];
    const side = pitch - gap;
    for (let t = 0; t < count; t++) {
      const [x, y] = [(t % across) * pitch, Math.floor(t / across) * pitch];
      if (t < prefix.length) {
        ink.fillStyle = "#cc79a7";
        ink.fillRect(x, y, side, side);
        if (side > 24) {
          ink.fillStyle = "#16191f";
          ink.font = `600 ${Math.min(12, side / 3)}px system-ui, sans-serif`;
          ink.textAlign = "center";
          ink.textBaseline = "middle";
          ink.fillText(prefix[t].replace(/[[\]]/g, "").replace("register ", "R"), x + side / 2, y + side / 2);
        }
      } else {
        const p = t - prefix.length;
        ink.drawImage(bitmap, (p % grid[1]) * sx, Math.floor(p / grid[1]) * sy, sx, sy, x, y, side, side);
      }
    }
    const t = token();
    ink.setTransform(1, 0, 0, 1, 0, 0);
    outline(ink, (t % across) * pitch * ratio, Math.floor(t / across) * pitch * ratio, side * ratio, side * ratio);
  }

  function drawChosen() {
    const { header, arrays } = data;
    const t = token();
    const patch = t - header.prefix.length;
    const total = header.prefix.length + header.grid[0] * header.grid[1];
    for (const [name, rows] of [
      ["embedding", total - header.prefix.length],
      ["tokens", total],
    ]) {
      const row = name === "embedding" ? patch : t;
      stages[name].mark.hidden = row < 0;
      stages[name].mark.style.top = `${(100 * (row + 0.5)) / rows}%`;
    }
    drawPatch(patch);
    const dim = header.dim;
    const norm = (array, row) => Math.hypot(...array.subarray(row * dim, (row + 1) * dim));
    const side = header.patchSize;
    const rows = [
      ["token", `${tokenName(header, t)} · #${t}`],
      ["pixels", patch < 0 ? "none" : `${side} × ${side} = ${side * side}`],
      ["values", patch < 0 ? `${dim}, learned` : `${side * side} × 3 = ${side * side * 3}`],
      ["norm, embedded", patch < 0 ? "—" : four(norm(arrays.embeddings, patch))],
      ["with its position", four(norm(arrays.tokens, t))],
      [`after ${header.depth} blocks`, four(norm(arrays.last, t))],
      [header.reader.several ? "patches give it" : `${header.reader.who} gives it`, four(arrays.looks[(header.depth - 1) * total + t])],
    ];
    showFacts(facts, rows);
    const best = header.top[0];
    const says = best
      ? `The model says ${best[0]}, ${(100 * best[1]).toFixed(1)} percent.`
      : `The model gives ${arrays.probs.length} features.`;
    summary.textContent = `${tokenName(header, t)}, token ${t} of ${total}. ${says}`;
    picture.setAttribute(
      "aria-label",
      `The picture in ${header.grid[0]} by ${header.grid[1]} patches; ${tokenName(header, t)} is chosen. Arrow keys move.`,
    );
  }

  /** The picture with its grid beside the sequence, in one file. */
  function save() {
    const wide = Math.round((picture.height * sequence.width) / sequence.height);
    const sheet = el("canvas", { width: picture.width + wide + 24, height: picture.height });
    const ink = sheet.getContext("2d");
    ink.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color");
    ink.fillRect(0, 0, sheet.width, sheet.height);
    ink.drawImage(picture, 0, 0);
    ink.drawImage(sequence, picture.width + 24, 0, wide, picture.height);
    savePng(sheet, `patches-${data.header.imageSize[0]}-${data.header.patchSize}.png`);
  }

  function drawPatch(patch) {
    const canvas = stages.patches.canvas;
    const { grid } = data.header;
    const ink = canvas.getContext("2d");
    canvas.width = canvas.height = 248;
    const [sy, sx] = [bitmap.height / grid[0], bitmap.width / grid[1]];
    if (patch < 0) {
      const pitch = canvas.width / Math.max(...grid);
      for (let i = 0; i < grid[0] * grid[1]; i++) {
        const [row, col] = [Math.floor(i / grid[1]), i % grid[1]];
        ink.drawImage(bitmap, col * sx, row * sy, sx, sy, col * pitch, row * pitch, pitch * 0.82, pitch * 0.82);
      }
      stages.patches.note.textContent = "each patch is a row of numbers";
      return;
    }
    ink.imageSmoothingEnabled = false;
    ink.drawImage(bitmap, (patch % grid[1]) * sx, Math.floor(patch / grid[1]) * sy, sx, sy, 0, 0, 248, 248);
    stages.patches.note.textContent = `patch ${patch + 1} of ${grid[0] * grid[1]}, enlarged`;
  }

  function matrix(canvas, array, rows, cols, scale) {
    canvas.width = cols;
    canvas.height = rows;
    const sorted = Float32Array.from(array, Math.abs).sort();
    const top = sorted[Math.floor(0.99 * (sorted.length - 1))] || 1;
    const image = new ImageData(cols, rows);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < out.length; i++) out[i] = colours.diverging[Math.max(0, Math.min(255, 127.5 + (127.5 * array[i]) / top)) | 0];
    canvas.getContext("2d").putImageData(image, 0, 0);
    scale.replaceChildren(
      el("span", { class: "small muted", text: `−${four(top)}` }),
      el("i", { style: `background:${gradient(colours.diverging)}` }),
      el("span", { class: "small muted", text: four(top) }),
    );
  }

  function looks(canvas, scale) {
    const { depth, grid, prefix } = data.header;
    const across = Math.ceil(Math.sqrt(depth * 1.3));
    const down = Math.ceil(depth / across);
    const gap = Math.max(1, Math.round(grid[1] / 10));
    canvas.width = across * (grid[1] + gap) - gap;
    canvas.height = down * (grid[0] + gap) - gap;
    const ink = canvas.getContext("2d");
    const count = prefix.length + grid[0] * grid[1];
    for (let layer = 0; layer < depth; layer++) {
      const values = data.arrays.looks.subarray(layer * count + prefix.length, (layer + 1) * count);
      const top = Math.max(...values);
      const image = new ImageData(grid[1], grid[0]);
      const out = new Uint32Array(image.data.buffer);
      for (let i = 0; i < out.length; i++) out[i] = colours.viridis[((255 * values[i]) / top) | 0];
      ink.putImageData(image, (layer % across) * (grid[1] + gap), Math.floor(layer / across) * (grid[0] + gap));
    }
    scale.replaceChildren(
      el("span", { class: "small muted", text: "0" }),
      el("i", { style: `background:${gradient(colours.viridis)}` }),
      el("span", { class: "small muted", text: "each layer’s top" }),
    );
  }

  function chances(canvas) {
    const probs = data.arrays.probs;
    const style = getComputedStyle(root);
    canvas.width = 400;
    canvas.height = 240;
    const ink = canvas.getContext("2d");
    const top = probs.reduce((most, p) => Math.max(most, Math.abs(p)), 1e-12);
    const [base, room] = data.header.classes ? [240, 216] : [120, 108];
    probs.forEach((p, i) => {
      ink.fillStyle = style.getPropertyValue(data.header.classes && p === top ? "--st-primary-color" : "--st-text-color");
      const height = Math.max(1, (room * Math.abs(p)) / top);
      ink.fillRect((400 * i) / probs.length, p < 0 ? base : base - height, Math.max(1.5, 400 / probs.length - 0.6), height);
    });
  }

  function stage(name, title, shape, note, { mark = false, fit = false } = {}) {
    const canvas = el("canvas", { class: fit ? "fit" : null, "aria-hidden": "true" });
    const parts = {
      canvas,
      scale: el("div", { class: "scale" }),
      note: el("div", { class: "note small muted", text: note }),
      mark: el("div", { class: "mark" }),
    };
    const slug = data.header.links[name];
    const heading = slug
      ? el("button", { type: "button", text: title, onclick: () => store.open(slug), title: `Open the page on ${title.toLowerCase()}` })
      : title;
    parts.node = el(
      "li",
      {},
      el("h3", {}, heading),
      el("div", { class: "shape small muted", text: shape }),
      el("div", { class: "box" }, canvas, mark ? parts.mark : null),
      parts.scale,
      parts.note,
    );
    return parts;
  }

  function build() {
    const { header, arrays } = data;
    const [height, width] = header.imageSize;
    const patches = header.grid[0] * header.grid[1];
    const total = patches + header.prefix.length;
    const values = header.patchSize ** 2 * 3;
    const front = header.prefix.length > 1 ? "Tokens " : header.prefix.map((name) => `+ ${name} `).join("");
    stages = {
      image: stage("image", "Picture", `${height} × ${width} × 3`, "numbers from 0 to 255, three a pixel", { fit: true }),
      patches: stage("patches", "Patches", `${patches} × ${values}`, "", { fit: true }),
      embedding: stage("embedding", "Embedding", `${patches} × ${header.dim}`, `x W + b: a row a patch, ${header.dim} numbers each`, {
        mark: true,
      }),
      tokens: stage(
        "tokens",
        `${front}+ positions`,
        `${total} × ${header.dim}`,
        header.prefix.length ? "who is asked, and where each patch was" : "where each patch was",
        { mark: true },
      ),
      blocks: stage(
        "blocks",
        `${header.depth} blocks`,
        `${total} × ${header.dim}`,
        `what ${header.reader.onAverage} ${header.reader.several ? "look" : "looks"} at, layers 1 to ${header.depth}`,
        { fit: true },
      ),
      head: header.classes
        ? stage("head", "Head", `1 × ${header.dim} → ${header.classes}`, `${header.classes} classes; likeliest: ${header.top[0][0]}`)
        : stage(
            "head",
            "Features",
            `1 × ${arrays.probs.length}`,
            `no head: these numbers are the answer, from −${four(largest(arrays.probs))} to ${four(largest(arrays.probs))}`,
          ),
    };
    flow.replaceChildren(...Object.values(stages).map((s) => s.node));
    matrix(stages.embedding.canvas, arrays.embeddings, patches, header.dim, stages.embedding.scale);
    matrix(stages.tokens.canvas, arrays.tokens, total, header.dim, stages.tokens.scale);
    looks(stages.blocks.canvas, stages.blocks.scale);
    chances(stages.head.canvas);
    counts.textContent = `${header.prefix.length} + ${patches} = ${total} tokens`;
    const best = header.top[0];
    saying.textContent = best ? "What the model says" : "What the model gives";
    if (!best)
      unsure.textContent = `No classification head: its answer is a row of ${arrays.probs.length} numbers, its features, of length ${four(header.length)}. Other programs compare or classify them.`;
    else
      unsure.textContent =
        best[1] < 0.5
          ? `Unsure: its best answer has less than an even chance. It can only name ${header.classes} things.`
          : `It can only name ${header.classes} things.`;
    bars.replaceChildren(
      ...header.top.map(([label, p]) =>
        el(
          "div",
          { class: "row", title: `${p}` },
          el("span", { class: "name", text: label }),
          el("span", { text: percent(p) }),
          el("div", { class: "track" }, el("div", { class: "fill", style: `width:${100 * p}%` })),
        ),
      ),
    );
  }

  function largest(values) {
    return values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  }

  function paintThumb() {
    const { canvas } = stages.image;
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  const patchAt = (event) => tokenAt(event, picture, data.header);

  function placeAt(event) {
    const box = sequence.getBoundingClientRect();
    const { count, across, pitch } = cells();
    const t = Math.floor((event.clientY - box.top) / pitch) * across + Math.floor((event.clientX - box.left) / pitch);
    return t >= 0 && t < count ? t : null;
  }

  for (const [canvas, at] of [
    [picture, patchAt],
    [sequence, placeAt],
  ]) {
    const hover = (event) => data && ((hovered = at(event)), draw());
    canvas.addEventListener("pointermove", hover);
    canvas.addEventListener("pointerdown", hover);
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), draw()));
    canvas.addEventListener("click", (event) => data && at(event) !== null && store.commit({ token: at(event) }));
  }
  picture.addEventListener("keydown", (event) => {
    const next = data && stepToken(data.header, token(), event.key);
    if (event.key === "Enter") store.commit({ token: token() });
    if (next === null || next === undefined) return;
    event.preventDefault();
    hovered = null;
    store.preview({ token: next });
  });
  picture.addEventListener("blur", () => data && store.commit({ token: token() }));

  return {
    update(bytes) {
      const next = unpack(bytes);
      if (next.header.id === data?.header.id) return draw();
      decodePicture(next.arrays.picture).then((image) => {
        data = next;
        bitmap = image;
        hovered = null;
        build();
        paintThumb();
        root.dataset.ready = next.header.id;
        draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
