// The setting of the practice page in the link's view, and small parts that its demonstrations share.
import { el } from "../kit/dom.js";
import { percent } from "../kit/format.js";
import { fromView, withView } from "../kit/parts.js";
import { store } from "../kit/shared.js";

/** What the view says about this page; empty where it says nothing that can be read. */
export function practicePlace() {
  const found = fromView(store.selection.view, "pr");
  return found && typeof found === "object" && !Array.isArray(found) ? found : {};
}

export function commitPlace(changes) {
  store.commit({ view: withView(store.selection.view, { pr: { ...practicePlace(), ...changes } }) });
}

/** A whole number of the view, held in range. */
export function wholeOf(value, low, high, otherwise) {
  return Math.min(high, Math.max(low, Number.isInteger(value) ? value : otherwise));
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
              ? top.map(([label, p], i) =>
                  el(
                    "div",
                    { class: i ? "guess" : "guess first", title: `${p}` },
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
