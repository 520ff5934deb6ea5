import { paintGrid } from "../kit/canvas.js";
import { colourBar, colourTable } from "../kit/colours.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, selected, withView } from "../kit/view.js";
import { PositionTables } from "./math.js";
import { savePicture } from "./draw.js";
import { cosinePanel, gridPanel, structurePanel } from "./panels.js";
import { extremes, learnPanel, numberedPanel, paintWall, wallSize } from "./story.js";

const ENCODINGS = { learned: "learned", sincos2d: "2D sin-cos", sincos1d: "1D sin-cos", random: "random", none: "none" };

// The explorer of positions: one position's similarity to all others, all of them as a wall, or as a matrix; at any grid.
export default mounts((root) => {
  const colours = { diverging: colourTable("diverging"), viridis: colourTable("viridis") };
  let data = null; // {header, arrays, tables}
  let hovered = null; // the position under the pointer, and with it the one that is compared
  let compared = null; // [position, position] under the pointer on the matrix
  let place = fromView("positional_encoding");
  let painted = "";

  const map = el("canvas", { tabindex: 0, role: "img", class: "map" });
  const marks = el("canvas", { class: "marks" });
  const mapTitle = el("span");
  const mapBar = el("span", { class: "colourbar small" });
  const prefixRow = el("div", { class: "prefix" });
  const hint = el("span", { class: "small muted" });
  const wall = el("canvas", { tabindex: 0, role: "img" });
  const chosen = el("div", { class: "chosen" });
  const [across, down] = [el("div", { class: "cross" }), el("div", { class: "cross" })];
  const frame = el("div", { class: "frame" }, wall, chosen, across, down);
  const paneTitle = el("p", { class: "small muted pane-note" });
  const pointer = el("dl", { class: "facts" });
  const about = el("dl", { class: "facts" });
  const say = speaker(root);
  const gridValue = el("strong");
  const gridInput = el("input", { type: "range", step: 1, "aria-label": "Grid", list: "position-sides" });
  const nativeTick = el("span", { class: "native-tick small muted" });
  const encodings = choiceOf("Encoding", ENCODINGS, (enc) => keep({ enc }));
  const ranges = choiceOf("Colour range", { full: "−1 to 1", own: "own range" }, (range) => keep({ range }));
  const panes = choiceOf("All positions as", { wall: "wall", matrix: "matrix" }, (pane) => keep({ pane }));
  const png = (name, canvas) =>
    el("button", {
      type: "button",
      class: "quiet",
      text: "PNG",
      "aria-label": `Save ${name} as PNG`,
      onclick: () => savePicture(canvas, `positions-${place.enc}-${side()}-${name}.png`),
    });
  const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "More on positions" });
  const panel = el("div", { role: "tabpanel" });
  let panels = {};

  root.append(
    el("div", { class: "choices" }, encodings.node, ranges.node),
    el(
      "div",
      { class: "explorer positions" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, mapTitle, png("map", map)),
        prefixRow,
        el("div", { class: "scene" }, map, marks),
        el(
          "div",
          { class: "controls" },
          el("label", { class: "slider" }, el("span", {}, el("span", { text: "Grid" }), gridValue), gridInput),
          el("div", { class: "under" }, nativeTick, hint),
        ),
      ),
      el("div", {}, el("div", { class: "head-line" }, panes.node, png("all", wall)), frame, paneTitle),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), pointer),
        el("section", { class: "card" }, el("h3", { text: "This encoding" }), about),
      ),
    ),
    tabs,
    panel,
  );

  // ---- places ---------------------------------------------------------------------------------------------------------------------
  // A position is a row of the table at the slider's grid; the shared selection names a token of the picture's own grid.

  const prefix = () => data.header.posPrefix.length;
  const side = () => Math.max(data.header.sides[0], Math.min(data.header.sides.at(-1), place.side ?? data.header.grid[0]));
  const rows = () => data.tables.at(place.enc, side());
  const encName = () => (place.enc.startsWith("snapshot-") ? data.header.snapshots[+place.enc.slice(9)].label : ENCODINGS[place.enc]);

  function fromToken(token) {
    const { header } = data;
    if (token < header.prefix.length) return Math.max(0, header.posPrefix.indexOf(header.prefix[token]));
    const patch = token - header.prefix.length;
    const scaled = (index, of) => Math.min(side() - 1, Math.floor(((index + 0.5) * side()) / of));
    return prefix() + scaled(Math.floor(patch / header.grid[1]), header.grid[0]) * side() + scaled(patch % header.grid[1], header.grid[1]);
  }

  function toToken(cell) {
    const { header } = data;
    if (cell < prefix()) return header.prefix.indexOf(header.posPrefix[cell]);
    const patch = cell - prefix();
    const scaled = (index, of) => Math.floor(((index + 0.5) * of) / side());
    return (
      header.prefix.length + scaled(Math.floor(patch / side()), header.grid[0]) * header.grid[1] + scaled(patch % side(), header.grid[1])
    );
  }

  function held() {
    const token = selected(data.header).token;
    if (place.at !== null && place.at < prefix() + side() ** 2 && toToken(place.at) === token) return place.at;
    return token > 0 ? fromToken(token) : prefix() + Math.floor(side() / 4) * (side() + 1); // until one is chosen, a place to start with
  }
  const cell = () => compared?.[0] ?? (place.hold || hovered === null ? held() : hovered);

  function other(here = cell()) {
    if (compared) return compared[1];
    if (place.hold && hovered !== null && hovered !== here) return hovered;
    const values = rows().row(here);
    let best = -1;
    for (let i = prefix(); i < values.length; i++) if (i !== here && (best < 0 || values[i] > values[best])) best = i;
    return best;
  }

  function name(p) {
    return p < prefix() ? data.header.posPrefix[p] : `row ${Math.floor((p - prefix()) / side()) + 1}, col ${((p - prefix()) % side()) + 1}`;
  }

  function keep(changes, quietly = false) {
    place = { ...place, ...changes };
    store[quietly ? "preview" : "commit"]({ view: withView("positional_encoding", place) });
    draw();
  }

  function choose(p, changes = {}, quietly = false) {
    const token = toToken(p);
    place = { ...place, ...changes, at: null };
    if (token === 0 || fromToken(token) !== p) place.at = p;
    store[quietly ? "preview" : "commit"]({ token, view: withView("positional_encoding", place) });
    draw();
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------------------

  const draw = everyFrame(() => {
    if (!data) return;
    const start = performance.now();
    const here = cell();
    const values = rows().row(here);
    const patches = values.subarray(prefix());
    const own = place.range === "own";
    const [low, high] = own ? extremes(patches, here - prefix()) : [-1, 1];
    const table = own ? colours.viridis : colours.diverging;
    paintGrid(map, patches, rows().grid, table, low, high);
    colourBar(mapBar, table, low, high);
    drawMarks(here);
    showControls();
    showNumbers(here, values);
    drawPane(here);
    panels[place.open].draw(scene(here));
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  const scene = (here) => ({
    ...data,
    rows: rows(),
    enc: place.enc,
    encName: encName(),
    learned: data.tables.isLearned(place.enc),
    side: side(),
    cell: here,
    other: other(here),
    prefix: prefix(),
    name,
  });

  // The wall changes with the encoding and the grid, not with the pointer; while the grid is dragged it follows one frame later.
  function drawPane(here) {
    const { grid, count } = rows();
    const wanted = `${data.header.id}/${place.enc}/${side()}/${place.pane}/${place.range}`;
    if (painted !== wanted) {
      if (rows().all) paintPane(wanted);
      else setTimeout(() => data && (rows().matrix(), draw()), 0);
    }
    const isWall = place.pane === "wall";
    chosen.hidden = !isWall;
    across.hidden = down.hidden = isWall;
    if (isWall) {
      const { gap, top, width, height } = wallSize(rows());
      const patch = here - prefix();
      const [x, y] =
        patch < 0
          ? [here * (grid[1] + gap), 0]
          : [(patch % grid[1]) * (grid[1] + gap), top + Math.floor(patch / grid[1]) * (grid[0] + gap)];
      chosen.style.cssText = `left:${(100 * x) / width}%;top:${(100 * y) / height}%;width:${(100 * grid[1]) / width}%;height:${(100 * grid[0]) / height}%`;
      paneTitle.textContent = `${count} small maps${prefix() ? `, ${data.header.posPrefix.join(" and ")} above` : ""}: each stands where its position does. Click one to keep it.`;
      wall.setAttribute("aria-label", `Wall of ${count} similarity maps. Arrow keys move.`);
    } else {
      const percent = (p) => `${(100 * (p + 0.5)) / count}%`;
      across.style.cssText = `left:0;right:0;height:1px;top:${percent(here)}`;
      down.style.cssText = `top:0;bottom:0;width:1px;left:${percent(other(here))}`;
      paneTitle.textContent = `${count} × ${count}: ${name(here)} and ${name(other(here))}, ${four(rows().similarity(here, other(here)))}`;
      wall.setAttribute("aria-label", `Similarity matrix, ${paneTitle.textContent}. Arrow keys move.`);
    }
  }

  function paintPane(wanted) {
    painted = wanted;
    const own = place.range === "own";
    if (place.pane === "wall") paintWall(wall, rows(), colours, own);
    else {
      const { count } = rows();
      const [low, high] = own ? extremes(rows().matrix(), -1) : [-1, 1];
      paintGrid(wall, rows().matrix(), [count, count], own ? colours.viridis : colours.diverging, low, high);
    }
    wall.classList.toggle("shrunk", wall.width > wall.clientWidth * devicePixelRatio);
  }

  function drawMarks(here) {
    const { clientWidth: width, clientHeight: height } = marks;
    [marks.width, marks.height] = [Math.max(1, width * devicePixelRatio), Math.max(1, height * devicePixelRatio)];
    const ink = marks.getContext("2d");
    ink.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(root);
    const pitch = width / side();
    const mark = (p, dashed) => {
      if (p < prefix()) return;
      const [x, y] = [((p - prefix()) % side()) * pitch, Math.floor((p - prefix()) / side()) * pitch];
      for (const [line, colour] of [
        [5, style.getPropertyValue("--st-background-color")],
        [2, style.getPropertyValue("--st-text-color")],
      ]) {
        ink.setLineDash(dashed && line === 2 ? [4, 3] : []);
        ink.lineWidth = line;
        ink.strokeStyle = colour;
        ink.strokeRect(x, y, pitch, pitch);
      }
    };
    if (compared || (place.hold && hovered !== null)) mark(other(here), true);
    mark(here, false);
  }

  function showControls() {
    const { header } = data;
    const { sides, nativeGrid } = header;
    [gridInput.min, gridInput.max] = [sides[0], sides.at(-1)];
    if (+gridInput.value !== side()) gridInput.value = side();
    const native = nativeGrid[0] === side() && nativeGrid[1] === side();
    const learned = data.tables.isLearned(place.enc);
    gridValue.textContent = `${side()} × ${side()} ${native ? "· native" : learned ? "· interpolated" : ""}`;
    gridInput.setAttribute("aria-valuetext", gridValue.textContent);
    nativeTick.style.left = `calc(8px + (100% - 16px) * ${(nativeGrid[0] - sides[0]) / (sides.at(-1) - sides[0])})`;
    nativeTick.textContent = "▲";
    nativeTick.title = `The table’s own grid: ${nativeGrid[0]} × ${nativeGrid[1]}`;
    encodings.show(place.enc);
    ranges.show(place.range);
    panes.show(place.pane);
    for (const button of tabs.children) {
      button.setAttribute("aria-selected", button.dataset.tab === place.open);
      button.tabIndex = button.dataset.tab === place.open ? 0 : -1;
    }
  }

  function showNumbers(here, values) {
    const { header } = data;
    const to = other(here);
    const [value, length] = [values[to], rows().norms[here]];
    const apart =
      here < prefix() || to < prefix()
        ? null
        : Math.hypot(
            Math.floor((here - prefix()) / side()) - Math.floor((to - prefix()) / side()),
            ((here - prefix()) % side()) - ((to - prefix()) % side()),
          );
    mapTitle.textContent = `Similarity to ${name(here)}`;
    showFacts(pointer, [
      ["position", name(here)],
      ["ID", here],
      [compared || (place.hold && hovered !== null) ? "with" : "nearest", name(to), `ID ${to}`],
      ["similarity", four(value), value],
      ["apart", apart === null ? "no place" : `${+apart.toPrecision(4)} ${apart === 1 ? "patch" : "patches"}`, apart],
      ["length", four(length), length],
      ...header.posPrefix.map((label, i) => [`to ${label}`, four(values[i]), values[i]]),
    ]);
    const learned = data.tables.isLearned(place.enc);
    const [r, c] = header.nativeGrid;
    const count = header.posPrefix.length + r * c;
    const found = header.explained[header.structured.indexOf(place.enc)];
    const share = (key) => (found && Number.isFinite(found[key]) ? found[key].toFixed(3) : "—");
    showFacts(about, [
      ["kind", encName()],
      ["rows × width", learned ? `${count} × ${header.dim}` : `${rows().count - prefix()} × ${header.dim}`],
      ["parameters", learned ? (count * header.dim).toLocaleString("en") : "0"],
      [
        "at this grid",
        learned
          ? r === side() && c === side()
            ? "as learned"
            : header.posMode
          : place.enc === "none"
            ? "zeros"
            : place.enc === "random"
              ? "drawn"
              : "by formula",
      ],
      ["R² rows", share("row"), found?.row],
      ["R² columns", share("column"), found?.column],
      ["R² distance", share("distance"), found?.distance],
    ]);
    for (const [i, button] of [...prefixRow.querySelectorAll("button")].entries()) {
      button.setAttribute("aria-pressed", here === i);
      button.textContent = `${header.posPrefix[i]} ${four(values[i])}`;
    }
    hint.textContent = place.hold ? "kept: the pointer compares; click again to let go" : "a click keeps the position";
    map.setAttribute(
      "aria-label",
      `Similarity of ${name(here)} to all ${side()} by ${side()} positions. Arrow keys move, Enter keeps, Escape lets go.`,
    );
    say(
      `${encName()}, grid ${side()} by ${side()}, ${name(here)}, ID ${here}: ${learned || place.enc !== "none" ? `similarity ${four(value)} to ${name(to)}` : "every row is zero, similar to nothing"}.`,
    );
  }

  // ---- pointer and keys -----------------------------------------------------------------------------------------------------------

  const along = (value, from, size, count) => Math.max(0, Math.min(count - 1, Math.floor(((value - from) / size) * count)));

  function onMap(event) {
    const box = map.getBoundingClientRect();
    return prefix() + along(event.clientY, box.top, box.height, side()) * side() + along(event.clientX, box.left, box.width, side());
  }

  function onPane(event) {
    const box = wall.getBoundingClientRect();
    const { count, grid } = rows();
    if (place.pane === "matrix")
      return [along(event.clientY, box.top, box.height, count), along(event.clientX, box.left, box.width, count)];
    const { gap, top, width, height } = wallSize(rows());
    const [x, y] = [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
    const col = Math.max(0, Math.min(grid[1] - 1, Math.floor(x / (grid[1] + gap))));
    if (top && y < grid[0]) return [Math.min(prefix() - 1, col), null];
    return [prefix() + Math.max(0, Math.min(grid[0] - 1, Math.floor((y - top) / (grid[0] + gap)))) * grid[1] + col, null];
  }

  function pick(p, event) {
    if (event?.pointerType === "touch" && p !== held()) return choose(p);
    choose(p, { hold: !(place.hold && p === held()) });
  }

  const overMap = (event) => data && ((hovered = onMap(event)), draw());
  const overPane = (event) => {
    if (!data) return;
    const [one, two] = onPane(event);
    compared = two === null ? null : [one, two];
    hovered = one;
    draw();
  };
  const leave = (event) => event.pointerType !== "touch" && ((hovered = compared = null), draw());
  for (const [canvas, over] of [
    [map, overMap],
    [wall, overPane],
  ]) {
    canvas.addEventListener("pointermove", over);
    canvas.addEventListener("pointerdown", over);
    canvas.addEventListener("pointerleave", leave);
  }
  map.addEventListener("click", (event) => data && pick(onMap(event), event));
  wall.addEventListener("click", (event) => data && pick(onPane(event)[0], event));

  function step(from, key) {
    const first = prefix();
    const last = first + side() ** 2 - 1;
    if (key === "Home") return 0;
    if (key === "End") return last;
    if (key === "ArrowLeft") return Math.max(0, from - 1);
    if (key === "ArrowRight") return Math.min(last, from + 1);
    if (key === "ArrowUp") return from - side() >= first ? from - side() : Math.max(0, first - 1);
    if (key === "ArrowDown") return from < first ? first : Math.min(from + side(), from + side() <= last ? last : from);
    return null;
  }
  for (const canvas of [map, wall]) {
    canvas.addEventListener("keydown", (event) => {
      if (!data) return;
      if (event.key === "Enter" || event.key === " ") pick(held());
      else if (event.key === "Escape" && place.hold) choose(held(), { hold: false });
      else {
        const next = step(place.hold ? (hovered ?? held()) : held(), event.key);
        if (next === null) return;
        compared = null;
        hovered = place.hold ? next : null;
        if (place.hold) draw();
        else choose(next, {}, true);
      }
      event.preventDefault();
    });
    canvas.addEventListener("keyup", (event) => data && /^(Arrow|Home|End)/.test(event.key) && !place.hold && choose(held()));
  }
  gridInput.addEventListener("input", () => data && keep({ side: +gridInput.value, at: null }, true));
  gridInput.addEventListener("change", () => {
    if (!data) return;
    const same = +gridInput.value === data.header.grid[0];
    keep({ side: same ? null : +gridInput.value, at: null });
  });
  tabs.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const names = Object.keys(panels);
    const next = (names.indexOf(place.open) + move + names.length) % names.length;
    keep({ open: names[next] });
    tabs.children[next].focus();
  });

  function check() {
    const [a, b] = [cell(), other()];
    root.api.setTriggerValue("check", { enc: place.enc, side: side(), a, b, value: rows().similarity(a, b) });
  }

  function adopt() {
    place = fromView("positional_encoding");
    if (!data) return;
    const known = place.enc in ENCODINGS || (place.enc.startsWith("snapshot-") && data.header.snapshots[+place.enc.slice(9)]);
    if (!known) place.enc = "learned";
    if (panel.firstChild !== panels[place.open].node) panel.replaceChildren(panels[place.open].node);
    draw();
  }
  const unsubscribe = store.subscribe(adopt);
  const resized = new ResizeObserver(() => draw());
  resized.observe(root);

  function build() {
    panels = {
      cosine: { title: "One similarity, step by step", ...cosinePanel(check) },
      grid: { title: "Another grid", ...gridPanel(colours) },
      structure: { title: "Structure", ...structurePanel(colours) },
      numbered: { title: "Numbered in a row", ...numberedPanel(colours, data.header.ablation) },
      learn: { title: "Watch it learn", ...learnPanel(colours, (enc) => keep({ enc })) },
    };
    tabs.replaceChildren(
      ...Object.entries(panels).map(([tab, { title }]) =>
        el("button", { type: "button", role: "tab", "data-tab": tab, text: title, onclick: () => keep({ open: tab }) }),
      ),
    );
    prefixRow.replaceChildren(
      ...data.header.posPrefix.map((label, i) =>
        el("button", {
          type: "button",
          "aria-label": `${label} as position`,
          onclick: () => pick(i),
          onpointerenter: () => ((hovered = i), draw()),
          onpointerleave: () => ((hovered = null), draw()),
        }),
      ),
      mapBar,
    );
    panel.replaceChildren();
    adopt();
  }

  return {
    update(bytes, api) {
      root.api = api;
      const { header, arrays } = unpack(bytes);
      if (header.id === data?.header.id) return draw();
      const same = data?.header.model === header.model;
      data = { header, arrays, tables: same ? data.tables : new PositionTables(header, arrays) };
      hovered = compared = null;
      painted = "";
      build();
      root.tables = data.tables;
      root.dataset.ready = header.id;
      draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
