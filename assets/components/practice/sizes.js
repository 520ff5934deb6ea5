// The same picture at several resolutions or patch sizes: cards with the model's own pixels, and compute over tokens.
import { decodePicture, outlineCell, sharp } from "../kit/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, grouped, percent } from "../kit/format.js";
import { clamp, shareAt } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { drawCurves } from "../memory_scaling/chart.js";
import { answersTable, inProportion, inkStyle, ratioText } from "./place.js";

const PARTS = { attention: ["attention, n²", "#d55e00"], rest: ["all else, n", "#0072b2"] };

export function sizesView(root) {
  let data = null;
  let cards = [];
  let point = [0.5, 0.5]; // where the pointer is on the picture: across, down
  let active = 0;
  const grid = el("div", { class: "cards" });
  const chart = el("canvas", { class: "curves", role: "img" });
  const facts = el("dl", { class: "facts" });
  const legend = el(
    "p",
    { class: "small muted" },
    ...Object.values(PARTS).flatMap(([name, colour]) => [el("i", { class: "swatch", style: `background:${colour}` }), `${name} `]),
  );
  const node = el(
    "div",
    {},
    grid,
    el(
      "div",
      { class: "practice below" },
      el("section", {}, el("h3", { text: "Compute of one picture, over tokens" }), chart, legend),
      el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
    ),
  );

  function makeCard(fact, i) {
    const canvas = el("canvas", { tabindex: 0, role: "img" });
    const answers = answersTable();
    const bar = el("i");
    const share = el("span", { class: "small" });
    const use = !fact.usable
      ? el("span")
      : fact.now
        ? el("span", { class: "small muted", text: "the app’s" })
        : el("button", {
            type: "button",
            class: "small",
            text: "use it",
            title: `Set the whole app to ${fact.size} / ${fact.patch}`,
            onclick: () => store.commit({ image_size: fact.size, patch_size: fact.patch }),
          });
    const head = el("div", { class: "card-head" }, el("strong", { text: `${fact.size} / ${fact.patch}` }), use);
    const counts = el("div", {
      class: "small muted",
      text: `${fact.grid.join(" × ")}${data.header.prefix.length ? ` + ${data.header.prefix.length}` : ""} = ${grouped(fact.tokens)} tokens`,
    });
    const box = el(
      "section",
      { class: fact.now ? "size-card now" : "size-card" },
      head,
      counts,
      canvas,
      el("div", { class: "track" }, bar),
      share,
      answers.node,
    );
    const move = (event) => {
      point = shareAt(event, canvas)
        .reverse()
        .map((v) => clamp(v, 0, 0.999));
      active = i;
      draw();
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerdown", move);
    canvas.addEventListener("focus", () => ((active = i), draw()));
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const [rows, cols] = fact.grid;
      const next = [Math.floor(point[0] * cols) + step[0], Math.floor(point[1] * rows) + step[1]];
      point = [(Math.min(cols - 1, Math.max(0, next[0])) + 0.5) / cols, (Math.min(rows - 1, Math.max(0, next[1])) + 0.5) / rows];
      draw();
    });
    return { fact, canvas, answers, bar, share, box, image: null };
  }

  const own = () => data.header.cards.find((card) => card.now);

  const draw = everyFrame(() => {
    if (!data) return;
    const style = inkStyle(root);
    const most = Math.max(...cards.map((card) => card.fact.macs));
    for (const card of cards) drawCard(card, style, most);
    drawChart(style);
    const { fact } = cards[active];
    const [rows, cols] = fact.grid;
    const [row, col] = [Math.floor(point[1] * rows), Math.floor(point[0] * cols)];
    showFacts(facts, [
      ["setting", `${fact.size} / ${fact.patch}`],
      ["patch", `row ${row + 1}, col ${col + 1}`],
      ["share of the picture", `1/${grouped(rows * cols)}`],
      ["tokens", grouped(fact.tokens), `${fact.tokens}`],
      ["MACs", countText(fact.macs), `${fact.macs}`],
      ["attention’s share", `${(100 * fact.share).toFixed(2)}%`],
      ["MACs beside the app’s", ratioText(fact.macs / own().macs), `${fact.macs / own().macs}`],
    ]);
    root.sayPractice(
      `${fact.size} / ${fact.patch}: ${fact.tokens} tokens, ${countText(fact.macs)} multiply-accumulates${fact.top.length ? `, ${fact.top[0][0]} ${percent(fact.top[0][1])}` : ""}. Row ${row + 1}, column ${col + 1}.`,
    );
  });

  function drawCard(card, style, most) {
    const { fact, canvas } = card;
    const [rows, cols] = fact.grid;
    inProportion(canvas, fact.grid);
    const { ink, width, height } = sharp(canvas);
    ink.imageSmoothingEnabled = false;
    if (card.image) ink.drawImage(card.image, 0, 0, width, height);
    ink.beginPath();
    for (let r = 1; r < rows; r++) (ink.moveTo(0, (r * height) / rows), ink.lineTo(width, (r * height) / rows));
    for (let c = 1; c < cols; c++) (ink.moveTo((c * width) / cols, 0), ink.lineTo((c * width) / cols, height));
    ink.lineWidth = rows > 20 ? 0.5 : 1;
    ink.strokeStyle = "rgba(255,255,255,0.55)";
    ink.stroke();
    const [row, col] = [Math.floor(point[1] * rows), Math.floor(point[0] * cols)];
    outlineCell(ink, style, (col * width) / cols, (row * height) / rows, width / cols, height / rows, 1.5);
    canvas.setAttribute("aria-label", `${fact.size} pixels in patches of ${fact.patch}: ${rows} by ${cols} patches. Arrow keys move.`);
    card.bar.style.width = `${(100 * fact.macs) / most}%`;
    card.share.textContent = `${countText(fact.macs)} MACs, ${ratioText(fact.macs / own().macs)}`;
    card.share.title = `${fact.macs}`;
    card.answers.show([["says", fact.top]], data.header.hasHead);
  }

  function drawChart(style) {
    const { curve } = data.header;
    const top = 1.12 * Math.max(...cards.map((card) => card.fact.tokens));
    const rows = curve.filter(([tokens], i) => tokens <= top || curve[i - 1][0] <= top);
    const xs = rows.map((row) => row[0]);
    const high = Math.max(...rows.map((row) => row[1] + row[2]));
    drawCurves(
      chart,
      {
        log: false,
        x: [0, Math.min(xs.at(-1), top)],
        y: [0, high],
        xs,
        lines: [],
        areas: [
          { colour: PARTS.rest[1], values: rows.map((row) => row[2]) },
          { colour: PARTS.attention[1], values: rows.map((row) => row[1]) },
        ],
        verticals: [],
        horizontals: [],
        textX: (v) => grouped(v),
        textY: (v) => countText(v).replace(/[\d.]+/, (digits) => String(Number(digits))),
        xTitle: "tokens",
        dots: cards.map((card, i) => ({
          x: card.fact.tokens,
          y: card.fact.macs,
          label: i === active || card.fact.now ? `${card.fact.size} / ${card.fact.patch}` : "",
          strong: i === active,
        })),
      },
      style,
    );
    chart.setAttribute(
      "aria-label",
      `Multiply-accumulates over tokens; ${cards.map((card) => `${card.fact.size} / ${card.fact.patch}: ${countText(card.fact.macs)}`).join(", ")}.`,
    );
  }

  return {
    node,
    async arrive(next) {
      const images = await Promise.all(next.header.cards.map((_, i) => decodePicture(next.arrays[`picture${i}`])));
      data = next;
      cards = next.header.cards.map(makeCard);
      cards.forEach((card, i) => (card.image = images[i]));
      active = next.header.cards.findIndex((card) => card.now);
      grid.replaceChildren(...cards.map((card) => card.box));
      root.practice = { cards: next.header.cards };
      draw();
    },
    draw,
  };
}
