// Maps of the guide's answers: two inputs as rows and columns, the others as they are set; a press goes there.
import { el } from "../kit/dom.js";

/**
 * `guide` answers: fields, place, `answer(place)`, `title(choice)`, `tint(choice)`; `go(place)` moves there.
 * `tell(choice)` is what a cell says.
 */
export function answerMap(guide, down, across, tell) {
  const [rows, columns] = [down, across].map((name) => guide.fields.find((field) => field.name === name));
  const [r, c] = [down, across].map((name) => guide.fields.findIndex((field) => field.name === name));
  const cells = rows.options.map((row, i) =>
    columns.options.map((column, j) => {
      const cell = el("button", { type: "button", class: "cell", tabindex: -1, onclick: () => guide.go(with2(i, j)) });
      cell.addEventListener("keydown", (event) => {
        const [di, dj] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [];
        const next = cells[i + di]?.[j + dj];
        if (!next) return;
        event.preventDefault();
        next.focus();
      });
      return cell;
    }),
  );
  const with2 = (i, j) => guide.place.map((now, k) => (k === r ? i : k === c ? j : now));
  const head = el(
    "tr",
    {},
    el("td", { class: "corner small muted", text: "" }),
    ...columns.options.map(([, words]) => el("th", { scope: "col", text: words })),
  );
  const body = cells.map((line, i) =>
    el("tr", {}, el("th", { scope: "row", text: rows.options[i][1] }), ...line.map((cell) => el("td", {}, cell))),
  );
  const caption = el("caption", { class: "small muted", text: `${rows.label} (down), ${columns.label.toLowerCase()} (across)` });
  return {
    node: el("div", { class: "wide" }, el("table", { class: "map" }, caption, el("thead", {}, head), el("tbody", {}, ...body))),
    show() {
      cells.forEach((line, i) =>
        line.forEach((cell, j) => {
          const choice = guide.answer(with2(i, j)).choice;
          const here = guide.place[r] === i && guide.place[c] === j;
          cell.textContent = tell(choice);
          cell.style.setProperty("--tint", guide.tint(choice));
          cell.setAttribute("aria-current", here);
          cell.tabIndex = here ? 0 : -1;
          cell.setAttribute("aria-label", `${rows.options[i][1]}, ${columns.options[j][1]}: ${guide.title(choice)}, ${choice.model}`);
        }),
      );
    },
  };
}
