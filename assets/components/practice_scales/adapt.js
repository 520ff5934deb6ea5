// Adaptive input sizing: for each picture the smallest size whose answer is sure enough; the threshold is dragged.
import { rangeOf } from "../kit/controls.js";
import { el, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, percent } from "../kit/numbers/format.js";
import { commitPlace, practicePlace, ratioText } from "../practice/place.js";
import { spentOf, sureOf } from "./math.js";
import { barOf, card, COLOURS, exact, heads, line, pictured, scrolled } from "./parts.js";

export function adaptView(root, data) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data,
    threshold: practicePlace(data.header).c,
    slider: rangeOf("Sure enough from", { min: 0, max: 1, step: 0.01 }),
    facts: el("dl", { class: "facts" }),
    shares: el("table", {}),
    gallery: el("table", {}),
  };
  const { input } = view.slider;
  input.value = view.threshold;
  input.addEventListener("input", () => ((view.threshold = +input.value), draw(view)));
  input.addEventListener("change", () => commitPlace({ c: view.threshold }));
  const node = el(
    "div",
    { class: "scales" },
    card("Threshold", view.slider.node, view.facts),
    card("Where the tries end", view.shares),
    card("Over the gallery", scrolled("Gallery", view.gallery)),
  );
  return { node, draw: () => draw(view) };
}

/** For each picture, the open one first: the size whose answer is kept, and what its tries cost. */
function chosenOf({ data, threshold }) {
  const macs = data.header.sizes.map((size) => size.macs);
  const picked = data.tops[0].map((_, m) =>
    sureOf(
      data.tops.map((row) => row[m]),
      threshold,
    ),
  );
  return { picked, spent: picked.map((s) => spentOf(macs, s)) };
}

function draw(view) {
  const { root, data, threshold } = view;
  const { sizes, names } = data.header;
  const { picked, spent } = chosenOf(view);
  const last = sizes.length - 1;
  const count = picked.length - 1;
  const mean = spent.slice(1).reduce((a, b) => a + b, 0) / count;
  const same = picked.slice(1).filter((s, i) => data.best[s][i + 1] === data.best[last][i + 1]).length;
  put(view.slider.value, percent(threshold));
  showFacts(view.facts, [
    ["MACs a picture, mean", countText(mean), `${mean}`],
    [`beside ${sizes[last].size} px for all`, ratioText(mean / sizes[last].macs), `${mean / sizes[last].macs}`],
    ["same class as that", `${same} of ${count}`],
    ["this picture", `${sizes[picked[0]].size} px: ${names[data.best[picked[0]][0]]}, ${percent(data.tops[picked[0]][0])}`],
  ]);
  view.shares.replaceChildren(
    heads("size", "pictures", ""),
    el(
      "tbody",
      {},
      ...sizes.map((size, s) => {
        const ends = picked.slice(1).filter((one) => one === s).length;
        return line(`${size.size} px`, `${ends}`, el("td", {}, barOf(ends / count, COLOURS[s])));
      }),
    ),
  );
  fillGallery(view, picked, spent);
  root.practice = { sizes: sizes.map((size) => size.size), threshold, picked, mean, same };
  const work = `${ratioText(mean / sizes[last].macs)} the work of ${sizes[last].size} px`;
  data.say(`From ${percent(threshold)}: ${work}, same class on ${same} of ${count}.`);
}

function fillGallery({ data, gallery, threshold }, picked, spent) {
  const { gallery: pictures, names, sizes } = data.header;
  const last = sizes.length - 1;
  gallery.replaceChildren(
    heads("picture", ...sizes.map((size) => `${size.size} px`), "kept answer", "MACs"),
    el(
      "tbody",
      {},
      ...pictures.map((picture, i) => {
        const m = i + 1;
        const best = data.best[picked[m]][m];
        const other = best !== data.best[last][m];
        const tries = sizes.map((_, s) => {
          const p = data.tops[s][m];
          const kept = s === picked[m];
          const cell = el("td", { class: s > picked[m] ? "unused" : kept ? "kept" : null, title: `${names[data.best[s][m]]}: ${p}` });
          cell.append(kept ? el("strong", { text: percent(p) }) : percent(p), barOf(p, p >= threshold ? COLOURS[s] : "var(--muted)"));
          return cell;
        });
        const said = el("td", { text: names[best], title: other ? `${sizes[last].size} px says ${names[data.best[last][m]]}` : null });
        if (other) said.append(` (${sizes[last].size} px: ${names[data.best[last][m]]})`);
        return line(pictured(picture), ...tries, said, exact(countText(spent[m]), spent[m]));
      }),
    ),
  );
}
