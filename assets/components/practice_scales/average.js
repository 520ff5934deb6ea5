// Multi-scale inference: choose sizes, see the mean of their answers on the picture and over the gallery, and what it costs.
import { el } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, exactAnswer, four, grouped, percent } from "../kit/numbers/format.js";
import { commitPlace, practicePlace, ratioText } from "../practice/place.js";
import { bestOf, countedOf, meanOf } from "./math.js";
import { barOf, card, COLOURS, exact, heads, line, pictured, scrolled } from "./parts.js";

export function averageView(root, data) {
  const { sizes } = data.header;
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data,
    used: countedOf(practicePlace(data.header).n, sizes.length),
    sizes: el("table", {}),
    mean: el("div", { class: "answers" }),
    facts: el("dl", { class: "facts" }),
    gallery: el("table", {}),
  };
  const node = el(
    "div",
    { class: "scales" },
    card("This picture at every size", scrolled("Sizes", view.sizes)),
    card("The mean of the answers", view.mean, view.facts),
    card("Over the gallery", scrolled("Gallery", view.gallery)),
  );
  return { node, draw: () => draw(view) };
}

function draw(view) {
  const { root, data, used } = view;
  const { sizes, names, whole } = data.header;
  const own = Math.max(
    0,
    sizes.findIndex((size) => size.now),
  );
  const means = data.probs[0].map((_, m) => meanOf(used.map((s) => data.probs[s][m])));
  const best = bestOf(means[0]);
  fillSizes(view);
  view.mean.replaceChildren(
    el(
      "div",
      { class: "guess first", title: exactAnswer([names[best], means[0][best], whole[best]]) },
      el("span", { text: names[best] }),
      el("span", { text: percent(means[0][best]) }),
    ),
  );
  const macs = used.reduce((sum, s) => sum + sizes[s].macs, 0);
  const seconds = used.reduce((sum, s) => sum + sizes[s].seconds, 0);
  const same = means.slice(1).filter((mean, m) => bestOf(mean) === data.best[own][m + 1]).length;
  showFacts(view.facts, [
    ["sizes averaged", `${used.length} of ${sizes.length}`],
    ["MACs a picture", countText(macs), `${macs}`],
    ["beside the app’s size", ratioText(macs / sizes[own].macs), `${macs / sizes[own].macs}`],
    ["time, fastest passes", `${four(1000 * seconds)} ms`, `${seconds} s`],
    ["same class over the gallery", `${same} of ${means.length - 1}`],
  ]);
  fillGallery(view, means, own);
  root.practice = { sizes: sizes.map((size) => size.size), used, mean: [...means[0]], macs, same };
  data.say(
    `Mean of ${used.length} sizes: ${names[best]}, ${percent(means[0][best])}; same class on ${same} of ${means.length - 1} pictures.`,
  );
}

function fillSizes(view) {
  const { data, used } = view;
  const { sizes, names, whole } = data.header;
  const most = Math.max(...sizes.map((size) => size.macs));
  const toggle = (s) => {
    const next = used.includes(s) ? used.filter((other) => other !== s) : [...used, s].sort((a, b) => a - b);
    if (!next.length) return;
    view.used = next;
    draw(view);
    commitPlace({ n: next.reduce((mask, i) => mask | (1 << i), 0) });
    view.sizes.querySelectorAll("input")[s].focus();
  };
  view.sizes.replaceChildren(
    heads("averaged", "tokens", "MACs", "fastest pass", "says", ""),
    el(
      "tbody",
      {},
      ...sizes.map((size, s) => {
        const best = data.best[s][0];
        const p = data.tops[s][0];
        const box = el("input", { type: "checkbox", "aria-label": `Average ${size.size} px`, onchange: () => toggle(s) });
        box.checked = used.includes(s);
        return line(
          el("th", { scope: "row" }, el("label", {}, box, ` ${size.size} px${size.now ? ", the app’s" : ""}`)),
          grouped(size.tokens),
          el("td", { title: `${size.macs}` }, countText(size.macs), barOf(size.macs / most, COLOURS[0])),
          exact(`${four(1000 * size.seconds)} ms`, `${size.seconds} s`),
          exact(names[best], whole[best]),
          el("td", { title: `${p}` }, percent(p), barOf(p, COLOURS[3])),
        );
      }),
    ),
  );
}

function fillGallery({ data, gallery }, means, own) {
  const { gallery: pictures, names, sizes } = data.header;
  gallery.replaceChildren(
    heads("picture", `${sizes[own].size} px alone`, "", "mean", ""),
    el(
      "tbody",
      {},
      ...pictures.map((picture, i) => {
        const [mean, alone] = [means[i + 1], data.best[own][i + 1]];
        const best = bestOf(mean);
        const said = best === alone ? names[best] : el("td", {}, el("strong", { text: names[best] }));
        return line(
          pictured(picture),
          names[alone],
          exact(percent(data.tops[own][i + 1]), data.tops[own][i + 1]),
          said,
          exact(percent(mean[best]), mean[best]),
        );
      }),
    ),
  );
}
