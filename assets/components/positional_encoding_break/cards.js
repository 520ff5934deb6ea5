// The cards, one a way: how alike its rows are, and what the model then says.
import { paintGrid } from "../kit/picture/canvas.js";
import { colourBar } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { commas, four, percent } from "../kit/numbers/format.js";
import { WAYS, chooseWay, tokenOf, wayOf } from "./ways.js";

export function listenToCards(view) {
  view.cards.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!move || !view.data) return;
    event.preventDefault();
    const { ways } = view.data.header;
    const next = (ways.indexOf(wayOf()) + move + ways.length) % ways.length;
    chooseWay(view, ways[next]);
    view.cards.children[next].focus();
  });
}

/** By way, how like the row added to the chosen patch is to those of all others. */
export function similarities(view) {
  const { header, rows } = view.data;
  const patch = tokenOf(view) - header.prefix.length;
  return Object.fromEntries(header.ways.map((way) => [way, rows[way].row(rows[way].prefix + patch).subarray(rows[way].prefix)]));
}

export function drawMaps(view) {
  const values = similarities(view);
  for (const card of view.cards.children) paintGrid(card.map, values[card.dataset.way], view.data.header.grid, view.colours, -1, 1);
}

export const shareText = (view, p) => (view.data.header.features ? p.toFixed(3) : percent(p));

export function answerOf(view, name) {
  const { header, arrays } = view.data;
  const probs = arrays.probs.subarray(
    header.ways.indexOf(name) * header.labels.length,
    (header.ways.indexOf(name) + 1) * header.labels.length,
  );
  const best = probs.reduce((top, p, i) => (p > probs[top] ? i : top), 0);
  return { best, label: header.labels[best], whole: header.whole[best], p: probs[best], probs };
}

export function build(view) {
  const { header } = view.data;
  const first = answerOf(view, "kept");
  view.cards.replaceChildren(...header.ways.map((name) => cardOf(view, name, first)));
  colourBar(view.bar, view.colours, -1, 1);
  view.validation.textContent = validationText(view);
  const kind = header.features ? "feature" : "logit";
  view.undone.textContent =
    "The changes are taken away again after every trial: " +
    `the largest change of a ${kind} against the first answer is ${four(header.undone)}.`;
}

/** One way to change the positions: its map, what the model then says, and that beside its first answer. */
function cardOf(view, name, first) {
  const { header } = view.data;
  const now = answerOf(view, name);
  const map = el("canvas", { "aria-hidden": "true" });
  const track = (label, whole, p) =>
    el(
      "span",
      { class: "row", title: `${whole}: ${p}` },
      el("span", { class: "name", text: label }),
      el("span", { text: shareText(view, p) }),
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
      onclick: () => chooseWay(view, name),
      "aria-label": `${WAYS[name][0]}: ${header.features ? "" : "says "}${now.label}, ${shareText(view, now.p)}`,
    },
    el("strong", { text: WAYS[name][0] }),
    map,
    el(
      "span",
      { class: "answers" },
      track(now.label, now.whole, now.p),
      now.best === first.best ? null : track(first.label, first.whole, now.probs[first.best]),
      el("span", {
        class: "small muted",
        text: official === undefined ? "" : `validation top-1 ${percent(official)}`,
        title: official,
      }),
    ),
  );
  card.map = map;
  return card;
}

function validationText(view) {
  const { header } = view.data;
  if (!header.official)
    return header.features
      ? "This model has no classifier: shown is the cosine of its features to those with positions kept."
      : "Accuracy on the official validation set is not shown: " +
          "the file with the training command’s measurements does not come with these weights.";
  const rest = Object.keys(WAYS)
    .filter((name) => !(name in header.official))
    .map((name) => WAYS[name][0]);
  const pictures = `${commas(header.official.pictures)} pictures of the official validation set`;
  return `Validation top-1: ${pictures}, measured by the training command.${rest.length ? ` Not measured there: ${rest.join(", ")}.` : ""}`;
}
