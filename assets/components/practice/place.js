// The setting of the practice page in the link's view, and small parts that its demonstrations share.
import { el } from "../kit/dom.js";
import { exactAnswer, percent } from "../kit/numbers/format.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";

/** What the view says about this page, with the model and grid of a payload's header. */
export function practicePlace({ grid, depth }) {
  return fromView("practice", "pr", { longest: Math.max(...grid), depth, last: depth - 1 });
}

export function commitPlace(changes) {
  store.commit({ view: withView("practice", { pr: changes }) });
}

/** Colours for a canvas, from the theme. */
export function inkStyle(root) {
  const style = getComputedStyle(root);
  const of = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return {
    text: of("text-color"),
    ground: of("background-color"),
    line: of("border-color"),
    muted: of("text-color"),
    font: style.fontFamily,
    getPropertyValue: (name) => style.getPropertyValue(name),
  };
}

export const ratioText = (value) => `×${value >= 100 ? Math.round(value) : value.toPrecision(3)}`;

/** Two answers side by side: class and probability, the likeliest first. Without classes a sentence. */
export function answersTable() {
  const node = el("div", { class: "answers" });
  let shown = "";
  return {
    node,
    show(lists, hasHead) {
      const key = JSON.stringify([lists, hasHead]);
      if (key === shown) return;
      shown = key;
      if (!hasHead)
        return node.replaceChildren(
          el("p", { class: "small muted", text: "This model has no classes: below, its features are compared." }),
        );
      node.replaceChildren(
        ...lists.map(([name, top, note]) =>
          el(
            "div",
            {},
            el("div", { class: "small muted", text: name }),
            ...(top
              ? top.map(([label, p, whole], i) =>
                  el(
                    "div",
                    { class: i ? "guess" : "guess first", title: exactAnswer([label, p, whole]) },
                    el("span", { text: label }),
                    el("span", { text: percent(p) }),
                  ),
                )
              : [el("p", { class: "small muted", text: note })]),
          ),
        ),
      );
    },
  };
}

/** A canvas as wide as its place, in the picture's proportions. */
export function inProportion(canvas, [rows, cols]) {
  const wanted = `${cols} / ${rows}`;
  if (canvas.style.aspectRatio !== wanted) canvas.style.aspectRatio = wanted;
}
