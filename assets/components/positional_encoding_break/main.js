import { decodePicture, paintGrid } from "../kit/canvas.js";
import { colourBar, colourTable } from "../kit/colours.js";
import { el, everyFrame } from "../kit/dom.js";
import { commas, four, percent } from "../kit/format.js";
import { cellAt, stepToken, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { PositionRows, fillSincos1d, fillSincos2d } from "../positional_encoding/math.js";

const WAYS = {
  kept: ["kept", "Every patch gets the learned row of its own place."],
  zeroed: [
    "zeroed",
    "Nothing is added. Without positions the order is lost: every order of the patches gives the same answer, and this is one of them.",
  ],
  shuffled: [
    "shuffled",
    "Learned rows, given to the wrong patches. That is the same as shuffling the picture: this is what the model now reads.",
  ],
  sincos2d: [
    "2D sine-cosine",
    "A rule’s rows, as long as the learned ones on average. They tell all places apart, but this model has never learned to read them.",
  ],
  sincos1d: [
    "1D sine-cosine",
    "A rule’s rows for the place in the sequence, as long as the learned ones on average. This model has never learned to read them.",
  ],
  random: ["random", "Random rows, as long as the learned ones on average. Every place has its mark, and no two are related."],
};

// The picture with its positions kept, taken away, shuffled or replaced: what the model reads, how alike the rows are, what it says.
export default mounts((root) => {
  const colours = colourTable("diverging");
  let data = null; // {header, arrays, bitmap, rows: way -> PositionRows}
  let hovered = null;
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const caption = el("span");
  const said = el("p", { class: "aside" });
  const bar = el("span", { class: "colourbar small" });
  const cards = el("div", { class: "cards", role: "radiogroup", "aria-label": "Positions" });
  const validation = el("p", { class: "small muted" });
  const undone = el("p", { class: "small muted" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(
    el(
      "div",
      { class: "title-line" },
      el("h2", { text: "Break them" }),
      el("span", { class: "muted", text: "on your picture: one change to the rows that are added, everything else as it was" }),
    ),
    el(
      "div",
      { class: "break" },
      el("div", {}, el("div", { class: "head-line" }, caption), canvas, said),
      el(
        "div",
        {},
        el("div", { class: "head-line" }, el("span", { text: "Similarity of the rows added, and what the model says" }), bar),
        cards,
        validation,
        undone,
      ),
    ),
    summary,
  );

  const way = () => fromView("positional_encoding_break", "broken");
  const count = () => data.header.grid[0] * data.header.grid[1];
  const example = () =>
    data.header.prefix.length + Math.floor(data.header.grid[0] / 4) * data.header.grid[1] + Math.floor(data.header.grid[1] / 4);
  const token = () =>
    hovered ??
    (store.selection.token >= data.header.prefix.length && store.selection.token < data.header.prefix.length + count()
      ? store.selection.token
      : example());

  function tables(header, arrays) {
    const { dim, grid, posPrefix } = header;
    const lead = posPrefix.length;
    const size = grid[0] * grid[1] * dim;
    const patches = (fill) => {
      const rows = new Float32Array(lead * dim + size);
      rows.set(arrays.learned.subarray(0, lead * dim));
      fill(rows.subarray(lead * dim));
      return new PositionRows(rows, dim, lead, grid);
    };
    const learned = arrays.learned.subarray(lead * dim);
    return {
      kept: new PositionRows(arrays.learned, dim, lead, grid),
      zeroed: patches(() => {}),
      shuffled: patches((out) => arrays.order.forEach((from, to) => out.set(learned.subarray(from * dim, (from + 1) * dim), to * dim))),
      sincos2d: patches((out) => fillSincos2d(out, grid[0], dim)),
      sincos1d: patches((out) => fillSincos1d(out, grid[0] * grid[1], dim)),
      random: patches((out) => out.set(arrays.random)),
    };
  }

  // Where patch i stands in the picture that the model reads: with shuffled rows it has the row of another place.
  const placeOf = (patch) => (way() === "shuffled" || way() === "zeroed" ? data.arrays.order[patch] : patch);

  function patchAt(cell) {
    return way() === "shuffled" || way() === "zeroed" ? data.arrays.order.indexOf(cell) : cell;
  }

  const draw = everyFrame(() => {
    if (!data) return;
    const start = performance.now();
    drawPicture();
    drawMaps();
    const { header } = data;
    const [name, sentence] = WAYS[way()];
    caption.textContent =
      { kept: "The picture as the model reads it", shuffled: "What the model then reads", zeroed: "A bag of patches" }[way()] ??
      "The patches stand where they were";
    said.textContent = sentence;
    for (const button of cards.children) {
      button.setAttribute("aria-checked", button.dataset.way === way());
      button.tabIndex = button.dataset.way === way() ? 0 : -1;
    }
    const best = answer(way());
    const text = `Positions ${name}: ${data.header.features ? "" : "the model says "}${best.label}, ${share(best.p)}. ${tokenName(header, token())} is compared.`;
    if (summary.textContent !== text) summary.textContent = text;
    canvas.setAttribute(
      "aria-label",
      `${caption.textContent}, ${header.grid[0]} by ${header.grid[1]} patches. Arrow keys move over the patches, Enter chooses one.`,
    );
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  function drawPicture() {
    const {
      header: {
        grid: [rows, cols],
      },
      bitmap,
    } = data;
    const [width, height] = [canvas.clientWidth, (canvas.clientWidth * rows) / cols];
    [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
    const ink = canvas.getContext("2d");
    ink.scale(devicePixelRatio, devicePixelRatio);
    const [w, h, sx, sy] = [width / cols, height / rows, bitmap.width / cols, bitmap.height / rows];
    const gap = way() === "zeroed" ? Math.min(3, w / 6) : 0;
    for (let patch = 0; patch < count(); patch++) {
      const at = placeOf(patch);
      ink.drawImage(
        bitmap,
        (patch % cols) * sx,
        Math.floor(patch / cols) * sy,
        sx,
        sy,
        (at % cols) * w + gap / 2,
        Math.floor(at / cols) * h + gap / 2,
        w - gap,
        h - gap,
      );
    }
    const at = placeOf(token() - data.header.prefix.length);
    const style = getComputedStyle(root);
    for (const [line, colour] of [
      [5, "--st-background-color"],
      [2, "--st-text-color"],
    ]) {
      ink.lineWidth = line;
      ink.strokeStyle = style.getPropertyValue(colour);
      ink.strokeRect((at % cols) * w, Math.floor(at / cols) * h, w, h);
    }
  }

  function drawMaps() {
    const { header, rows } = data;
    const patch = token() - header.prefix.length;
    for (const card of cards.children) {
      const own = rows[card.dataset.way];
      paintGrid(card.map, own.row(own.prefix + patch).subarray(own.prefix), header.grid, colours, -1, 1);
    }
  }

  const share = (p) => (data.header.features ? p.toFixed(3) : percent(p));

  function answer(name) {
    const { header, arrays } = data;
    const probs = arrays.probs.subarray(
      header.ways.indexOf(name) * header.labels.length,
      (header.ways.indexOf(name) + 1) * header.labels.length,
    );
    const best = probs.reduce((top, p, i) => (p > probs[top] ? i : top), 0);
    return { best, label: header.labels[best], p: probs[best], probs };
  }

  function build() {
    const { header } = data;
    const first = answer("kept");
    cards.replaceChildren(
      ...header.ways.map((name) => {
        const now = answer(name);
        const map = el("canvas", { "aria-hidden": "true" });
        const track = (label, p) =>
          el(
            "span",
            { class: "row", title: `${label}: ${p}` },
            el("span", { class: "name", text: label }),
            el("span", { text: share(p) }),
            el("span", { class: "track" }, el("span", { class: "fill", style: `width:${100 * Math.max(0, p)}%` })),
          );
        const official = header.official?.[name];
        const card = el(
          "button",
          {
            type: "button",
            role: "radio",
            "data-way": name,
            class: "way",
            onclick: () => choose(name),
            "aria-label": `${WAYS[name][0]}: ${header.features ? "" : "says "}${now.label}, ${share(now.p)}`,
          },
          el("strong", { text: WAYS[name][0] }),
          map,
          el(
            "span",
            { class: "answers" },
            track(now.label, now.p),
            now.best === first.best ? null : track(first.label, now.probs[first.best]),
            el("span", {
              class: "small muted",
              text: official === undefined ? "" : `validation top-1 ${percent(official)}`,
              title: official,
            }),
          ),
        );
        card.map = map;
        return card;
      }),
    );
    const measured = header.official ? Object.keys(WAYS).filter((name) => name in header.official) : [];
    const rest = Object.keys(WAYS)
      .filter((name) => !measured.includes(name))
      .map((name) => WAYS[name][0]);
    validation.textContent = header.official
      ? `Validation top-1: ${commas(header.official.pictures)} pictures of the official validation set, measured by the training command.${rest.length ? ` Not measured there: ${rest.join(", ")}.` : ""}`
      : header.features
        ? "This model has no classification head: shown is the cosine of its features to those with positions kept."
        : "Accuracy on the official validation set is not shown: the file with the training command’s measurements does not come with these weights.";
    colourBar(bar, colours, -1, 1);
    undone.textContent = `The changes are taken away again after every trial: the largest change of a ${header.features ? "feature" : "logit"} against the first answer is ${four(header.undone)}.`;
  }

  function choose(name) {
    store.commit({ view: withView("positional_encoding_break", { broken: name }) });
    draw();
  }

  cards.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!move || !data) return;
    event.preventDefault();
    const { ways } = data.header;
    const next = (ways.indexOf(way()) + move + ways.length) % ways.length;
    choose(ways[next]);
    cards.children[next].focus();
  });

  const placeAt = (event) => {
    const [row, col] = cellAt(event, canvas, data.header.grid);
    return data.header.prefix.length + patchAt(row * data.header.grid[1] + col);
  };
  const hover = (event) => data && ((hovered = placeAt(event)), draw());
  canvas.addEventListener("pointermove", hover);
  canvas.addEventListener("pointerdown", hover);
  canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && ((hovered = null), draw()));
  canvas.addEventListener("click", (event) => data && store.commit({ token: placeAt(event) }));
  canvas.addEventListener("keydown", (event) => {
    if (!data) return;
    if (event.key === "Enter" || event.key === " ") store.commit({ token: token() });
    else {
      const next = stepToken(data.header, token(), event.key);
      if (next === null) return;
      hovered = Math.max(next, data.header.prefix.length);
      draw();
    }
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => ((hovered = null), draw()));
  const unsubscribe = store.subscribe(draw);
  const resized = new ResizeObserver(() => draw());
  resized.observe(root);

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === data?.header.id) return draw();
      decodePicture(arrays.picture).then((bitmap) => {
        data = { header, arrays, bitmap, rows: tables(header, arrays) };
        hovered = null;
        build();
        root.dataset.ready = header.id;
        draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
