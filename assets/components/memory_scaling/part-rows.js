// What is held, part by part: the bar, its rows, and the terms of the one that is opened.
import { el, put } from "../kit/dom.js";
import { bytesText, countText, exactBytes, exactText, percentText } from "../kit/numbers/format.js";
import { LARGEST_SIZE } from "./place.js";
import { PART_COLOURS, PART_NAMES, termsOf } from "./words.js";

export function partRow(view, part) {
  const value = el("strong");
  const share = el("span", { class: "share muted" });
  const fill = el("i", { style: `background:${PART_COLOURS[part]}` });
  const terms = el("div", { class: "terms", hidden: true });
  const button = el(
    "button",
    { type: "button", "aria-expanded": "false", onclick: () => openPart(view, part) },
    el("i", { class: "swatch", style: `background:${PART_COLOURS[part]}` }),
    el("span", { text: PART_NAMES[part] }),
    el("span", { class: "track" }, fill),
    value,
    share,
  );
  return { node: el("div", { class: "part" }, button, terms), button, value, share, fill, terms };
}

function openPart(view, part) {
  view.opened = view.opened === part ? null : part;
  view.draw();
}

export function paintParts(view, model, setting, memory, device, most) {
  const whole = Math.max(memory.total, device);
  put(view.title, `${bytesText(memory.total)}`, exactBytes(memory.total));
  put(view.verdict, fitSentence(view, memory.total, device, most));
  for (const [part, row] of Object.entries(view.rows)) {
    const share = memory[part] / memory.total;
    view.segments[part].style.width = `${(100 * memory[part]) / whole}%`;
    row.node.hidden = memory[part] === 0 && part !== "matrices";
    row.fill.style.width = `${100 * share}%`;
    put(row.value, bytesText(memory[part]), exactBytes(memory[part]));
    put(row.share, percentText(share));
    row.button.setAttribute("aria-expanded", view.opened === part);
    row.terms.hidden = view.opened !== part;
    if (view.opened === part) paintTerms(row.terms, part, model, setting, memory[part]);
  }
  view.limit.style.left = `${(100 * device) / whole}%`;
  view.limit.dataset.label = `${view.place.d} GB`;
  view.limit.classList.toggle("inner", device < whole);
}

export function fitSentence(view, total, device, most) {
  const name = `${view.place.d} GB`;
  if (total <= device)
    return (
      `Fits in ${name}: ${percentText(total / device)} of it. The largest batch at ${view.place.r} px is ${exactText(most.batch)}; ` +
      `with batch ${view.place.b}, the largest picture is ${most.size} px${most.size + view.place.p > LARGEST_SIZE ? " or more" : ""}.`
    );
  if (total > 1e15) return `Does not fit in ${name}, nor in anything: it is ${countText(total / device)} times as much.`;
  const smaller = most.batch
    ? `The largest batch at ${view.place.r} px is ${exactText(most.batch)}.`
    : `Not even one picture of ${view.place.r} px fits.`;
  const largest = most.size ? `With batch ${view.place.b}, the largest picture is ${most.size} px.` : "";
  return `Does not fit in ${name}: ${countText(total / device)} times as much. ${smaller} ${largest}`;
}

function paintTerms(node, part, model, setting, total) {
  const terms = termsOf(part, model, setting);
  node.replaceChildren(
    el(
      "table",
      {},
      ...terms.map(([what, expression, bytes]) =>
        el(
          "tr",
          {},
          el("td", { text: what }),
          el("td", { class: "expression", text: expression }),
          el("td", {}, el("strong", { text: bytesText(bytes), title: exactBytes(bytes) })),
        ),
      ),
    ),
    el("p", { class: "small muted", text: `together ${exactBytes(total)}` }),
  );
}
